"""Stopping: what is in use is refused unless forced, clients hear of it, and nothing hangs.

Restarting is never refused: what clients have open stays open. Killing a program kills what it has
started.
"""

import hashlib
import time

import pytest

from harness.console import PATIENCE
from harness.machine import scratch_contents
from services import (check_fifo, names_of_programs, state_of, wait_log, wait_program,
                      wait_state)

IN_USE = 3 # the exit status of `svc stop` then
DRIVERS = {"riscv64": "ns16550", "aarch64": "pl011"}
STOP_SECONDS = 1
ENDED_LATE = "{}: did not stop in its time and was ended\n"


def stop(console, name):
    """`svc stop NAME`: (what it says, its status); programs may put their name before it."""
    output, status = console.run(f"svc stop {name}")
    return output.removeprefix("svc: "), status


def stop_when_used_by(console, name, program, seconds=PATIENCE):
    """The same, once it also names this program; another one has to use the service already."""
    end = time.monotonic() + seconds
    while True:
        output, status = stop(console, name)
        if f"{program} (pid " in output:
            return output, status
        assert status == IN_USE and time.monotonic() < end, f"{status} {output!r}"


def in_background(console, command, word):
    """Runs a command that says `WORD ended STATUS` at its end."""
    console.run(f'{{ {command}; echo {word} en""ded $?; }} &')


def expect_end(console, word, seconds=30):
    """The status with which the command in the background ended."""
    return int(console.expect(rf"{word} ended (\d+)", seconds)[1])


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_service_in_use(boot, architecture, smp):
    """It is not stopped, and who uses it is said; forced, its reader gets an error."""
    console = boot(smp=smp)
    console.run("sleep 1000 > /dev/fifo &")
    in_background(console, "cat /dev/fifo", "reader")
    output, status = stop_when_used_by(console, "fifo", "cat")
    assert status == IN_USE and output.count("\n") == 1, f"{status} {output!r}"
    assert output.startswith("fifo: in use by sleep (pid ") and "cat (pid " in output
    assert output.endswith("; stop them first, or: svc stop fifo --force\n")
    assert "svc (pid" not in output and "init" not in output
    assert state_of(console, "fifo") == "running"
    console.send("svc stop fifo --force\n")
    console.expect(r"cat: /dev/fifo: [^\n]+\n")
    assert expect_end(console, "reader") == 1
    console.catch_up()
    assert state_of(console, "fifo") == "stopped"
    assert console.run("svc stop fifo") == ("", 0), "it is stopped already"
    assert console.run("svc start console object fifo.o")[1] == 1, "3 is for `in use` alone"
    assert console.run("svc start fifo")[1] == 0
    check_fifo(console, "anew") # what the old one held, and who had it open, is forgotten


@pytest.mark.quick
def test_users_that_have_ended(boot, architecture):
    """Who closed the file, ended or was killed uses it no more; the word `force` will do too."""
    console = boot()
    console.run("sleep 1000 > /dev/fifo &")
    console.run("echo text > /dev/fifo")
    assert console.run("svc stop fifo")[1] == IN_USE
    assert console.run("kill $!")[1] == 0
    assert console.run("wait; svc stop fifo") == ("", 0)
    console.run("svc start fifo; sleep 1000 > /dev/fifo &")
    assert console.run("svc stop fifo force") == ("", 0)
    output, status = console.run("svc stop fifo gently")
    assert status == 1 and "--force" in output


def test_blocked_writer(boot, architecture):
    console = boot()
    in_background(console, "seq 100000 > /dev/fifo", "writer")
    wait_program(console, "seq")
    assert console.run("svc stop fifo")[1] == IN_USE
    console.send("svc stop fifo --force\n")
    assert expect_end(console, "writer") == 1
    console.catch_up()
    assert state_of(console, "fifo") == "stopped"


def test_services_are_users(boot, architecture):
    """Of one another; and the shell is one of the console."""
    console = boot()
    driver = DRIVERS[architecture]
    output, status = stop(console, driver)
    assert (output, status) == (f"{driver}: in use by console (service); stop them first, or: "
                                f"svc stop {driver} --force\n", IN_USE)
    output, status = stop(console, "all")
    assert status == IN_USE and "console: in use by shell (pid 1); " in output, output
    assert driver not in output, "only services use it, which are to stop as well"
    assert state_of(console, "fifo") == "running", "all or none"
    assert console.run("true | true; svc stop pipe") == ("", 0), "nobody has a pipe any more"


def test_restart_keeps_what_is_open(boot, architecture):
    """A reader that waits goes on with the next instance, and so does a writer that waits."""
    console = boot()
    console.run("(sleep 6; echo late) > /dev/fifo &")
    in_background(console, "cat /dev/fifo", "reader")
    for _ in range(3):
        assert console.run("svc restart fifo") == ("", 0)
    console.expect(r"late\n")
    assert expect_end(console, "reader") == 0
    console.run("seq 30000 > /dev/fifo &")
    console.run("sleep 1")
    assert console.run("svc restart fifo") == ("", 0)
    assert console.run("cat /dev/fifo | wc -l") == ("30000\n", 0)


@pytest.mark.quick
def test_restart_of_the_terminal(boot, architecture):
    """The shell goes on, and ^C still works."""
    console = boot()
    console.run("kept=yes")
    for name in ("console", DRIVERS[architecture]):
        assert console.run(f"svc restart {name}") == ("", 0)
        assert console.run("echo $kept") == ("yes\n", 0)
    console.send('echo sl""eeps; sleep 1000\n')
    console.expect(r"sleeps\n")
    console.send("\x03")
    console.wait_prompt()
    assert console.run("echo $kept") == ("yes\n", 0)


