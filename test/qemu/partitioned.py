"""Partitioned disks for tests, made with sfdisk."""

from harness import image
from harness.machine import SECTOR

MIB = 1 << 20

GPT = """\
label: gpt
start=2048, size=4096, type=U
start=8192, size=6144, type=L
"""

# 1 is primary, 5 and 6 lie in the extended partition 2.
MBR = """\
label: dos
start=2048, size=2048, type=c
start=4096, size=12288, type=5
start=6144, size=2048, type=83
start=10240, size=4096, type=83
"""


def contents(size, seed=0):
    """Every sector tells its number."""
    return b"".join(f"sector {number} of {seed}\n".encode().ljust(SECTOR, b".")
                    for number in range(size // SECTOR))


def make(path, table, size=8 * MIB):
    """A disk full of `contents`, with a table; answers its bytes."""
    path.write_bytes(contents(size))
    image.run("sfdisk", "--quiet", "--no-tell-kernel", "--wipe", "never", str(path), text=table)
    return path.read_bytes()


def part(data, start, count):
    """The bytes of a partition, by its line in the table."""
    return data[start * SECTOR:(start + count) * SECTOR]
