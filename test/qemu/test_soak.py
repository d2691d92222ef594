"""Endurance: a whole system in random use takes at the end what it took at the beginning. Each
step a few times in ./check; `./check --soak MINUTES` goes on as long as wanted. The figures are in
build/soak-ARCH.json."""

import re
import subprocess

import pytest

import initrd
from harness import image
from harness.machine import scratch_contents
from harness.places import BUILD
from services import check_fifo, states
from soak import FAULTY, Soak

ROUNDS = 3
SAMPLES = 24
MINUTE = 60
SEED = 20261122
FAT_SIZE = 32 << 20
WARM_SHARE = 4 # of the samples, one in so many is before everything has been used once
SLACK_KIB = (512, 64) # pages, kernel objects: tables that grow once, and what is being freed
OBJECTS = ("fifo.o", "shell.o", "virtio-blk.o", "fat.o")


@pytest.fixture
def fat_disk(tmp_path):
    path = tmp_path / "fat.img"
    with path.open("wb") as file:
        file.truncate(FAT_SIZE)
    image.run("mkfs.fat", "-F", "16", "--invariant", str(path))
    yield path
    path.unlink(missing_ok=True)


def check_fat(path):
    """In order, but that it may say of itself that it was being changed when its disk went."""
    checked = subprocess.run(["/usr/sbin/fsck.fat", "-n", path], capture_output=True, text=True)
    wrong = [line for line in checked.stdout.splitlines()
             if line and not re.match(r"fsck\.fat|Dirty bit is set| Automatically removing dirty|"
                                      r"Leaving filesystem unchanged|.*: \d+ files, ", line)]
    assert not wrong and not checked.stderr, "\n".join(wrong) + checked.stderr


@pytest.mark.early
def test_soak(unruly, variant, architecture, fat_disk, scratch, request):
    minutes = request.config.getoption("soak")
    console = unruly(smp=4, entropy=True, disks=[fat_disk, scratch()])
    console.run("svc start disk object fat.o args /dev/disk0; svc mount /disk disk")
    files = initrd.read_archive(variant.boot_set.read_bytes())
    soak = Soak(console, SEED, {name: files[name] for name in OBJECTS}, scratch_contents())
    try:
        if minutes:
            soak.go_on(minutes * MINUTE, minutes * MINUTE / SAMPLES)
        else:
            soak.each(ROUNDS)
    finally:
        soak.write(BUILD / f"soak-{architecture}.json")
    warm = soak.samples[len(soak.samples) // WARM_SHARE:]
    for kind, slack in zip(("used_kib", "kernel_kib"), SLACK_KIB):
        grown = warm[-1][kind] - warm[0][kind]
        assert grown <= slack, f"{kind} has grown by {grown}: {[one[kind] for one in warm]}"
    check_fifo(console, "alive")
    unfit = {name: state for name, state in states(console).items()
             if state not in ("running", "stopped", "idle") and name != FAULTY}
    assert not unfit, unfit
    assert console.power_off(), f"the machine is still on{console.where()}"
    check_fat(fat_disk)
