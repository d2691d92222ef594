"""Rows of ./check --bench: what calls of xv6 cost its programs.

`measure` of test/xv6 does one of them again and again, from a disk with a file system of xv6, and
says where it begins and ends by calling two functions, at which breakpoints count. It has done it
once before: that warms up.
"""

import subprocess

from . import xv6_image
from .build import Variant
from .console import ConsoleError
from .counted import CountedMachine
from .places import BUILD, LOGS
from .xv6_programs import xv6_programs

SECONDS = 300
PROGRAM = "/xv6/measure"
SET_UP = ("svc start xv6fs args /dev/disk0", "svc mount /xv6 xv6fs", "svc start xv6")
TIMES = {"getpid": 10000, "pipe": 1000, "fork": 100, "exec": 50, "open": 500}
MARKS = ("count_begins", "count_ends")


def make_disk(variant, program):
    path = BUILD / f"bench-xv6-{variant.name}.img"
    path.write_bytes(xv6_image.make({"measure": program.read_bytes()}))
    return path


def addresses(program, names):
    """Of functions of a program, in the order of their names."""
    listing = subprocess.run(["nm", "--format=posix", program], check=True, capture_output=True,
                             text=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    values = {row[0]: int(row[2], 16) for row in rows if len(row) > 2}
    return [values[name] for name in names]


def run(console, command):
    output, status = console.run(command, SECONDS)
    if status != 0:
        raise ConsoleError(f"`{command}` ended with status {status}{console.where()}:\n{output}")


def measure(variant: Variant):
    """row -> count."""
    program = xv6_programs(variant)["measure"]
    marks = addresses(program, MARKS)
    counts = {}
    with CountedMachine(variant.architecture, variant.kernel, variant.boot_set,
                        LOGS / f"bench-xv6-{variant.name}.log",
                        [make_disk(variant, program)]) as console:
        console.go()
        console.wait_prompt(SECONDS)
        for command in SET_UP:
            run(console, command)
        for operation, times in TIMES.items():
            command = f"{PROGRAM} {operation} {times} {PROGRAM}"
            _, _, start, end = console.run_between(command, 2 * marks)
            console.wait_prompt(SECONDS)
            counts[f"xv6_{operation}"] = (end - start) // times
    return counts
