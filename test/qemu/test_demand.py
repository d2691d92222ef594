"""Services that wait for their first use, disabled ones, what follows a failure, what objects cost
that nobody uses, and checking a script."""

import re

import pytest

import initrd
from harness.bench import KERNEL_ENTRY, memory_used as memory_at_prompt
from harness.counted import CountedMachine
from harness.machine import REBOOTS
from harness.places import LOGS, ROOT
from services import check_fifo, state_of, states, status_of, wait_restarted, wait_state

SECONDS = 120
UNUSED = 100
NOTE_INSTRUCTIONS = 30_000 # to list and look at one more; boots alike differ by a million in all
PAGE_TABLES = 1 / 64 # of what is mapped, in the servers that map it
TABLES_KIB = 32 # of catalogues

ABSENT_DRIVER = {"riscv64": "pl011.o", "aarch64": "ns16550.o"} # of the other architecture's UART


def script(tmp_path, architecture, **changes):
    """init.rc of the boot set with each text replaced."""
    text = (ROOT / "servers" / "init" / "init.rc").read_text(encoding="utf-8")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "init.rc"
    path.write_text(text, encoding="utf-8")
    return path


def passes(console, name, text):
    """Bytes go through a fifo of this name."""
    return console.run(f"echo {text} > /dev/{name} &")[1] == 0 and \
        console.run(f"cat /dev/{name}") == (f"{text}\n", 0)


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_first_open_starts(boot, architecture, smp):
    console = boot(smp=smp)
    assert console.run("svc start late object fifo.o demand") == ("", 0)
    told = status_of(console, "late")
    assert told["state"].startswith("idle") and told["memory"] == "0 KiB", told
    assert told["files"] == "/dev/late"
    assert "late" in console.run("ls /dev")[0].split()
    assert state_of(console, "late") == "idle", "listing is no use"
    assert passes(console, "late", "hello")
    assert states(console)["late"] == "running"
    assert console.run("svc restart late") == ("", 0)
    assert passes(console, "late", "again")
    check_fifo(console, "alive")


def test_disabled(boot, architecture):
    console = boot()
    console.run("svc service late fifo.o demand")
    assert console.run("svc disable late") == ("", 0)
    assert states(console)["late"] == "disabled"
    assert "late" not in console.run("ls /dev")[0].split()
    output, status = console.run("echo x > /dev/late")
    assert status != 0 and "No such file" in output, output
    for command in ("svc start late", "svc restart late"):
        output, status = console.run(command)
        assert status != 0 and "late is disabled; `enable late`" in output, output
    assert console.run("svc enable late") == ("", 0)
    assert states(console)["late"] == "idle"
    assert console.run("svc start late") == ("", 0)
    assert console.run("svc disable late") == ("", 0)
    assert passes(console, "late", "on"), "what runs goes on"
    assert console.run("svc kill late --fault null") == ("", 0)
    wait_restarted(console, "late") # it was to run, and it does
    assert console.run("svc stop late") == ("", 0)
    assert states(console)["late"] == "disabled"
    assert console.run("svc enable late; svc stop late") == ("", 0)
    assert states(console)["late"] == "stopped"
    output, status = console.run("svc disable nosuch")
    assert status != 0 and "no service `nosuch`" in output


@pytest.mark.parametrize("smp", [1, 4])
def test_enabled_while_it_stops(unruly, architecture, smp):
    """The later command is obeyed. One that does not stop gives the time for it."""
    console = unruly(smp=smp)
    console.run("svc start late object unruly.o demand restart never stop-time 3s args "
                "ignore-stop")
    for commands in ("svc enable late", "svc disable late; svc enable late"):
        assert console.run("svc start late; svc stop late --force &")[1] == 0
        wait_state(console, "late", "stopping")
        assert console.run(commands)[1] == 0
        assert states(console)["late"] == "idle"


