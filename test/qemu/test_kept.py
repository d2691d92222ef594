"""What outlives a reset: the log of the boot before, a panic among it, and reports of crashes."""

import random
import re

import pytest

from harness.kernel_size import read_symbols
from harness.machine import REBOOTS
from services import wait_restarted
from stub import Stub

# Of struct log_kept in kern/include/kern/log.h.
LOG = 32768
EVIDENCE = 16 + LOG
NOW = 65536
SIZE = NOW + EVIDENCE
HEAD, RECORD, RECORDS = 16, 3328, 9 # servers/init/crash_store.c
EMPTY = "no crash is on record\n"


def reboot(console):
    console.send("reboot\n")
    console.wait_prompt()


def crash(console, name, times=1):
    assert console.run(f"svc kill {name} --fault null")[1] == 0
    wait_restarted(console, name, times)
    assert console.run(f"svc log {name} > /dev/null")[1] == 0 # waits for the report


def output(console, command):
    text, status = console.run(command)
    assert status == 0, text
    return text


def panic(console, stub):
    """Has the kernel run code that is not there, and waits until the machine has started again."""
    console.panic_ends = False
    with stub.halted(console) as cpu:
        cpu.set_pc(0x10)
    console.expect(r"kernel panic on CPU.*the machine resets in \d+ seconds\n")
    console.wait_prompt()


def test_crash_is_seen_after_reboot(boot, architecture):
    console = boot(extra=REBOOTS)
    assert output(console, "svc crashes") == EMPTY
    assert "no log of a boot before" in console.run("dmesg --previous")[0]
    crash(console, "fifo")
    report = output(console, "svc crashes fifo")
    assert re.search(r"^this  [\d.]+ s +fifo crashed \(write to address 0x0 in \S+\);",
                     output(console, "svc crashes"), re.MULTILINE)
    assert output(console, "svc crashes --previous") == EMPTY
    log = output(console, "dmesg")
    reboot(console)
    assert "1 crash before this boot; `svc crashes` lists them" in output(console, "dmesg")
    assert output(console, "svc crashes fifo -p") == report.replace("boot this", "boot -1")
    for part in ("registers:", "backtrace:", "server_run", "next: "):
        assert part in report
    assert output(console, "dmesg --previous").startswith(log)
    assert output(console, "cat /dev/log-previous") == output(console, "dmesg -p")
    crash(console, "pipe")
    reboot(console)
    assert re.findall(r"^(\S+) .* (\w+) crashed", output(console, "svc crashes"), re.MULTILINE) \
        == [("-1", "pipe"), ("-2", "fifo")]
    assert output(console, "svc crashes spare") == "no crash of spare is on record\n"
    assert console.run("svc crashes fifo sometimes")[1] != 0


def test_only_the_last_are_kept(boot, architecture):
    console = boot(extra=REBOOTS)
    for _ in range(RECORDS + 1):
        assert console.run("svc stop fifo; svc start fifo")[1] == 0 # counts from 0 again
        crash(console, "fifo")
    crash(console, "pipe")
    reboot(console)
    rows = output(console, "svc crashes").splitlines()[1:]
    assert len(rows) == RECORDS and "pipe crashed" in rows[0] and "fifo crashed" in rows[-1]


def test_log_wraps(boot, architecture, tmp_path, variant):
    """The report crosses the end of the log's ring."""
    address = read_symbols(variant.kernel_elf)["log_kept"]
    stub = Stub(tmp_path)
    console = boot(extra=REBOOTS + stub.options)
    with stub.halted(console) as cpu:
        cpu.write(address + NOW + 8, (LOG * 5 - 300).to_bytes(8, "little")) # bytes written
    crash(console, "fifo")
    report = output(console, "dmesg").rpartition("init: ---- fifo")[2]
    assert len(report) > 1000
    reboot(console)
    assert report in output(console, "dmesg --previous")


def test_what_rebooted_is_seen(boot, architecture, variant):
    """The service whose failure was the reason for the reboot."""
    console = boot(extra=REBOOTS,
                   add={"unruly.o": variant.folder / "test" / "objects" / "unruly.o"})
    console.send("svc start bad object unruly.o restart never class essential args crash-at-once\n")
    console.wait_prompt()
    assert re.search(r"^-1 .* bad crashed", output(console, "svc crashes"), re.MULTILINE)
    assert "bad has failed, without which" in output(console, "dmesg --previous")


@pytest.mark.parametrize("smp", [1, 4])
def test_panic_is_seen_after_reset(boot, architecture, tmp_path, smp):
    stub = Stub(tmp_path)
    console = boot(smp=smp, extra=REBOOTS + stub.options)
    crash(console, "fifo")
    panic(console, stub)
    assert "the boot before ended in a kernel panic; `dmesg --previous`" in output(console, "dmesg")
    before = output(console, "dmesg --previous")
    assert re.search(r"^kernel panic on CPU \d.*, address 0x10,.*^    0x[0-9a-f]+.*"
                     r"^the machine resets in \d seconds$", before, re.MULTILINE | re.DOTALL)
    assert "fifo (fifo.o) has crashed" in before
    assert "fifo crashed" in output(console, "svc crashes -p")
    reboot(console)
    assert "kernel panic on CPU" not in output(console, "dmesg --previous")


def heads():
    """Heads of a log that are nearly right: (magic number and count of bytes, is there one)."""
    magic = 0x474f4c53
    return [((magic, 2**64 - 1), True), ((magic, 32768 + 3), True), ((magic | 1 << 32, 100), False),
            ((0, 100), False)]


def test_hostile_memory(boot, architecture, tmp_path, variant):
    """Whatever lies there: the system comes up, says what it can, and records anew."""
    generator = random.Random(architecture)
    address = read_symbols(variant.kernel_elf)["log_kept"]
    stub = Stub(tmp_path)
    console = boot(extra=REBOOTS + stub.options)
    for head, is_log in heads():
        with stub.halted(console) as cpu:
            cpu.write(address + EVIDENCE, generator.randbytes(SIZE - EVIDENCE))
            cpu.write(address + NOW, b"".join(word.to_bytes(8, "little") for word in head))
        reboot(console)
        assert (console.run("dmesg --previous > /dev/null")[1] == 0) == is_log, head
        assert set(output(console, "svc crashes").splitlines()) == {EMPTY.strip()}
        crash(console, "fifo")
        assert "fifo crashed" in output(console, "svc crashes")


def test_damaged_record(boot, architecture, tmp_path, variant):
    """A record that a few bytes have been written over is dropped, and no other."""
    stub = Stub(tmp_path)
    console = boot(extra=REBOOTS + stub.options)
    for name in ("fifo", "pipe"):
        crash(console, name)
    record = read_symbols(variant.kernel_elf)["log_kept"] + EVIDENCE + HEAD + RECORD # number 1
    with stub.halted(console) as cpu:
        cpu.write(record + 1000, b"damage")
    reboot(console)
    assert re.findall(r"(\w+) crashed", output(console, "svc crashes")) == ["pipe"]
