"""A disk that firmware boots from: GPT with a FAT boot partition (extlinux.conf, kernel, boot set)
and a root partition. Made with sfdisk, mkfs.fat and mtools, without privileges."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .places import BUILD

MIB = 1 << 20
SECTOR = 512
START = 1 * MIB  # of the first partition, as partitioning tools align
END = 1 * MIB  # kept free for the second copy of the GPT
BOOT_SIZE = 48 * MIB
ROOT_SIZE = 64 * MIB
CONFIGURATION = """\
default sinter
timeout 1
label sinter
    menu label Sinter
    kernel /{kernel}
    initrd /{boot_set}
"""
# sfdisk's shorthands: U is the EFI system partition, L a Linux file system. LegacyBIOSBootable is
# the attribute by which U-Boot's distro boot knows what to look into.
TABLE = """\
label: gpt
start={boot_start}, size={boot_size}, type=U, name=boot, attrs=LegacyBIOSBootable
start={root_start}, size={root_size}, type=L, name=root
"""


class ImageError(Exception):
    """A tool failed; the text is the command and what it said."""


def run(*command, text=None):
    """Debian keeps partitioning tools out of the path of users."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(command, input=text, text=True, capture_output=True,
                          env={**os.environ, "PATH": path, "MTOOLS_SKIP_CHECK": "1"})
    if done.returncode != 0:
        raise ImageError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def make_fat(image, start, size, label):
    """FAT16 or FAT32, as mkfs.fat finds right for the size."""
    run("mkfs.fat", "-S", str(SECTOR), "-n", label, "--invariant",
        "--offset", str(start // SECTOR), str(image), str(size // 1024))


def copy_in(image, start, source, name):
    """A file into the FAT file system at byte `start`."""
    run("mcopy", "-i", f"{image}@@{start}", str(source), f"::{name}")


def make_folder(image, start, name):
    run("mmd", "-i", f"{image}@@{start}", f"::{name}")


def fill_boot(image, kernel, boot_set, work):
    configuration = work / "extlinux.conf"
    configuration.write_text(CONFIGURATION.format(kernel=kernel.name, boot_set=boot_set.name))
    make_folder(image, START, "extlinux")
    copy_in(image, START, configuration, "extlinux/extlinux.conf")
    copy_in(image, START, kernel, kernel.name)
    copy_in(image, START, boot_set, boot_set.name)


def fill_root(image, start, work):
    about = work / "about.txt"
    about.write_text("The root partition of a Sinter disk: yours to write.\n")
    copy_in(image, start, about, "about.txt")


def place(architecture):
    """Where the image of an architecture is made, unless another place is named."""
    return BUILD / f"sinter-{architecture}.img"


def refresh(path, kernel, boot_set):
    """A disk with this kernel and boot set: made, or its boot partition renewed."""
    if path.exists():
        renew_boot(path, kernel, boot_set)
    else:
        make_image(path, kernel, boot_set)


def renew_boot(image, kernel, boot_set):
    """Makes the boot partition of a disk anew; what the root partition holds stays."""
    with tempfile.TemporaryDirectory() as folder:
        make_fat(image, START, BOOT_SIZE, "BOOT")
        fill_boot(image, kernel, boot_set, Path(folder))


def make_image(path, kernel, boot_set, root_size=ROOT_SIZE):
    """Writes the disk to `path`, replacing what is there only when all has gone well."""
    root_start = START + BOOT_SIZE
    table = TABLE.format(boot_start=START // SECTOR, boot_size=BOOT_SIZE // SECTOR,
                         root_start=root_start // SECTOR, root_size=root_size // SECTOR)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        image = Path(folder) / path.name
        with image.open("wb") as file:
            file.truncate(root_start + root_size + END)
        run("sfdisk", "--quiet", "--no-tell-kernel", str(image), text=table)
        make_fat(image, START, BOOT_SIZE, "BOOT")
        make_fat(image, root_start, root_size, "ROOT")
        fill_boot(image, kernel, boot_set, Path(folder))
        fill_root(image, root_start, Path(folder))
        shutil.move(image, path)