def test_disk_in_use(boot, architecture, scratch):
    """Restarted under its reader it goes on; stopped by force it ends with an error, in time."""
    expected = hashlib.sha256(scratch_contents()).hexdigest()
    console = boot(smp=2, disks=[scratch()])
    console.run("sha256sum /dev/disk0 > /dev/fifo &")
    for _ in range(4):
        assert console.run("svc restart virtio-blk") == ("", 0)
    output, status = console.run("cat /dev/fifo", timeout=300)
    assert (output.split()[0], status) == (expected, 0)
    in_background(console, "while sha256sum /dev/disk0 > /dev/null; do true; done", "reading")
    console.send("svc stop virtio-blk --force\n")
    console.expect(r"sha256sum: /dev/disk0: [^\n]+\n")
    expect_end(console, "reading")
    console.catch_up()
    assert state_of(console, "virtio-blk") == "stopped"
    assert "did not stop" not in console.run("dmesg")[0]
    assert console.run("svc start virtio-blk")[1] == 0
    output, status = console.run("sha256sum /dev/disk0", timeout=300)
    assert (output.split()[0], status) == (expected, 0)


@pytest.mark.parametrize("way", ["ignore-stop", "deaf"])
def test_stop_of_a_server_that_does_not(unruly, architecture, way):
    """Its time up it is ended, and that is said."""
    console = unruly(smp=2)
    assert console.run(f"svc start bad object unruly.o stop-time 300ms args {way}")[1] == 0
    assert console.run("svc stop bad") == (ENDED_LATE.format("bad"), 0)
    assert state_of(console, "bad") == "stopped"
    assert "bad: did not stop in its time and is ended" in console.run("dmesg")[0]
    check_fifo(console, "alive")


def test_restart_of_a_server_that_hangs(boot, architecture):
    """The next instance does not take the order that the last one was too busy for."""
    console = boot()
    assert console.run("svc start fifo object fifo.o stop-time 300ms")[1] == 0
    console.run("svc restart fifo; svc kill fifo --fault loop")
    assert console.run("svc restart fifo") == (ENDED_LATE.format("fifo"), 0)
    check_fifo(console, "alive")
    assert state_of(console, "fifo") == "running"


def test_start_and_stop_at_once(unruly, architecture):
    """The later one is obeyed, and who asked for the other is told."""
    console = unruly(smp=2)
    assert console.run("svc start bad object unruly.o stop-time 5s args ignore-stop")[1] == 0
    for earlier, later, end in (("stop", "start", "running"), ("restart", "stop", "stopped")):
        in_background(console, f"svc {earlier} bad", earlier)
        wait_state(console, "bad", "stopping")
        console.send(f"svc {later} bad\n")
        assert expect_end(console, earlier) == 1
        console.catch_up()
        wait_state(console, "bad", end)


def test_restart_of_a_server_that_refused(unruly, architecture):
    """It is tried again, and refuses again; what it says is made harmless for the terminal."""
    console = unruly(smp=2)
    console.run("svc start bad object unruly.o args refuse-slowly 2> /dev/null &")
    wait_state(console, "bad", "starting")
    output, status = console.run("svc restart bad")
    assert (output, status) == ("svc: bad: it ?would rather not\n", 1)
    assert state_of(console, "bad") == "failed"


def test_stop_with_a_call_that_is_never_answered(unruly, architecture):
    console = unruly()
    assert console.run("svc start mute object unruly.o stop-time 500ms args never-answer")[1] == 0
    in_background(console, "cat /dev/mute", "reader")
    wait_log(console, "mute", "took a read")
    output, status = stop(console, "mute")
    assert status == IN_USE and output.startswith("mute: in use by cat (pid "), output
    console.send("svc stop mute --force\n")
    console.expect(r"cat: /dev/mute: [^\n]+\n")
    assert expect_end(console, "reader") == 1
    console.catch_up()
    assert "mute: did not stop in its time and is ended" in console.run("dmesg")[0]


def wait_for_programs(console, wanted, seconds=20):
    end = time.monotonic() + seconds
    while (names := sorted(names_of_programs(console))) != sorted(wanted):
        assert time.monotonic() < end, f"{names}, not {wanted}{console.where()}"


def test_kill_takes_what_was_started(boot, architecture):
    console = boot()
    console.run("( (sleep 1000; true) | (sleep 1000; true); true) &")
    wait_for_programs(console, ["ps"] + ["shell"] * 4 + ["sleep"] * 2)
    assert console.run("kill %1")[1] == 0
    wait_for_programs(console, ["ps", "shell"])
    console.run("(sleep 1000 &)") # who ends by itself leaves what it started
    wait_for_programs(console, ["ps", "shell", "sleep"])


@pytest.mark.parametrize("smp", [1, 4])
def test_interrupt_ends_the_whole_pipeline(boot, architecture, smp):
    console = boot(smp=smp)
    for _ in range(3):
        console.send('(echo sta""rted; sleep 1000; true) | (cat; sleep 1000; true)\n')
        console.expect(r"started\n")
        console.send("\x03")
        console.wait_prompt()
        wait_for_programs(console, ["ps", "shell"])


@pytest.mark.quick
def test_power_off_stops_services(unruly, architecture):
    """All of them, one after the other, each in its time."""
    console = unruly()
    console.run("sleep 1000 > /dev/fifo &")
    for name in ("bad1", "bad2"):
        command = f"svc start {name} object unruly.o stop-time {STOP_SECONDS}s args ignore-stop"
        assert console.run(command)[1] == 0
    began = time.monotonic()
    assert console.power_off(), f"the machine is still on{console.where()}"
    assert time.monotonic() - began > 2 * STOP_SECONDS * 0.8
