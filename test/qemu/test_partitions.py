"""Partitions as files: their bytes are those of the disk, and end where they end."""

import hashlib

import pytest

import partitioned
from harness.machine import SECTOR
from services import state_of, wait_state, write_together


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def files(console):
    output, status = console.run("ls /dev")
    assert status == 0
    return [name for name in output.split() if name.startswith("disk")]


def check_sum(console, name, data):
    output, status = console.run(f"sha256sum /dev/{name}", timeout=300)
    assert (output.split()[0], status) == (sha256(data), 0)


@pytest.fixture
def disk(tmp_path):
    def make(table, name="partitioned.img"):
        path = tmp_path / name
        return path, partitioned.make(path, table)
    return make


@pytest.mark.quick
def test_gpt(boot, architecture, disk):
    path, data = disk(partitioned.GPT)
    console = boot(disks=[path])
    assert files(console) == ["disk0", "disk0p1", "disk0p2"]
    check_sum(console, "disk0p1", partitioned.part(data, 2048, 4096))
    check_sum(console, "disk0p2", partitioned.part(data, 8192, 6144))


def test_mbr_with_logical_partitions(boot, architecture, disk):
    path, data = disk(partitioned.MBR)
    console = boot(disks=[path])
    assert files(console) == ["disk0", "disk0p1", "disk0p5", "disk0p6"]
    check_sum(console, "disk0p1", partitioned.part(data, 2048, 2048))
    check_sum(console, "disk0p5", partitioned.part(data, 6144, 2048))
    check_sum(console, "disk0p6", partitioned.part(data, 10240, 4096))


def test_second_copy_of_a_damaged_gpt(boot, architecture, disk):
    path, data = disk(partitioned.GPT)
    with path.open("r+b") as file:
        file.seek(SECTOR + 64)
        file.write(b"damage")
    console = boot(disks=[path])
    check_sum(console, "disk0p2", partitioned.part(data, 8192, 6144))
    assert "second copy" in console.run("dmesg")[0]


def test_several_disks_one_without_a_table_one_absent(boot, architecture, disk, scratch):
    first, data = disk(partitioned.GPT)
    second, more = disk(partitioned.MBR, "second.img")
    console = boot(disks=[first, scratch("plain.img"), second])
    arguments = " ".join(f"/dev/disk{number}" for number in range(4))
    assert console.run(f"svc start more object partitions.o args {arguments}")[1] == 0
    log = console.run("dmesg")[0]
    assert "/dev/disk1: no partition table" in log and "/dev/disk3: no such name" in log
    assert files(console) == ["disk0", "disk0p1", "disk0p2", "disk1", "disk2", "disk2p1",
                              "disk2p5", "disk2p6"]
    check_sum(console, "disk2p5", partitioned.part(more, 6144, 2048))
    check_sum(console, "disk0p1", partitioned.part(data, 2048, 4096))


def test_writing_stays_inside(boot, architecture, disk):
    path, data = disk(partitioned.GPT)
    console = boot(disks=[path])
    assert console.run("cat /dev/disk0p2 > /dev/disk0p1")[1] != 0 # the second is longer
    assert console.power_off(), f"the machine is still on{console.where()}"
    start, length = 2048 * SECTOR, 4096 * SECTOR
    expected = partitioned.part(data, 8192, 4096)
    assert path.read_bytes() == data[:start] + expected + data[start + length:]


def test_writers_take_turns_at_a_position(boot, architecture, disk):
    path, _ = disk(partitioned.GPT)
    console = boot(smp=4, disks=[path])
    lines = write_together(console, "/dev/disk0p1", 200)
    assert console.power_off(), f"the machine is still on{console.where()}"
    written = path.read_bytes()[2048 * SECTOR:].decode("latin-1").split("\n")
    assert sorted(written[:len(lines)]) == lines


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("victim", ["partitions", "virtio-blk"])
def test_crash_while_reading_is_survived(boot, architecture, disk, smp, victim):
    path, data = disk(partitioned.GPT)
    console = boot(disks=[path], smp=smp)
    console.run("sha256sum /dev/disk0p1 /dev/disk0p2 > /dev/fifo &")
    assert console.run(f"svc kill {victim} --fault null")[1] == 0
    output, status = console.run("cat /dev/fifo", timeout=300)
    sums = [line.split()[0] for line in output.splitlines()]
    assert (sums, status) == ([sha256(partitioned.part(data, 2048, 4096)),
                               sha256(partitioned.part(data, 8192, 6144))], 0)
    wait_state(console, victim, "running")
    check_sum(console, "disk0p2", partitioned.part(data, 8192, 6144))


def test_restart_stop_and_what_uses_what(boot, architecture, disk):
    path, data = disk(partitioned.GPT)
    console = boot(disks=[path])
    output, status = console.run("svc stop virtio-blk")
    assert status != 0 and "partitions" in output
    assert console.run("svc restart virtio-blk")[1] == 0
    check_sum(console, "disk0p1", partitioned.part(data, 2048, 4096))
    assert console.run("svc restart partitions")[1] == 0
    check_sum(console, "disk0p1", partitioned.part(data, 2048, 4096))
    assert console.run("svc stop partitions")[1] == 0
    assert state_of(console, "partitions") == "stopped"
    assert files(console) == ["disk0"]
    assert console.run("svc stop virtio-blk")[1] == 0
    assert files(console) == []
