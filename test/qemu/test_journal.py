"""The journal: what the log says, in a file that outlives power-off."""

import re
import time

import pytest

from harness import image
from harness.machine import REBOOTS
from services import state_of, wait_restarted

KIB = 1024
DISK_KIB = 4096
SECONDS = 300
HEADING = r"==== boot at \d{4}-\d\d-\d\d \d\d:\d\d UTC ===="
PATH = "/disk/journal"


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "journal.img"
    image.run("mkfs.fat", "-C", "--invariant", str(path), str(DISK_KIB))
    yield path
    path.unlink()


def on_host(disk, name="journal"):
    """The file as the host's tools read it, from a file system that is in order."""
    image.run("fsck.fat", "-n", str(disk))
    target = disk.parent / "read"
    image.run("mcopy", "-n", "-o", "-i", str(disk), f"::{name}", str(target))
    return target.read_text(encoding="ascii")


def mount(console):
    command = "svc start disk object fat.o args /dev/disk0 && svc mount /disk disk"
    assert console.run(command) == ("", 0)


def start(console, size=""):
    assert console.run(f"svc start journal allow console args {PATH} {size}") == ("", 0)


def wait_for(console, text, path=PATH):
    """Until the file has it: the journal looks once a second."""
    end = time.monotonic() + SECONDS
    while text not in (output := console.run(f"cat {path}")[0]):
        assert time.monotonic() < end, f"{text!r} is not in {output}{console.where()}"
    return output


def crash(console, name):
    assert console.run(f"svc kill {name} --fault null")[1] == 0
    wait_restarted(console, name)
    report = console.run(f"svc log {name}")[0]
    return re.search(r"pc (0x[0-9a-f]+)", report).group(1)


def test_outlives_power(boot, architecture, disk):
    console = boot(disks=[disk])
    mount(console)
    start(console)
    pc = crash(console, "fifo")
    assert re.match(HEADING + r"\n\[ .*Sinter on ", wait_for(console, "init:   next:"))
    console.close() # the power is cut: QEMU ends
    image.run("fsck.fat", "-n", str(disk))
    console = boot(disks=[disk])
    mount(console)
    assert pc in console.run(f"cat {PATH}")[0]
    start(console)
    assert console.power_off(), f"the machine is still on{console.where()}"
    text = on_host(disk)
    assert len(re.findall(HEADING, text)) == 2
    assert text.count(f"pc {pc}\n") == 1 and text.count("Sinter on ") == 2
    assert text.endswith("\n")


def test_takes_up_what_was_lost(boot, architecture, disk):
    """The rest of a boot that the journal did not see comes before the next one's log."""
    console = boot(disks=[disk], extra=REBOOTS)
    mount(console)
    start(console)
    wait_for(console, "Sinter on")
    assert console.run("svc stop journal") == ("", 0)
    pc = crash(console, "fifo")
    console.send("reboot\n")
    console.wait_prompt()
    mount(console)
    assert pc not in console.run(f"cat {PATH}")[0]
    start(console)
    wait_for(console, pc)
    text = wait_for(console, "crash before this boot")
    assert len(re.findall(HEADING, text)) == 2 and text.count("Sinter on") == 2
    assert text.index(pc) < text.rindex("==== boot")


def test_goes_on_after_a_crash(boot, architecture, disk):
    """No line is lost and none comes twice when journal, file system or both begin again."""
    console = boot(disks=[disk])
    mount(console)
    start(console)
    wait_for(console, "Sinter on")
    for name in ("journal", "disk"):
        assert console.run(f"svc kill {name} --fault null")[1] == 0
        wait_restarted(console, name)
        assert console.run(f"svc log {name}")[1] == 0
    assert console.run("svc restart journal") == ("", 0)
    assert console.run("svc kill pipe --fault null")[1] == 0
    wait_for(console, "init: ---- pipe")
    log = console.run("dmesg")[0]
    text = wait_for(console, log.rstrip("\n").splitlines()[-1])
    assert len(re.findall(HEADING, text)) == 1
    assert text.splitlines()[1:len(log.splitlines()) + 1] == log.splitlines()


