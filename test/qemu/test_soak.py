"""Endurance: a whole system in random use takes at the end what it took at the beginning. Each
step a few times in ./check; `./check --soak MINUTES` goes on as long as wanted. The figures are in
build/soak-ARCH.json."""

import re
import statistics
import subprocess

import pytest

import initrd
from harness import image, xv6_image
from harness.machine import scratch_contents
from harness.places import BUILD
from harness.xv6_programs import xv6_programs
from services import check_fifo, states
from soak import FAULTY, Soak

ROUNDS = 3
SAMPLES = 24
MINUTE = 60
SEED = 20261122
FAT_SIZE = 32 << 20
WARM_SHARE = 4 # of the samples, one in so many is before everything has been used once
# What tables grow by once, and what is being freed when it is looked at.
SLACK = {"used_kib": 512, "kernel_kib": 64, "endpoints": 8}
SLOWER = 1.5 # at most, the last quarter of the samples against the first
FURTHER_SAMPLES = 10 # if others have kept the host busy
OBJECTS = ("fifo.o", "shell.o", "virtio-blk.o", "fat.o")


@pytest.fixture
def fat_disk(tmp_path):
    path = tmp_path / "fat.img"
    with path.open("wb") as file:
        file.truncate(FAT_SIZE)
    image.run("mkfs.fat", "-F", "16", "--invariant", str(path))
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def xv6_disk(variant, tmp_path):
    path = tmp_path / "xv6.img"
    path.write_bytes(xv6_image.make({name: program.read_bytes()
                                     for name, program in xv6_programs(variant).items()}))
    yield path
    path.unlink(missing_ok=True)


def has_slowed(samples, quarter):
    """By the host's processor time that a small thing takes."""
    first, last = (statistics.median(one["processor_ms"] for one in part)
                   for part in (samples[:quarter], samples[-quarter:]))
    return last > SLOWER * first


def check_fat(path):
    """In order, but that it may say of itself that it was being changed when its disk went."""
    checked = subprocess.run(["/usr/sbin/fsck.fat", "-n", path], capture_output=True, text=True)
    wrong = [line for line in checked.stdout.splitlines()
             if line and not re.match(r"fsck\.fat|Dirty bit is set| Automatically removing dirty|"
                                      r"Leaving filesystem unchanged|.*: \d+ files, ", line)]
    assert not wrong and not checked.stderr, "\n".join(wrong) + checked.stderr


@pytest.mark.early
def test_soak(unruly, variant, architecture, fat_disk, xv6_disk, scratch, tmp_path, request):
    minutes = request.config.getoption("soak")
    port = tmp_path / "port"
    console = unruly(smp=4, entropy=True, disks=[fat_disk, scratch(), xv6_disk], port=port)
    console.run("svc start disk object fat.o args /dev/disk0; svc mount /disk disk")
    console.run("svc start xv6fs args /dev/disk2; svc mount /xv6 xv6fs")
    files = initrd.read_archive(variant.boot_set.read_bytes())
    soak = Soak(console, SEED, {name: files[name] for name in OBJECTS}, scratch_contents(),
                port)
    try:
        if minutes:
            soak.go_on(minutes * MINUTE, minutes * MINUTE / SAMPLES)
        else:
            soak.each(ROUNDS)
        quarter = max(len(soak.samples) // 4, 1)
        for _ in range(FURTHER_SAMPLES):
            if has_slowed(soak.samples, quarter):
                soak.sample()
    finally:
        soak.write(BUILD / f"soak-{architecture}.json")
    warm = soak.samples[len(soak.samples) // WARM_SHARE:]
    for kind, slack in SLACK.items():
        grown = warm[-1][kind] - warm[0][kind]
        assert grown <= slack, f"{kind} has grown by {grown}: {[one[kind] for one in warm]}"
    assert not has_slowed(soak.samples, quarter), soak.samples
    check_fifo(console, "alive")
    unfit = {name: state for name, state in states(console).items()
             if state not in ("running", "stopped", "idle") and name != FAULTY}
    assert not unfit, unfit
    assert console.power_off(), f"the machine is still on{console.where()}"
    check_fat(fat_disk)
    assert "soak" in xv6_image.read_file(xv6_disk)
