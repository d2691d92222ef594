"""Checks of what ./run is given, with words that say what would do."""

import argparse
import re
import subprocess
from pathlib import Path

from .machine import MACHINES

CPU_LIMIT = 8 # of the kernel: LIMIT_CPUS
MEMORY_LEAST = 32 << 20
MEMORY_MOST = 126 << 30 # all RAM has to lie below 128 GiB, and begins at 1 or 2 GiB
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
    match = SIZE.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r}: give a size such as 64M or 2G")
    size = int(match[1]) << SHIFTS[match[2].upper()]
    if not MEMORY_LEAST <= size <= MEMORY_MOST:
        raise argparse.ArgumentTypeError(f"{text!r}: Sinter runs with {MEMORY_LEAST >> 20}M to "
                                         f"{MEMORY_MOST >> 30}G")
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
