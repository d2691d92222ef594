"""A disk, or a partition, is one file system's: the next is refused, whatever has crashed before.
Different partitions go together; what reads and writes the device itself is not concerned."""

import random

import pytest

from harness import image, xv6_image
from harness.machine import SECTOR
from services import state_of, status_of, wait_program, wait_restarted

TREE = {"README": b"one owner\n"}
DATA = random.Random(9).randbytes(xv6_image.MOST)

# In the first block of an xv6 file system, which that does not use; FATs fit into the partitions.
TABLE = """\
label: dos
start=1000, size=800, type=c
start=2400, size=800, type=c
"""


@pytest.fixture
def disk(tmp_path):
    """One xv6 file system."""
    path = tmp_path / "xv6.img"
    path.write_bytes(xv6_image.make(TREE))
    yield path
    path.unlink()


@pytest.fixture
def parts(tmp_path):
    """Two partitions with a FAT each."""
    path = tmp_path / "parts.img"
    path.write_bytes(xv6_image.make({}))
    image.run("sfdisk", "--quiet", "--no-tell-kernel", "--wipe", "never", str(path), text=TABLE)
    for start in (1000, 2400):
        image.run("mkfs.fat", "--invariant", "--offset", str(start), str(path), "400")
    yield path
    path.unlink()


def check_parts(path):
    """The FATs are in order."""
    data = path.read_bytes()
    for start in (1000, 2400):
        copy = path.parent / "part.fat"
        copy.write_bytes(data[start * SECTOR:(start + 800) * SECTOR])
        image.run("fsck.fat", "-n", str(copy))
        copy.unlink()


def output(console, command):
    told, status = console.run(command, timeout=100)
    assert status == 0, f"{command}: {told}{console.where()}"
    return told


def power_off(console):
    assert console.power_off(), f"the machine is still on{console.where()}"


def start(name, kind, device):
    return f"svc start {name} object {kind}.o args /dev/{device}"


def refused(console, name, kind, device, holder):
    """The file system does not start, and says who has what it wanted."""
    told, status = console.run(start(name, kind, device))
    reason = (f"/dev/{device}, or part of it, is in use by another file system, `{holder}`; "
              f"stop that first: svc stop {holder} --force")
    assert (told, status) == (f"svc: {name}: {reason}\n", 1), f"{told}{console.where()}"
    assert state_of(console, name) == "failed"
    assert status_of(console, name)["reason"] == reason


@pytest.mark.quick
def test_second_file_system_on_a_disk(boot, architecture, disk):
    console = boot(disks=[disk])
    output(console, f"{start('mine', 'xv6fs', 'disk0')}; svc mount /mine mine")
    refused(console, "second", "xv6fs", "disk0", "mine")
    refused(console, "third", "fat", "disk0", "mine")
    output(console, "echo written > /mine/text")
    assert output(console, "head -c 5 /dev/disk0 | wc -c") == "5\n"
    output(console, "echo raw > /dev/disk0") # xv6 leaves the first block alone
    refused(console, "second", "xv6fs", "disk0", "mine")
    output(console, "svc stop mine --force; svc start second; svc mount /mine second")
    refused(console, "mine", "xv6fs", "disk0", "second")
    assert output(console, "cat /mine/text") == "written\n"
    output(console, "echo too > /mine/more")
    power_off(console)
    assert disk.read_bytes()[:4] == b"raw\n"
    assert xv6_image.read_file(disk) == {**TREE, "text": b"written\n", "more": b"too\n"}


@pytest.mark.quick
def test_partitions_and_the_whole_disk(boot, architecture, parts):
    """They exclude each other; two partitions do not. Who fails leaves no claim."""
    console = boot(disks=[parts])
    told, status = console.run(start("wrong", "xv6fs", "disk0p1"))
    assert status != 0 and "no xv6 file system" in told, told
    output(console, f"{start('whole', 'xv6fs', 'disk0')}; svc stop whole")
    output(console, f"{start('one', 'fat', 'disk0p1')}; svc mount /one one")
    refused(console, "again", "fat", "disk0p1", "one")
    refused(console, "whole", "xv6fs", "disk0", "one")
    output(console, f"{start('two', 'fat', 'disk0p2')}; svc mount /two two")
    output(console, "svc stop one --force")
    refused(console, "whole", "xv6fs", "disk0", "two")
    refused(console, "again", "fat", "disk0p2", "two")
    output(console, "echo text > /two/text; svc stop two --force")
    output(console, start("whole", "xv6fs", "disk0"))
    refused(console, "one", "fat", "disk0p1", "whole")
    refused(console, "two", "fat", "disk0p2", "whole")
    output(console, "svc stop whole; svc start two; svc start one")
    assert output(console, "cat /two/text") == "text\n"
    power_off(console)
    check_parts(parts)


def crash(console, *names):
    """All of them at about the same time."""
    before = [int(status_of(console, name)["restarts"]) for name in names]
    output(console, "; ".join(f"svc kill {name}" for name in names))
    for name, restarts in zip(names, before):
        wait_restarted(console, name, restarts + 1)


