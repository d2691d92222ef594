"""Machines, CPUs and memory sizes: found out from the device tree, with the same kernel."""

import hashlib
import re

import pytest

from harness.console import ConsoleError
from harness.machine import MEMORY, REBOOTS, scratch_contents
from harness.options import size_bytes
from services import check_fifo, memory_used, states

GIC = "virt,gic-version={}{}"
EL2 = ",virtualization=on" # the kernel is entered at EL2, and PSCI takes SMC
VARIANTS = { # arguments of Machine
    "riscv64": [{"cpu": "rv64,sstc=on"}, {"cpu": "rv64,sstc=off"}, {"smp": 3}, {"smp": 8},
                {"memory": "32M"}, {"memory": "4G"}],
    "aarch64": [{"machine": GIC.format(version, mode), "smp": 2}
                for version in (2, 3) for mode in ("", EL2)]
               + [{"cpu": "cortex-a53"}, {"cpu": "cortex-a76"}, {"cpu": "max"}, {"smp": 3},
                  {"smp": 8}, {"memory": "32M"}, {"memory": "4G"}],
}


def try_machine(console, cpus, memory):
    """Interrupts, the timer, every CPU, all memory (MiB), and the way to switch off."""
    output, status = console.run("sha256sum /dev/disk0", timeout=300)
    assert (output.split()[0], status) == (hashlib.sha256(scratch_contents()).hexdigest(), 0)
    assert console.run("sleep 0.1") == ("", 0)
    banner = console.run("dmesg | head -n 1")[0]
    assert re.search(rf": {cpus} CPUs?, {memory} MiB$", banner.rstrip()), banner
    check_fifo(console, "works")
    assert set(states(console).values()) <= {"running", "stopped", "idle"}
    assert console.power_off(), "it is still on"


@pytest.mark.early
def test_machines(boot, architecture, scratch):
    problems = []
    for number, variant in enumerate(VARIANTS[architecture]):
        try:
            console = boot(disks=[scratch(f"{number}.img")], **variant)
            try_machine(console, variant.get("smp", 1),
                        size_bytes(variant.get("memory", MEMORY)) >> 20)
        except (ConsoleError, AssertionError) as error:
            problems.append(f"{variant}: {error}")
    assert not problems, "\n".join(problems)


def test_reboot(boot, architecture):
    """The machine comes up again, and knows nothing of what was."""
    console = boot(extra=REBOOTS)
    assert console.run("kept=yes; echo $kept") == ("yes\n", 0)
    console.send("reboot\n")
    console.wait_prompt()
    assert console.run("echo $kept") == ("\n", 0)


ROUND = "svc restart spare && /boot/true"
SMALL = 300
LARGE = 20000 // 3 + 1 # rounds; each loads and unloads `svc`, `spare` and `true`
SLACK_KIB = 32


def load_and_unload(boot, rounds, timeout):
    """With 32 MiB, in which a page that stays with each round would soon be missed."""
    console = boot(memory="32M")
    assert console.run("svc start spare")[1] == 0
    loop = "i=0; while [ $i -lt {} ] && " + ROUND + "; do i=$((i + 1)); done; [ $i = {} ]"
    assert console.run(loop.format(20, 20), timeout=120) == ("", 0) # what lasts is made now
    before = memory_used(console)
    output, status = console.run(loop.format(rounds, rounds), timeout=timeout)
    assert status == 0, output
    lost = [now - then for then, now in zip(before, memory_used(console))]
    assert max(lost) <= SLACK_KIB, f"{lost} KiB (pages, kernel) lost by {rounds} rounds"
    check_fifo(console, "alive")


def test_loads_give_back(boot, architecture):
    load_and_unload(boot, SMALL, 300)


@pytest.mark.long
def test_twenty_thousand_loads(boot, architecture):
    load_and_unload(boot, LARGE, 3600)
