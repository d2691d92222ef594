"""Checks of what ./run is given, with words that say what would do."""

import argparse
import errno
import os
import re
import subprocess
from pathlib import Path

from .machine import (BUS_LIMIT, MACHINES, UBOOT_MEMORY, board_of, has_buses,
                      is_writable)

CPU_LIMIT = 8 # of the kernel: LIMIT_CPUS
MEMORY_LEAST = 32 << 20
MEMORY_MOST = 126 << 30 # all RAM has to lie below 128 GiB, and begins at 1 or 2 GiB
CARD_LEAST = 1 << 20
ROOT_LEAST = 4 << 20
ROOT_MOST = 32 << 30
SIZE = re.compile(r"(\d{1,9})([KMG]?)", re.IGNORECASE)
SHIFTS = {"": 20, "K": 10, "M": 20, "G": 30}


class Parser(argparse.ArgumentParser):
    """Refuses in one line, without the usage."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help lists the options\n")


def cpu_count(text):
    if not text.isdecimal() or not 1 <= int(text) <= CPU_LIMIT:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number of CPUs from 1 to {CPU_LIMIT}")
    return int(text)


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: give a number of seconds above 0")
    return value


def memory_size(text):
    if not SIZE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: give a size such as 64M or 2G")
    size = size_bytes(text)
    if not MEMORY_LEAST <= size <= MEMORY_MOST:
        raise argparse.ArgumentTypeError(f"{text!r}: Sinter runs with {MEMORY_LEAST >> 20}M to "
                                         f"{MEMORY_MOST >> 30}G")
    return text


def size_bytes(text):
    match = SIZE.fullmatch(text)
    return int(match[1]) << SHIFTS[match[2].upper()]


def image_size(text):
    """Of a partition: FAT needs some MiB, and sfdisk counts whole ones."""
    if not SIZE.fullmatch(text) or not ROOT_LEAST <= size_bytes(text) <= ROOT_MOST:
        raise argparse.ArgumentTypeError(f"{text!r}: give a size from {ROOT_LEAST >> 20}M to "
                                         f"{ROOT_MOST >> 30}G")
    return text


def readable_file(text):
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: is a folder; name a file")
    try:
        path.open("rb").close()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.strerror}") from error
    return path


def folder(text):
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: is no folder")
    if not os.access(path, os.R_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f"{text}: {os.strerror(errno.EACCES)}")
    return path.absolute()


def check_devices(parser, options):
    """Refuses more devices than there are places for, and --share where there is none."""
    if options.share and not has_buses(options.machine):
        parser.error(f"argument --share: {options.machine} has no virtio-mmio; "
                     "virt and xlnx-versal-virt have")
    devices = len(options.disk) + bool(options.share) + bool(options.uboot)
    if devices > BUS_LIMIT:
        parser.error(f"argument --disk: {devices} disks and other devices; these machines take "
                     f"{BUS_LIMIT}")


def check_board(parser, options):
    """Refuses what a board does not have; without --smp it gets as few CPUs as it can have."""
    board = board_of(options.machine)
    if board is None:
        options.smp = options.smp or 1
        return
    options.smp = options.smp or board.cpus[0]
    if options.smp not in board.cpus:
        most = f" to {board.cpus[-1]}" if len(board.cpus) > 1 else ""
        parser.error(f"argument --smp: {options.smp}: {options.machine} has {board.cpus[0]}{most} "
                     "CPUs")
    if len(options.disk) > board.cards:
        parser.error(f"argument --disk: {len(options.disk)} disks: {options.machine} takes "
                     f"{board.cards} SD card{'s' * (board.cards > 1)}")
    for disk in options.disk:
        size = disk.stat().st_size
        if size < CARD_LEAST or size & (size - 1):
            parser.error(f"argument --disk: {disk}: {size} bytes: QEMU takes an SD card whose size "
                         "is a power of two")
        if not is_writable(disk):
            parser.error(f"argument --disk: {disk}: is read-only, which QEMU's SD cards cannot be")


def check_uboot(parser, options):
    """Refuses what U-Boot's own layout of memory, or its board, cannot do."""
    least = UBOOT_MEMORY[options.architecture]
    if options.uboot and options.memory and size_bytes(options.memory) < size_bytes(least):
        parser.error(f"argument --memory: {options.memory}: this U-Boot loads to addresses that "
                     f"need {least}")
    if options.uboot and options.machine.split(",")[0] not in ("", "virt"):
        parser.error(f"argument --uboot: there is a U-Boot for virt only, not {options.machine}")


def known_names(emulator, *arguments):
    """What QEMU lists for `-machine help` or `-cpu help`."""
    listed = subprocess.run([emulator, *arguments], capture_output=True, text=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line and not line.endswith(":")}


def check_emulated(parser, options):
    """Refuses machines and CPUs that QEMU does not know."""
    emulator = f"qemu-system-{options.architecture}"
    machine = options.machine.split(",")[0]
    for option, name, arguments in (
            ("--machine", machine, ["-machine", "help"]),
            ("--cpu", options.cpu.split(",")[0],
             ["-machine", machine or MACHINES[options.architecture], "-cpu", "help"])):
        if name and name not in known_names(emulator, *arguments):
            parser.error(f"argument {option}: QEMU has no {name!r}; "
                         f"`{' '.join([emulator, *arguments])}` lists what it has")