@pytest.mark.parametrize("smp", [1, 4])
def test_claims_outlive_crashes(boot, architecture, disk, parts, smp):
    console = boot(disks=[disk, parts], smp=smp)
    for name, kind, device in (("mine", "xv6fs", "disk0"), ("one", "fat", "disk1p1")):
        output(console, f"svc start {name} object {kind}.o attempts 100 args /dev/{device}")
        output(console, f"svc mount /{name} {name}")
    for name in ("virtio-blk", "virtio-blk1", "partitions"):
        output(console, f"svc start {name} attempts 100")
    for victims in (("mine",), ("one",), ("virtio-blk",), ("virtio-blk1",), ("partitions",),
                    ("virtio-blk1", "partitions"), ("mine", "virtio-blk"), ("virtio-blk", "mine"),
                    ("one", "partitions", "virtio-blk1"), ("virtio-blk1", "one", "partitions")):
        crash(console, *victims)
        refused(console, "second", "xv6fs", "disk0", "mine")
        refused(console, "again", "fat", "disk1p1", "one")
        refused(console, "whole", "xv6fs", "disk1", "one")
        output(console, f"echo {'+'.join(victims)} >> /mine/log; cp /mine/log /one/log")
    told = output(console, "cat /mine/log")
    assert output(console, "cat /one/log") == told and told.count("\n") == 10
    power_off(console)
    check_parts(parts)
    assert xv6_image.read_file(disk) == {**TREE, "log": told.encode()}


def test_restart_and_replace(boot, architecture, disk):
    """Of whoever has the claim, or keeps it: nobody else gets it."""
    console = boot(disks=[disk])
    output(console, f"{start('mine', 'xv6fs', 'disk0')}; svc mount /mine mine")
    for number, command in enumerate((
            "svc restart mine", "svc replace mine with xv6fs.o", "svc restart virtio-blk",
            "svc replace virtio-blk with virtio-blk.o", "svc restart partitions")):
        output(console, command)
        refused(console, "second", "xv6fs", "disk0", "mine")
        output(console, f"echo {number} >> /mine/text")
    told, status = console.run("svc replace mine with fat.o")
    assert status != 0 and "no FAT file system" in told and "runs again" in told
    refused(console, "second", "xv6fs", "disk0", "mine")
    assert output(console, "cat /mine/text") == "0\n1\n2\n3\n4\n"
    power_off(console)
    assert xv6_image.read_file(disk) == {**TREE, "text": b"0\n1\n2\n3\n4\n"}


@pytest.mark.parametrize("device", ["disk0", "disk0p1"])
def test_who_comes_first_when_a_driver_is_back(boot, architecture, parts, device):
    """The other stops writing, for good: what it knows of the disk may be wrong."""
    kind = {"disk0": "xv6fs", "disk0p1": "fat"}[device]
    console = boot(disks=[parts])
    output(console, f"{start('slow', kind, device)}; svc mount /slow slow")
    output(console, "echo before > /slow/text")
    output(console, "sleep 100000 > /dev/fifo & sleeper=$!")
    output(console, "{ cat /dev/fifo; cat; echo ended $?; } < /slow/text > /tmp/held 2>&1 &")
    wait_program(console, "cat")
    output(console, "svc stop virtio-blk --force; svc start virtio-blk")
    if device != "disk0":
        output(console, "svc restart partitions")
    output(console, f"{start('fast', kind, device)}; svc mount /fast fast")
    for command in ("echo theirs >> /fast/text", "svc stop fast --force"):
        told, status = console.run("echo lost > /slow/lost")
        assert status != 0 and "busy" in told, f"{told}{console.where()}"
        output(console, command)
    assert console.run("cat /slow/text")[1] != 0
    output(console, "svc restart slow")
    assert output(console, "cat /slow/text") == "before\ntheirs\n"
    if kind == "fat": # it does not take the mark for its own any more
        assert "not left in order" in output(console, "svc log slow")
    told = output(console, "kill $sleeper; wait; cat /tmp/held")
    assert told.startswith("cat: ") and told.endswith("ended 1\n"), told
    refused(console, "fast", kind, device, "slow")
    power_off(console)


@pytest.mark.parametrize("device, driver", [
    ("disk0", "virtio-blk"), ("disk0p1", "virtio-blk"), ("disk0p1", "partitions")])
def test_claims_are_made_anew_with_their_driver(boot, architecture, parts, device, driver):
    kind = {"disk0": "xv6fs", "disk0p1": "fat"}[device]
    console = boot(disks=[parts])
    output(console, f"{start('mine', kind, device)}; svc mount /mine mine")
    for number in range(3):
        output(console, f"svc stop {driver} --force; svc start {driver}")
        output(console, f"echo {number} >> /mine/text")
        refused(console, "second", kind, device, "mine")
    assert output(console, "cat /mine/text") == "0\n1\n2\n"
    power_off(console)


def test_disk_that_cannot_be_written(boot, architecture, disk):
    """There is nothing to spoil: all may have it."""
    disk.chmod(0o444)
    console = boot(disks=[disk])
    for name in ("one", "two"):
        output(console, f"{start(name, 'xv6fs', 'disk0')}; svc mount /{name} {name}")
        assert output(console, f"cat /{name}/README") == "one owner\n"
    power_off(console)