def test_first_use_of_a_mount_starts(boot, architecture):
    console = boot(smp=4)
    console.run("svc start tmpfs as other demand memory 2M args 1M; svc mount /srv other")
    assert "srv/" in console.run("ls /")[0].split()
    assert states(console)["other"] == "idle"
    assert console.run("echo hi > /srv/x; cat /srv/x") == ("hi\n", 0)
    assert states(console)["other"] == "running"
    assert console.run("svc stop other --force; svc enable other") == ("", 0)
    assert states(console)["other"] == "idle"
    assert console.run("ls /srv") == ("", 0), "a new instance, with nothing in it"
    assert states(console)["other"] == "running"


def test_first_use_fails(unruly, architecture):
    """Who opens it gets the failure; nobody waits for ever."""
    console = unruly()
    console.run("svc start bad object unruly.o demand args refuse")
    output, status = console.run("cat /dev/bad")
    assert status != 0 and output, "the opener is told"
    told = status_of(console, "bad")
    assert told["state"].startswith("failed") and told["reason"] == "it would rather not", told
    assert console.run("cat /dev/bad")[1] != 0
    console.run("svc start tmpfs as other demand args nonsense; svc mount /srv other")
    assert states(console)["other"] == "idle"
    assert console.run("ls /srv")[1] != 0
    assert states(console)["other"] == "failed"
    assert console.run("ls /srv")[1] != 0
    output, status = console.run("svc start none object fifo.o demand allow nothing")
    assert status != 0 and "cannot be allowed" in output, output
    check_fifo(console, "alive")


@pytest.mark.parametrize("smp", [1, 4])
def test_many_first_openers(boot, architecture, smp):
    console = boot(smp=smp)
    console.run("svc start late object fifo.o demand")
    console.run("cat /dev/late > /tmp/read &")
    assert console.run("for i in 1 2 3 4 5; do echo $i > /dev/late & done; wait",
                       timeout=SECONDS)[1] == 0
    assert status_of(console, "late")["restarts"] == "0"
    assert states(console)["late"] == "running"


def test_all_programs_may_wait(unruly, architecture):
    """More than the shell has jobs, until the service is stopped: none is turned away before."""
    openers = 60
    console = unruly(smp=4)
    console.run("svc start late object unruly.o start-time 2m demand args never-ready")
    console.run(f"i=0; while [ $i -lt {openers} ]; do cat /dev/late > /tmp/$i 2>&1 & i=$((i + 1)); "
                "done", timeout=SECONDS)
    assert console.run(f"while [ $(ps | wc -l) -lt {openers} ]; do sleep 0.1; done; "
                       "svc stop late --force; wait", timeout=SECONDS)[1] == 0
    output, status = console.run("ps > /tmp/ps; cat /tmp/*", timeout=SECONDS)
    assert status == 0 and "not running yet" not in output, output
    assert output.count("No such file") == openers, output


def test_drivers_on_demand(boot, architecture, scratch, tmp_path):
    """With `devices demand` the boot uses the UART only; disks get their names by address."""
    path = script(tmp_path, architecture, devices=("devices allow", "devices demand allow"),
                  user=("start partitions\n", "service partitions partitions.o\n"))
    console = boot(smp=4, disks=[scratch("a.img"), scratch("b.img")], add={"init.rc": path})
    found = states(console)
    idle = sorted(name for name, state in found.items() if state == "idle")
    assert {"virtio-blk", "virtio-blk1"} <= set(idle), found
    assert {"disk0", "disk1", "power"} <= set(console.run("ls /dev")[0].split())
    output, status = console.run("head -c 512 /dev/disk1 | wc -c", timeout=SECONDS)
    assert status == 0 and output.split()[0] == "512", output
    found = states(console)
    used = [name for name in ("virtio-blk", "virtio-blk1") if found[name] == "running"]
    assert len(used) == 1, found
    assert status_of(console, used[0])["files"] == "/dev/disk1"
    console.send("poweroff\n") # its driver is started for that
    assert console.wait_end(SECONDS)


