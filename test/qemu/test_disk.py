"""Block devices as files: what is read is what the image holds, what is written arrives there."""

import hashlib

import pytest

from harness.machine import SECTOR, scratch_contents
from services import write_together


@pytest.mark.quick
def test_sha256_is_that_of_the_host(boot, architecture, scratch):
    console = boot(smp=4, disks=[scratch()])
    output, status = console.run("sha256sum /dev/disk0", timeout=300)
    assert status == 0
    assert output.split()[0] == hashlib.sha256(scratch_contents()).hexdigest()


def test_legacy_transport(boot, architecture, scratch):
    console = boot(disks=[scratch()], legacy_virtio=True)
    output, status = console.run("sha256sum /dev/disk0", timeout=300)
    assert (output.split()[0], status) == (hashlib.sha256(scratch_contents()).hexdigest(), 0)


def test_disks_are_numbered_by_address(boot, architecture, scratch):
    contents = [bytes([value]) * (64 * SECTOR) for value in (1, 2)]
    console = boot(disks=[scratch(f"{i}.img", data) for i, data in enumerate(contents)])
    for number, data in enumerate(contents):
        output, status = console.run(f"sha256sum /dev/disk{number}")
        assert (output.split()[0], status) == (hashlib.sha256(data).hexdigest(), 0)


def test_writing_reaches_the_image(boot, architecture, scratch):
    image = scratch()
    console = boot(disks=[image])
    assert console.run("echo written by sinter > /dev/disk0")[1] == 0
    assert console.power_off(), f"the machine is still on{console.where()}"
    text = b"written by sinter\n"
    assert image.read_bytes() == text + scratch_contents()[len(text):]


def test_writers_take_turns_at_a_position(boot, architecture, scratch):
    """Programs that were given the same opening, on several CPUs, do not write over one another."""
    image = scratch()
    console = boot(smp=4, disks=[image])
    lines = write_together(console, "/dev/disk0", 200)
    assert console.power_off(), f"the machine is still on{console.where()}"
    assert sorted(image.read_bytes().decode("latin-1").split("\n")[:len(lines)]) == lines


def test_restarted_driver_serves_again(boot, architecture, scratch):
    console = boot(disks=[scratch()])
    expected = hashlib.sha256(scratch_contents()).hexdigest()
    assert console.run("svc restart virtio-blk")[1] == 0
    output, status = console.run("sha256sum /dev/disk0", timeout=300)
    assert (output.split()[0], status) == (expected, 0)


def test_crash_while_reading_is_survived(boot, architecture, scratch):
    console = boot(disks=[scratch()])
    console.run("sha256sum /dev/disk0 > /dev/fifo &")
    assert console.run("svc kill virtio-blk --fault null")[1] == 0
    output, status = console.run("cat /dev/fifo", timeout=300)
    assert (output.split()[0], status) == (hashlib.sha256(scratch_contents()).hexdigest(), 0)
