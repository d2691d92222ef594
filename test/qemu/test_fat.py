"""FAT partitions: what Sinter writes the host's tools read, and the other way round; crashes of the
server and of the disk's driver in the middle change nothing."""

import hashlib
import random

import pytest

from harness import image
from services import wait_restarted, wait_state

MIB = 1 << 20
SECTOR = 512
TABLE = """\
label: gpt
start=2048, size={first}, type=U
start={second_start}, size={second}, type=L
"""
FIRST, SECOND = 24 * MIB, 40 * MIB
SECOND_START = MIB + FIRST


class Disk:
    """A disk with two FAT partitions, /one and /two in Sinter."""

    def __init__(self, folder):
        self.path = folder / "fat.img"
        with self.path.open("wb") as file:
            file.truncate(SECOND_START + SECOND + MIB)
        image.run("sfdisk", "--quiet", "--no-tell-kernel", str(self.path),
                  text=TABLE.format(first=FIRST // SECTOR, second=SECOND // SECTOR,
                                    second_start=SECOND_START // SECTOR))
        self.starts = {"one": MIB, "two": SECOND_START}
        self.sizes = {"one": FIRST, "two": SECOND}
        self.options = {"one": ("-F", "16"), "two": ("-F", "32", "-s", "1")}
        for name, start in self.starts.items():
            image.run("mkfs.fat", *self.options[name], "--invariant", "--offset",
                      str(start // SECTOR), str(self.path), str(self.sizes[name] // 1024))

    def put(self, part, name, data):
        source = self.path.parent / "put"
        source.write_bytes(data)
        image.copy_in(self.path, self.starts[part], source, name)

    def get(self, part, name):
        target = self.path.parent / "get"
        image.run("mcopy", "-n", "-o", "-i", f"{self.path}@@{self.starts[part]}", f"::{name}",
                  str(target))
        return target.read_bytes()

    def check(self):
        """Both partitions are in order, and marked so."""
        for part, start in self.starts.items():
            copy = self.path.parent / f"{part}.fat"
            with self.path.open("rb") as file:
                file.seek(start)
                copy.write_bytes(file.read(self.sizes[part]))
            image.run("fsck.fat", "-n", str(copy))
            copy.unlink()


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path)
    yield made
    made.path.unlink()


def mount(console):
    for number, name in enumerate(("one", "two"), 1):
        command = f"svc start {name} object fat.o args /dev/disk0p{number}"
        assert console.run(f"{command}; svc mount /{name} {name}") == ("", 0)


def power_off(console):
    assert console.power_off(), f"the machine is still on{console.where()}"


def check_sum(console, path, data):
    output, status = console.run(f"sha256sum '{path}'", timeout=300)
    assert (output.split()[0], status) == (hashlib.sha256(data).hexdigest(), 0)


@pytest.mark.quick
def test_files_go_both_ways(boot, architecture, disk):
    data = random.Random(1).randbytes(300_001)
    image.make_folder(disk.path, disk.starts["one"], "Folder")
    disk.put("one", "Folder/From the host.bin", data)
    console = boot(disks=[disk.path])
    mount(console)
    check_sum(console, "/one/folder/FROM THE HOST.BIN", data)
    assert console.run("ls /one") == ("Folder/\n", 0)
    assert console.run("cp '/one/Folder/From the host.bin' '/two/A copy of it'")[1] == 0
    assert console.run("echo first > /two/lines.txt; echo second >> /two/lines.txt")[1] == 0
    assert console.run("echo replaced > /two/short; echo x > /two/short")[1] == 0
    power_off(console)
    disk.check()
    assert disk.get("two", "A copy of it") == data
    assert disk.get("two", "lines.txt") == b"first\nsecond\n"
    assert disk.get("two", "short") == b"x\n"


def test_eight_mebibytes(boot, architecture, disk):
    data = random.Random(2).randbytes(8 * MIB)
    disk.put("one", "big.bin", data)
    console = boot(disks=[disk.path])
    mount(console)
    check_sum(console, "/one/big.bin", data)
    assert console.run("cp /one/big.bin /two/big.bin", timeout=300)[1] == 0
    check_sum(console, "/two/big.bin", data)
    power_off(console)
    disk.check()
    assert disk.get("two", "big.bin") == data


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("victim", ["two", "partitions", "virtio-blk"])
def test_crashes_while_a_file_is_written(boot, architecture, disk, smp, victim):
    data = random.Random(3).randbytes(8 * MIB)
    disk.put("one", "big.bin", data)
    console = boot(disks=[disk.path], smp=smp)
    mount(console)
    console.run("{ cp /one/big.bin /two/big.bin; echo ended $?; } > /dev/fifo &")
    assert any(" cp" in console.run("ps")[0] for _ in range(100)) # it is being started at first
    for times in (1, 2): # the second may find it done
        assert console.run(f"svc kill {victim} --fault null") == ("", 0)
        wait_restarted(console, victim, times)
    assert console.run("cat /dev/fifo", timeout=300) == ("ended 0\n", 0)
    check_sum(console, "/two/big.bin", data)
    power_off(console)
    disk.check()
    assert disk.get("two", "big.bin") == data


GONE_FOR_GOOD = {
    "stopped": ("svc stop virtio-blk --force", "stopped"),
    "failed": ("svc start virtio-blk attempts 0; svc kill virtio-blk --fault null", "failed"),
}


@pytest.mark.parametrize("way", GONE_FOR_GOOD)
def test_driver_comes_back(boot, architecture, disk, way):
    """A driver that was down for good and is started again: all that stands on it goes on."""
    whole = disk.path.parent / "whole.img"
    image.run("mkfs.fat", "--invariant", "-C", str(whole), str(20 << 10))
    console = boot(disks=[disk.path, whole])
    mount(console)
    command = "svc start whole object fat.o args /dev/disk1; svc mount /whole whole"
    assert console.run(command)[1] == 0
    command, state = GONE_FOR_GOOD[way]
    for folder in ("one", "two", "whole"):
        assert console.run(f"echo {folder} before > /{folder}/text")[1] == 0
    for name in ("virtio-blk", "virtio-blk1"):
        assert console.run(command.replace("virtio-blk", name))[1] == 0
        wait_state(console, name, state)
    for folder in ("one", "two", "whole"):
        assert console.run(f"echo lost > /{folder}/lost")[1] != 0
    for name in ("virtio-blk", "virtio-blk1"):
        assert console.run(f"svc start {name}") == ("", 0)
    for folder in ("one", "two", "whole"):
        assert console.run(f"echo {folder} after >> /{folder}/text; cat /{folder}/text") == (
            f"{folder} before\n{folder} after\n", 0)
    assert console.run("sha256sum /dev/disk0p1 > /dev/null")[1] == 0
    power_off(console)
    disk.check()
    image.run("fsck.fat", "-n", str(whole))


def test_partition_of_a_disk_that_is_back(boot, architecture, disk):
    """Opened before anybody has asked for the disk again."""
    console = boot(disks=[disk.path])
    before = console.run("sha256sum /dev/disk0p1")
    assert before[1] == 0
    for _ in range(2):
        assert console.run("svc stop virtio-blk --force")[1] == 0
        assert console.run("sha256sum /dev/disk0p1")[1] != 0
        assert console.run("svc start virtio-blk") == ("", 0)
        assert console.run("sha256sum /dev/disk0p1") == before


@pytest.mark.quick
def test_disk_edited_meanwhile(boot, architecture, disk):
    """What somebody else did to a disk while its driver was stopped is not written over."""
    data = random.Random(4).randbytes(60_000)
    console = boot(disks=[disk.path])
    mount(console)
    for folder in ("one", "two"):
        assert console.run(f"echo before > /{folder}/text; cat /{folder}/text")[1] == 0
    assert console.run("svc stop virtio-blk --force")[1] == 0
    for part in ("one", "two"):
        disk.put(part, "theirs", data)
    assert console.run("svc start virtio-blk") == ("", 0)
    for folder in ("one", "two"):
        for command in (f"echo lost > /{folder}/lost", f"cat /{folder}/text"):
            assert console.run(command)[1] != 0
        assert console.run(f"svc restart {folder}") == ("", 0)
        check_sum(console, f"/{folder}/theirs", data)
        assert console.run(f"echo after >> /{folder}/text; cat /{folder}/text") == (
            "before\nafter\n", 0)
    power_off(console)
    for part in ("one", "two"):
        assert disk.get(part, "theirs") == data


def test_what_is_open_outlives_a_crash(boot, architecture, disk):
    console = boot(disks=[disk.path])
    mount(console)
    for times, operator in enumerate((">", ">>"), 1):
        group = "{ echo before; svc kill one --fault null; echo after; }"
        assert console.run(f"{group} {operator} /one/log.txt")[1] == 0
        wait_restarted(console, "one", times)
    assert console.run("cat /one/log.txt") == (2 * "before\nafter\n", 0)
    power_off(console)
    disk.check()
    assert disk.get("one", "log.txt") == 2 * b"before\nafter\n"


def test_stop_start_and_restart(boot, architecture, disk):
    console = boot(disks=[disk.path])
    mount(console)
    assert console.run("echo kept > /one/kept")[1] == 0
    output, status = console.run("svc stop partitions")
    assert status != 0 and "one" in output
    assert console.run("svc restart one")[1] == 0
    assert console.run("cat /one/kept") == ("kept\n", 0)
    assert console.run("svc stop one --force")[1] == 0
    assert console.run("cat /one/kept")[1] != 0
    assert console.run("svc start one")[1] == 0
    assert console.run("cat /one/kept") == ("kept\n", 0)
    power_off(console)
    disk.check()


def test_read_only_disk(boot, architecture, disk):
    disk.put("one", "text", b"to read\n")
    before = disk.path.read_bytes()
    disk.path.chmod(0o444)
    console = boot(disks=[disk.path])
    mount(console)
    assert console.run("cat /one/text") == ("to read\n", 0)
    for path in ("text", "new"):
        output, status = console.run(f"echo more > /one/{path}")
        assert status != 0 and "Read-only file system" in output
    power_off(console)
    assert disk.path.read_bytes() == before


def test_what_is_no_file_system_is_refused(boot, architecture, scratch):
    console = boot(disks=[scratch()])
    output, status = console.run("svc start one object fat.o args /dev/disk0")
    assert status != 0 and "no FAT file system" in output
    output, status = console.run("svc start two object fat.o args /dev/disk7")
    assert status != 0 and "no such name" in output
    assert console.run("echo goes on") == ("goes on\n", 0)