def test_driver_that_is_disabled(boot, architecture, scratch, tmp_path):
    """`devices` leaves it alone; the device is kept for it."""
    path = script(tmp_path, architecture,
                  devices=("devices allow", "service virtio-blk virtio-blk.o allow registers,irq,"
                           "dma\ndisable virtio-blk\ndevices allow"))
    console = boot(disks=[scratch()], add={"init.rc": path})
    assert states(console)["virtio-blk"] == "disabled"
    assert "disk0" not in console.run("ls /dev")[0].split()
    assert console.run("svc enable virtio-blk; svc start virtio-blk") == ("", 0)
    assert console.run("head -c 512 /dev/disk0 | wc -c")[0].split() == ["512"]


def boot_with(variant, tmp_path, objects):
    """Instructions to the prompt, KiB used there, and KiB of the boot set."""
    files = initrd.read_archive(variant.boot_set.read_bytes())
    source = files[ABSENT_DRIVER[variant.architecture]]
    files.update({f"absent{number:03}.o": source for number in range(objects)})
    path = tmp_path / f"boot{objects}.cpio"
    path.write_bytes(initrd.make_archive(files))
    log = LOGS / f"test_unused_objects-{variant.architecture}-{objects}.log"
    with CountedMachine(variant.architecture, variant.kernel, path, log) as console:
        start = console.run_to(KERNEL_ENTRY[variant.architecture])
        console.go()
        console.wait_prompt(SECONDS)
        count = console.quiet_count() - start
        return count, memory_at_prompt(console) // 1024, path.stat().st_size // 1024


def test_unused_objects_cost_their_bytes(architecture, tmp_path, variant):
    few = boot_with(variant, tmp_path, 0)
    many = boot_with(variant, tmp_path, UNUSED)
    instructions, used, archive = (b - a for a, b in zip(few, many))
    assert instructions <= UNUSED * NOTE_INSTRUCTIONS, f"{instructions} instructions more"
    assert used <= archive * (1 + PAGE_TABLES) + TABLES_KIB, \
        f"{used} KiB more are used, {archive} of them by the archive"


def test_check_of_a_script(boot, architecture):
    console = boot()
    assert console.run("svc check /boot/init.rc") == ("", 0)
    console.run("echo start a > /tmp/rc; echo strat b >> /tmp/rc; echo mount /x c >> /tmp/rc")
    output, status = console.run("svc check /tmp/rc")
    first, second = output.splitlines()
    assert status == 1
    assert first.startswith("/tmp/rc:2: unknown word `strat`; known are ")
    assert second == "/tmp/rc:3: there is no service `c`; declare it before this line"
    output, status = console.run("svc check /tmp/none")
    assert status == 1 and output == "/tmp/none: No such file or directory\n"
    assert console.run("svc check")[1] == 2


# What `on-failed` says.

def fails(console, name, options):
    """A service that crashes at once and has no more attempts."""
    return console.run(f"svc start {name} object unruly.o restart never {options} args "
                       "crash-at-once")


@pytest.mark.parametrize("smp", [1, 4])
def test_failed_and_nothing(unruly, architecture, smp):
    console = unruly(smp=smp)
    before = states(console)
    for name, options in (("bad", ""), ("bad2", "on-failed nothing")):
        assert fails(console, name, options)[1] != 0
        wait_state(console, name, "failed")
    after = states(console)
    assert {name: after[name] for name in before} == before
    check_fifo(console, "alive")


@pytest.mark.parametrize("smp", [1, 4])
def test_failed_and_another(unruly, architecture, smp):
    """By the option and by the statement; one that is disabled is not started."""
    console = unruly(smp=smp)
    console.run("svc service stand-in fifo.o")
    fails(console, "bad", "on-failed stand-in")
    wait_state(console, "stand-in", "running")
    assert passes(console, "stand-in", "x")
    assert console.run("svc stop stand-in; svc on-failed bad nothing; svc start bad")[1] != 0
    assert states(console)["stand-in"] == "stopped"
    assert console.run("svc on-failed bad stand-in") == ("", 0)
    console.run("svc disable stand-in; svc start bad")
    wait_state(console, "bad", "failed")
    assert states(console)["stand-in"] == "disabled"
    assert re.search(r"bad has failed; stand-in, .* is disabled", console.run("dmesg")[0])
    assert console.run("svc on-failed bad nosuch")[1] != 0


