"""`svc replace`: a service goes on with another object, or with its old one if that fails.

Objects come from the boot set, and through the namespace from a folder of the host.
"""

import time

import pytest

from harness.console import PATIENCE
from harness.places import ROOT
from services import (check_fifo, memory_used, state_of, status_of, wait_program, wait_restarted)


@pytest.fixture
def built(variant):
    """The folder of the build's objects."""
    return variant.folder


@pytest.fixture
def share(boot, built, tmp_path):
    """Boots with a folder as /host; copy(NAME, OBJECT) puts an object of the build there."""
    def start(**machine):
        folder = tmp_path / "share"
        folder.mkdir()

        def copy(name, source):
            (folder / name).write_bytes((built / source).read_bytes())
        return boot(share=folder, **machine), folder, copy
    return start


def hold_fifo(console):
    """Readers wait as long as somebody has it open for writing."""
    console.run("sleep 1000 > /dev/fifo & holder=$!")
    wait_program(console, "sleep")


def replace(console, name, file):
    return console.run(f"svc replace {name} with {file}")


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_clients_go_on(share, smp):
    """A reader that waits meanwhile, bytes that were written before, a crash, a restart."""
    console, _, copy = share(smp=smp)
    copy("new.o", "fifo.o")
    hold_fifo(console)
    console.run("cat /dev/fifo > /tmp/read & reader=$!")
    wait_program(console, "cat")
    console.run("echo one > /dev/fifo")
    output, status = replace(console, "fifo", "/host/new.o")
    assert status == 0 and output.startswith("fifo: runs with /host/new.o ("), output
    console.run("echo two > /dev/fifo; kill $holder; wait $reader")
    assert console.run("cat /tmp/read") == ("one\ntwo\n", 0)
    told = status_of(console, "fifo")
    assert told["object"].startswith("new.o (from /host/new.o, ") and told["restarts"] == "0"
    assert console.run("svc kill fifo --fault null")[1] == 0
    wait_restarted(console, "fifo")
    assert console.run("svc restart fifo")[1] == 0
    assert status_of(console, "fifo")["object"].startswith("new.o (from")
    check_fifo(console, "alive")
    assert replace(console, "fifo", "fifo.o")[1] == 0
    assert status_of(console, "fifo")["object"] == "fifo.o"
    check_fifo(console, "well")


REFUSED = {"edited.o": "struct received differs", "greedy.o": "asks for irq and dma",
           "newer.o": "needs port_drain@SYS_9.9", "no_note.o": "has no note",
           "packed.o": "-fpack-struct", "unknown.o": "refused"}


