"""General-purpose lines: outputs, edges by interrupts, and the program `gpio`.

sifive_u's controller reads its pins, so an output that changes is an edge, and so is a pull-up.
The power key of Arm's `virt` is line 3 of its PL061: QEMU presses it for 100 ms.
"""

import time

import pytest

from harness.console import PATIENCE
from qmp import Qmp
from services import state_of, status_of

MACHINE = {"riscv64": "sifive_u", "aarch64": ""}
SERVICE = {"riscv64": "sifive-gpio", "aarch64": "pl061"}
LINES = {"riscv64": 16, "aarch64": 8}
POWER_KEY = 3
RESET_LINE = 10 # of sifive_u: low resets the machine


def lines_of(console):
    """The rows of `gpio info`, without their numbers."""
    output, status = console.run("gpio info")
    rows = [line.split() for line in output.splitlines()]
    assert (status, [row[0] for row in rows]) == (0, [str(i) for i in range(len(rows))]), output
    return [row[1:] for row in rows]


def wait_watched(console, *lines, seconds=PATIENCE):
    """Until programs in the background wait for these lines."""
    end = time.monotonic() + seconds
    while unwatched := set(lines) - {number for number, row in enumerate(lines_of(console))
                                     if "watched" in row}:
        assert time.monotonic() < end, f"not watched: {unwatched}{console.where()}"


def crash(console, service):
    assert console.run(f"svc kill {service} --fault null; svc wait {service}")[1] == 0


def events(console, path):
    """(line, edge) of each row, whose times do not go back."""
    rows = [line.split() for line in console.run(f"cat {path}")[0].splitlines()]
    times = [float(row[0]) for row in rows]
    assert times == sorted(times), rows
    return [(int(row[1]), row[2]) for row in rows]


@pytest.fixture
def machine(boot, architecture):
    def start(smp=1, **options):
        return boot(machine=MACHINE[architecture], smp=smp, **options)
    return start


@pytest.mark.quick
def test_outputs_outlive_their_driver(machine, architecture):
    """And programs that wait go on with the next instance."""
    console = machine()
    service = SERVICE[architecture]
    assert state_of(console, service) == "idle"
    assert lines_of(console) == [["input", "0"]] * LINES[architecture]
    assert status_of(console, service)["files"] == "/dev/gpio0"
    assert console.run("gpio set 1=1 2=0 6=1") == ("", 0)
    expected = [["input", "0"]] * LINES[architecture]
    expected[1], expected[2], expected[6] = ["output", "1"], ["output", "0"], ["output", "1"]
    assert lines_of(console) == expected
    console.run("gpio wait 1=0 > /dev/fifo &")
    wait_watched(console, 1)
    expected[1].append("watched")
    for command in (f"svc kill {service} --fault null", f"svc kill {service}",
                    f"svc restart {service}"):
        assert console.run(f"{command}; svc wait {service}")[1] == 0
        wait_watched(console, 1)
        assert lines_of(console) == expected
        assert console.run("gpio get 6 2 1") == ("1 0 1\n", 0)
    assert console.run("gpio set 6=0; gpio input 2; gpio get 6") == ("0\n", 0)
    assert lines_of(console)[2] == ["input", "0"]
    if architecture == "riscv64": # an output of the PL061 raises no interrupt
        assert console.run("gpio set 1=0; cat /dev/fifo") == ("1=0\n", 0)
    else:
        assert console.run("gpio set 1=0; gpio wait 1=0 2=1") == ("1=0\n", 0)


def test_killed_waits_leave_their_places(machine, architecture):
    """More than can wait at once are killed, one after the other."""
    console = machine()
    for _ in range(7):
        assert console.run("for i in 1 2 3 4 5 6 7 8 9 10; do "
                           "gpio wait 3=1 & sleep 0.1; kill %1; wait; done", timeout=120)[1] == 0
    assert console.run("gpio wait 3=0") == ("3=0\n", 0)


def test_refusals(machine, architecture):
    console = machine()
    for command in ("gpio get", "gpio get x", "gpio get 1 1", "gpio set 1", "gpio set 1=2",
                    "gpio nonsense", "gpio watch -x 1", "gpio -c"):
        output, status = console.run(command)
        assert status == 2 and "usage: gpio" in output, output
    absent = LINES[architecture]
    for command, line in ((f"get {absent}", absent), (f"set 0=1 {absent}=1", absent),
                          ("watch -n 1 63", 63), ("wait 0=1 63=1", 63)):
        assert console.run(f"gpio {command}") == (
            f"gpio: /dev/gpio0 has no line {line}; `gpio info` lists them\n", 1)
    for chip in ("gpio9", "null"):
        output, status = console.run(f"gpio -c {chip} get 1")
        assert status == 1 and output.startswith(f"gpio: /dev/{chip}: "), output
    if architecture == "aarch64":
        assert console.run("gpio input -u 1") == ("gpio: /dev/gpio0 has no pull-ups\n", 1)


def test_edges_of_outputs_and_pull_ups(machine, architecture):
    """Each line has an interrupt of its own; what nobody watches is not told."""
    if architecture == "aarch64":
        pytest.skip("lines of the PL061 raise interrupts as inputs only, and it has no pull-ups")
    console = machine(smp=4)
    assert console.run("gpio set 1=0 15=1") == ("", 0)
    console.run("gpio watch -n 6 0 1 4 > /tmp/all & gpio watch -f -n 2 1 15 > /tmp/falling &")
    wait_watched(console, 0, 1, 4, 15)
    for command in ("set 1=1", "input -u 4", "set 1=0", "input -U 4", "set 15=0", "set 1=1",
                    "input -u 0"):
        assert console.run(f"gpio {command}") == ("", 0)
    assert console.run("wait") == ("", 0)
    assert events(console, "/tmp/all") == [(1, "rising"), (4, "rising"), (1, "falling"),
                                           (4, "falling"), (1, "rising"), (0, "rising")]
    assert events(console, "/tmp/falling") == [(1, "falling"), (15, "falling")]


def test_power_key(machine, architecture, tmp_path):
    """An interrupt from outside, also to who waited through a crash; a shell switches off by it."""
    if architecture == "riscv64":
        pytest.skip("only Arm's `virt` has a key")
    console = machine(smp=4, extra=Qmp.options(tmp_path / "qmp"))
    with Qmp(tmp_path / "qmp") as qmp:
        for crashing in (False, True):
            console.run(f"gpio watch -n 2 {POWER_KEY} > /tmp/edges 2> /tmp/lost &")
            wait_watched(console, POWER_KEY)
            if crashing:
                crash(console, "pl061")
                wait_watched(console, POWER_KEY)
            qmp.execute("system_powerdown")
            assert console.run("wait") == ("", 0)
            assert events(console, "/tmp/edges") == [(POWER_KEY, "rising"), (POWER_KEY, "falling")]
            assert ("may have been missed" in console.run("cat /tmp/lost")[0]) == crashing
        console.run(f"gpio wait {POWER_KEY}=1 && poweroff &")
        wait_watched(console, POWER_KEY)
        qmp.execute("system_powerdown")
        assert console.wait_end(), f"the machine goes on{console.where()}"


def test_reset_line(machine, architecture):
    """An output that the machine itself sees."""
    if architecture == "aarch64":
        pytest.skip("the PL061 of `virt` drives nothing outside")
    console = machine()
    assert console.run(f"gpio set {RESET_LINE}=1") == ("", 0)
    console.send(f"gpio set {RESET_LINE}=0\n")
    assert console.wait_end(), f"the machine goes on{console.where()}" # -no-reboot ends QEMU