def failed_over(boot, smp, disk):
    """A console where `backup` drives the disk of `virtio-blk`, which has failed; and its sum."""
    console = boot(smp=smp, disks=[disk])
    before = console.run("sha256sum /dev/disk0")
    console.run("svc service backup virtio-blk allow registers,irq,dma")
    console.run("svc on-failed virtio-blk backup; svc start virtio-blk attempts 0")
    assert console.run("svc kill virtio-blk --fault null")[1] == 0
    wait_state(console, "backup", "running")
    return console, before


@pytest.mark.parametrize("smp", [1, 4])
def test_failed_and_another_driver(boot, architecture, scratch, smp):
    """It gets the device of the one that failed, and the name by which programs know it."""
    console, before = failed_over(boot, smp, scratch())
    assert states(console)["virtio-blk"] == "failed"
    assert console.run("sha256sum /dev/disk0") == before
    assert status_of(console, "backup")["files"] == "/dev/disk0"


REST = {"replace": " with virtio-blk.o", "service": " virtio-blk demand"} # of the statement


@pytest.mark.parametrize("smp", [1, 4])
def test_device_is_taken_back(boot, architecture, scratch, smp):
    """Whoever is started while the other is down has the device; while the other runs it cannot."""
    console, before = failed_over(boot, smp, scratch())
    fail = "svc start backup attempts 0; svc kill backup --fault null"
    ways = (("backup", "virtio-blk", "svc stop backup", "stopped"),
            ("virtio-blk", "backup", "svc stop virtio-blk", "stopped"),
            ("backup", "virtio-blk", fail, "failed"))
    for has, wants, down, state in ways:
        for verb in ("start", "restart", "replace", "service"):
            command = f"{verb} {wants}{REST.get(verb, '')}"
            output, status = console.run(f"svc {command}")
            assert status != 0 and (f"the device of {wants} is driven by {has}, which is running; "
                                    f"`stop {has}` first") in output, output
        assert console.run(down)[1] == 0
        wait_state(console, has, state)
        assert console.run(f"svc start {wants}") == ("", 0)
        assert status_of(console, wants)["files"] == "/dev/disk0"
        assert console.run("sha256sum /dev/disk0") == before


@pytest.mark.parametrize("smp", [1, 4])
def test_failed_in_a_circle(unruly, architecture, smp):
    """Each is started once in place of the one before; started by hand it begins again."""
    console = unruly(smp=smp)
    names = ("one", "two", "three")
    for name in names:
        console.run(f"svc service {name} unruly.o restart never args crash-at-once")
    for name, other in zip(names, names[1:] + names[:1]):
        assert console.run(f"svc on-failed {name} {other}") == ("", 0)
    for starts in (1, 2):
        assert console.run("svc start one")[1] != 0
        console.run("svc wait") # each is on its way before the one in front has settled
        log = console.run("dmesg")[0]
        assert "three has failed, and so has one, to be started instead" in log
        for name in names[1:]:
            assert len(re.findall(f"has failed: starting {name}", log)) == starts, log
        assert "has failed: starting one" not in log
    console.run("svc on-failed one one; svc start one")
    assert "one has failed, and so has one" in console.run("dmesg")[0]
    check_fifo(console, "alive")


@pytest.mark.parametrize("words", ["on-failed reboot", "class essential"])
def test_failed_and_reboot(unruly, architecture, words):
    console = unruly(extra=REBOOTS)
    console.send(f"svc start bad object unruly.o restart never {words} args crash-at-once\n")
    console.wait_prompt(SECONDS)
    assert "bad" not in states(console)
    check_fifo(console, "alive")
