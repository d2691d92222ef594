"""Booting through U-Boot from a disk image, as `./image` makes it and `./run --uboot` starts it."""

import hashlib
import shlex
import subprocess

import pytest

from harness import image
from harness.machine import UBOOT, UBOOT_MEMORY, scratch_contents, with_uboot_disk
from harness.places import ROOT

LIMIT = 120
BOARD = {"riscv64": "sifive_u", "aarch64": "xlnx-versal-virt"}

pytestmark = pytest.mark.skipif(not all(path.exists() for path in UBOOT.values()),
                                reason="Debian's u-boot-qemu is not installed")


def listing(disk, start, folder=""):
    """Names in a folder of the FAT file system at that byte, by mtools."""
    command = ["mdir", "-b", "-i", f"{disk}@@{start}", f"::{folder}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_uboot(boot, architecture, tmp_path, variant):
    """The same kernel file as with -kernel, found by extlinux.conf; switching off works as well."""
    disk = tmp_path / "disk.img"
    image.make_image(disk, variant.kernel, variant.boot_set)
    mine = tmp_path / "mine.img"
    mine.write_bytes(scratch_contents())
    disks = with_uboot_disk(architecture, disk, [mine])
    console = boot(firmware=UBOOT[architecture], memory=UBOOT_MEMORY[architecture], smp=4,
                   disks=disks)
    assert ": 4 CPU" in console.run("dmesg | head -n 1")[0]
    wanted = hashlib.sha256(scratch_contents()).hexdigest()
    assert wanted in console.run(f"sha256sum /dev/disk{disks.index(mine)}")[0]
    assert console.run(f"head -c 512 /dev/disk{disks.index(disk)}p1 | wc -c") == ("512\n", 0)
    assert console.power_off()


def test_image(architecture, variant, tmp_path):
    """What is in it, by tools that are not ours; and the root partition outlives a renewal."""
    disk = tmp_path / "disk.img"
    root_start = image.START + image.BOOT_SIZE
    image.make_image(disk, variant.kernel, variant.boot_set)
    table = subprocess.run(["/usr/sbin/sfdisk", "--dump", disk], capture_output=True, text=True,
                           check=True).stdout
    assert "label: gpt" in table and 'name="boot"' in table and 'name="root"' in table
    assert f"::/{variant.kernel.name}" in listing(disk, image.START)
    (tmp_path / "mine").write_text("mine")
    image.copy_in(disk, root_start, tmp_path / "mine", "mine")
    image.refresh(disk, variant.kernel, variant.boot_set)
    assert "::/mine" in listing(disk, root_start)
    for start, sectors in ((image.START, image.BOOT_SIZE), (root_start, image.ROOT_SIZE)):
        part = tmp_path / "part.img"
        with disk.open("rb") as file:
            file.seek(start)
            part.write_bytes(file.read(sectors))
        assert subprocess.run(["/usr/sbin/fsck.fat", "-n", part],
                              capture_output=True).returncode == 0


def test_made_by_command(boot, architecture, tmp_path):
    """What ./image makes boots, and has a root partition of the size that was asked for."""
    disk = tmp_path / "disk.img"
    done = subprocess.run([ROOT / "image", architecture, "--output", disk, "--root-size", "8M"],
                          capture_output=True, text=True, timeout=LIMIT)
    assert (done.stdout.splitlines()[-1:], done.returncode) == ([str(disk)], 0), done.stderr
    console = boot(firmware=UBOOT[architecture], memory=UBOOT_MEMORY[architecture], disks=[disk])
    assert console.run("svc start root object fat.o args /dev/disk0p2; svc mount /mnt root")[1] == 0
    assert console.run("head -c 8388608 /dev/disk0p2 | wc -c") == ("8388608\n", 0)
    console.run("df /mnt > /tmp/df")
    room = int(console.run("cat /tmp/df")[0].splitlines()[-1].split()[0])
    assert 7 << 10 < room <= 8 << 10, room
    assert console.power_off()


@pytest.mark.parametrize("document, arguments", [
    ("README.md", []), ("README.md", ["--uboot"]), ("docs/BOARDS.md", ["--uboot"]),
    ("docs/BOARDS.md", ["--machine"])])
def test_documents_have_the_commands(architecture, document, arguments):
    """Word by word what --print prints, with paths from the project's root."""
    if arguments == ["--machine"]:
        arguments = ["--machine", BOARD[architecture]]
    printed = subprocess.run([ROOT / "run", architecture, "--print", *arguments], check=True,
                             capture_output=True, text=True, timeout=LIMIT).stdout
    text = (ROOT / document).read_text(encoding="utf-8")
    assert printed.replace(f"{ROOT}/", "").split() in [
        shlex.split(block.replace("\\\n", " "))
        for block in text.split("\n\n") if block.startswith("    qemu-system")]


@pytest.mark.parametrize("arguments, words", [
    (["--uboot", "--machine", "none"], "for virt only"),
    (["--uboot", "--memory", "33M"], "need"),
])
def test_refused(arguments, words):
    outcome = subprocess.run([ROOT / "run", "riscv64", *arguments, "--exec", "true"],
                             capture_output=True, text=True, timeout=LIMIT)
    assert outcome.returncode == 2 and words in outcome.stderr


def test_image_that_cannot_be_made(tmp_path):
    outcome = subprocess.run([ROOT / "image", "riscv64", "--root-size", "1M"],
                             capture_output=True, text=True, timeout=LIMIT)
    assert outcome.returncode == 2 and "give a size from 4M" in outcome.stderr
    with pytest.raises(image.ImageError, match="mkfs.fat|mcopy|sfdisk"):
        image.make_image(tmp_path / "disk.img", tmp_path / "none", tmp_path / "none")