@pytest.mark.quick
def test_refused_objects_change_nothing(share, built):
    """Hostile or cut off: the loader's line, and the instance before goes on, memory as before."""
    console, folder, copy = share()
    good = (built / "fifo.o").read_bytes()
    expected = dict(REFUSED)
    for name in REFUSED:
        copy(name, f"test/objects/{name}")
    for name, data, text in (("empty.o", b"", "at least one byte"),
                             ("short.o", good[:40], "ends inside the ELF header"),
                             ("half.o", good[:len(good) // 2], "leaves the file"),
                             ("large.o", bytes((8 << 20) + 1), "File too large"),
                             ("noise.o", bytes(range(256)) * 40, "ELF")):
        (folder / name).write_bytes(data)
        expected[name] = text
    hold_fifo(console)
    console.run("cat /dev/fifo > /tmp/read & reader=$!")
    wait_program(console, "cat")
    console.run("echo whole > /dev/fifo")
    replace(console, "fifo", "/host/half.o")
    before = memory_used(console)
    problems = []
    for name, text in expected.items():
        output, status = replace(console, "fifo", f"/host/{name}")
        if status != 1 or name not in output or text not in output:
            problems.append(f"{name}: {status}, {output!r}")
    assert not problems, "\n".join(problems)
    lost = [now - then for then, now in zip(before, memory_used(console))]
    assert max(lost) <= 16, f"{lost} KiB (pages, kernel) lost"
    assert status_of(console, "fifo")["object"] == "fifo.o"
    assert "fifo: not replaced" in console.run("dmesg")[0]
    assert "going on" not in console.run("svc log fifo")[0]
    console.run("kill $holder; wait $reader")
    assert console.run("cat /tmp/read") == ("whole\n", 0)


WAYS = {"refuse": "it would rather not", "exit": "exited with code 3",
        "crash-at-once": "write fault at 0x0", "never-ready": "did not become ready"}


@pytest.mark.parametrize("smp", [1, 4])
def test_the_old_one_comes_back(share, smp):
    """The new object starts and fails: what the old one had kept is there again. The word that says
    how it fails is also the name under which the fifo is published."""
    console, _, copy = share(smp=smp)
    copy("bad.o", "test/objects/unruly.o")
    for way, reason in WAYS.items():
        output = console.run(f"svc start fifo as {way} start-time 500ms args {way}")
        assert output == ("", 0)
        console.run(f"echo kept > /dev/{way}")
        output, status = replace(console, way, "/host/bad.o")
        assert status == 1 and reason in output, output
        assert output.endswith(f"{way}: the old fifo.o runs again\n"), output
        told = status_of(console, way)
        assert told["state"].startswith("running") and told["object"] == "fifo.o", told
        assert console.run(f"cat /dev/{way}") == ("kept\n", 0)
    assert "bad.o" in console.run("svc log crash-at-once")[0], "no report of the crash"


def test_what_is_down_is_started(share):
    """Stopped, failed, never started; one that is disabled is refused; programs are no services."""
    console, _, copy = share()
    copy("bad.o", "test/objects/unruly.o")
    copy("new.o", "fifo.o")
    assert state_of(console, "spare") == "stopped"
    assert replace(console, "spare", "/host/new.o")[1] == 0
    assert state_of(console, "spare") == "running"
    console.run("svc stop spare; svc disable spare")
    output, status = replace(console, "spare", "fifo.o")
    assert status == 1 and "is disabled" in output
    output, status = replace(console, "fifo", "/boot/ls.o")
    assert status == 1 and "is a program, not a server" in output
    assert "no service `nobody`" in replace(console, "nobody", "fifo.o")[0]
    assert "boot set has no object `nothing.o`" in replace(console, "fifo", "nothing.o")[0]
    console.run("svc service exit fifo.o restart never args exit")
    output, status = replace(console, "exit", "/host/bad.o")
    assert status == 1 and "exit: is failed; its object is fifo.o as before" in output, output
    assert replace(console, "exit", "/host/new.o")[1] == 0
    assert state_of(console, "exit") == "running"


@pytest.mark.parametrize("smp", [1, 4])
def test_turns(share, smp):
    """Several at once all come to their end; one whose command is killed is no obstacle."""
    console, _, copy = share(smp=smp)
    copy("new.o", "fifo.o")
    copy("bad.o", "test/objects/unruly.o")
    replacements = "svc replace fifo with /host/new.o & svc replace spare with /host/new.o & " \
                   "svc replace fifo with fifo.o &"
    output, status = console.run(f"{{ {replacements} {replacements} wait; }} > /tmp/out; "
                                 "cat /tmp/out", timeout=120)
    assert status == 0 and output.count(": runs with ") == 6, output
    console.run("svc start fifo as never-ready args never-ready")
    console.run("svc replace never-ready with /host/bad.o & svc wait never-ready 1s; kill $!")
    assert replace(console, "fifo", "/host/new.o")[1] == 0
    assert status_of(console, "never-ready")["object"] == "fifo.o"
    check_fifo(console, "alive")


def test_stopped_meanwhile(share):
    """The later command is obeyed; the object that was never ready is not kept."""
    console, _, copy = share()
    copy("bad.o", "test/objects/unruly.o")
    console.run("svc start fifo as never-ready start-time 60s args never-ready")
    console.run("svc restart never-ready")
    console.run("svc replace never-ready with /host/bad.o 2> /tmp/out & pid=$!")
    end = time.monotonic() + PATIENCE
    while not status_of(console, "never-ready")["object"].startswith("bad.o"):
        assert time.monotonic() < end, "the new object is not started"
    assert console.run("svc stop never-ready")[1] == 0
    output, _ = console.run("wait $pid; cat /tmp/out")
    assert "it has been stopped meanwhile" in output, output
    told = status_of(console, "never-ready")
    assert told["state"].startswith("stopped") and told["object"] == "fifo.o", told
    assert console.run("svc start never-ready")[1] == 0


def test_drivers(share, scratch):
    """The disk's driver while the disk is read; not by a driver for something else."""
    console, _, copy = share(disks=[scratch()])
    copy("new.o", "virtio-blk.o")
    copy("rng.o", "virtio-rng.o")
    whole = console.run("sha256sum /dev/disk0")
    assert console.run("for i in 1 2 3 4 5 6; do sha256sum /dev/disk0; done > /tmp/sums &")[1] == 0
    for _ in range(3):
        output, status = replace(console, "virtio-blk", "/host/new.o")
        assert status == 0, output
    assert console.run("wait; cat /tmp/sums") == (whole[0] * 6, 0)
    output, status = replace(console, "virtio-blk", "fifo.o")
    assert status == 1 and "no driver for the device of virtio-blk" in output
    output, status = console.run("svc service virtio-blk virtio-blk.o "
                                 "allow registers,irq,dma,entropy;"
                                 "svc replace virtio-blk with /host/rng.o")
    assert status == 1, output
    assert console.run("sha256sum /dev/disk0") == whole


def test_the_terminal_and_the_namespace(share, architecture):
    """What the prompt itself stands on."""
    console, _, copy = share()
    uart = {"riscv64": "ns16550", "aarch64": "pl011"}[architecture]
    for name in ("console", "names", "tmpfs", "virtio-9p", uart):
        copy(f"{name}.o", f"{name}.o")
        output, status = replace(console, name, f"/host/{name}.o")
        assert status == 0 and f"{name}: runs with" in output, output
    check_fifo(console, "alive")


def test_memory_comes_back(share, built):
    console, _, copy = share()
    copy("new.o", "fifo.o")
    copy("bad.o", "test/objects/unruly.o")
    turns = "for i in 1 2 3 4 5; do svc replace fifo with /host/new.o; " \
            "svc replace fifo with /host/bad.o; done > /dev/null"
    console.run(turns, timeout=120) # what lasts is made now
    before = memory_used(console)
    for _ in range(4):
        console.run(turns, timeout=120)
    lost = [now - then for then, now in zip(before, memory_used(console))]
    assert max(lost) <= 16, f"{lost} KiB (pages, kernel) lost by 40 replacements"
    assert replace(console, "fifo", "fifo.o")[1] == 0
    given = before[0] - memory_used(console)[0]
    size = (built / "fifo.o").stat().st_size // 1024
    assert given >= size - 32, f"{given} KiB came back with an object of {size}"


def test_script(boot, tmp_path):
    """The statement in init.rc takes objects of the boot set; an error does not stop the boot."""
    script = tmp_path / "init.rc"
    text = (ROOT / "servers" / "init" / "init.rc").read_text()
    script.write_text(text + "replace spare with pl011.o\nreplace spare with fifo.o\n")
    console = boot(add={"init.rc": script})
    console.run("svc wait")
    assert state_of(console, "spare") == "running"
    assert "init.rc:" in (log := console.run("dmesg")[0]) and "pl011.o: refused" in log