def test_is_bounded(boot, architecture, disk):
    """Above its size the file becomes the old one."""
    console = boot(disks=[disk])
    mount(console)
    start(console, "4K")
    for _ in range(4):
        assert console.run("svc stop fifo; svc start fifo")[1] == 0
        crash(console, "fifo")
    assert console.run("svc stop journal; svc stop disk --force")[1] == 0
    assert console.power_off(), f"the machine is still on{console.where()}"
    new, old = on_host(disk), on_host(disk, "journal.old")
    assert 0 < len(new) <= 4 * KIB and 0 < len(old) <= 4 * KIB
    assert "fifo (fifo.o) has crashed" in old + new


def test_lost_text_is_bounded(boot, architecture, disk):
    """What the boot before has left is larger than a file may be."""
    console = boot(disks=[disk], extra=REBOOTS)
    for _ in range(7): # more at once would be more than the kernel lets one task log
        assert console.run("svc stop fifo; svc start fifo")[1] == 0
        pc = crash(console, "fifo")
    console.send("reboot\n")
    console.wait_prompt()
    assert int(console.run("dmesg --previous | wc -c")[0]) > 8 * KIB
    mount(console)
    start(console, "8K")
    wait_for(console, "crashes before this boot")
    assert console.run("svc stop journal; svc stop disk --force")[1] == 0
    assert console.power_off(), f"the machine is still on{console.where()}"
    new, old = on_host(disk), on_host(disk, "journal.old")
    assert 0 < len(new) <= 8 * KIB and 0 < len(old) <= 8 * KIB
    assert pc in old + new


def test_end_of_a_torn_line_counts(boot, architecture, disk, tmp_path):
    """A file that would have room for the heading, but not for the end of its last line too."""
    most = 64 * KIB
    torn = tmp_path / "torn"
    torn.write_bytes(b"x" * (most - len("==== boot at 2026-01-01 00:00 UTC ====\n")))
    image.run("mcopy", "-i", str(disk), str(torn), "::journal")
    console = boot(disks=[disk])
    mount(console)
    start(console, "64K")
    wait_for(console, "Sinter on")
    assert console.run("svc stop journal; svc stop disk --force")[1] == 0
    assert console.power_off(), f"the machine is still on{console.where()}"
    assert on_host(disk, "journal.old") == torn.read_text(encoding="ascii")
    assert re.match(HEADING, on_host(disk))


def test_torn_line(boot, architecture, disk, tmp_path):
    """Whatever the file holds: a line that was cut short is ended, and nothing else changed."""
    torn = tmp_path / "torn"
    torn.write_bytes(bytes(range(256)) * 40 + b"\n[   0.1] half a li")
    image.run("mcopy", "-i", str(disk), str(torn), "::journal")
    console = boot(disks=[disk])
    mount(console)
    start(console)
    assert console.run("svc wait journal; svc stop journal; svc stop disk --force")[1] == 0
    assert console.power_off(), f"the machine is still on{console.where()}"
    image.run("fsck.fat", "-n", str(disk))
    target = tmp_path / "read"
    image.run("mcopy", "-n", "-o", "-i", str(disk), "::journal", str(target))
    data = target.read_bytes()
    assert data.startswith(torn.read_bytes() + b"\n==== boot at ")


def test_refusals(boot, architecture, disk):
    console = boot(disks=[disk])
    for arguments, why in (("", "no file is named"), ("args disk/journal", "no file is named"),
                           ("args /disk/journal 3K", "is no size from 4K"),
                           ("args /disk/journal 12X", "is no size")):
        output, status = console.run(f"svc start journal restart never allow console {arguments}")
        assert status != 0 and why in output, output
    assert console.run("svc start log2 object journal.o allow console args /disk/journal")[1] == 0
    end = time.monotonic() + SECONDS # nothing is mounted there yet
    while "cannot be written" not in console.run("svc log log2")[0]:
        assert time.monotonic() < end
    mount(console)
    wait_for(console, "is written again")
    assert state_of(console, "log2") == "running"
    told = re.findall(r"log2: (.* cannot be written: .*)", console.run("dmesg")[0])
    assert len(told) == len(set(told)), f"told every second: {told}"
    assert console.run("svc start log3 object journal.o allow console args /dev/null")[1] == 0
    end = time.monotonic() + SECONDS
    while "/dev/null cannot be written" not in console.run("svc log log3")[0]:
        assert time.monotonic() < end
