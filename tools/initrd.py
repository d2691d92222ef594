#!/usr/bin/python3
"""Makes the boot set: a newc cpio archive that holds each given FILE as boot/NAME.

    initrd.py --output boot.cpio FILE ...
    initrd.py --base boot.cpio --output other.cpio FILE ...

With --strip OBJCOPY objects lose their debug sections on the way, but not the names of functions,
and what of their relocations need not wait for the loader is settled (settle.py).
With --base the members of an archive made before come first; a FILE of the same name takes the
place of its member. File data begins at multiples of 4 KiB, so that it can be mapped in place:
members named `.pad`, to be ignored, fill the gaps. The same input gives the same bytes.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from settle import settled

MAGIC = b"070701"
HEADER_SIZE = 110
FIELDS = 13
FIELD_MODE, FIELD_SIZE, FIELD_NAME_SIZE = 1, 6, 11
ALIGNMENT = 4
PAGE = 4096
FOLDER_MODE = 0o040755
FILE_MODE = 0o100644
PAD_NAME = ".pad"
TRAILER_NAME = "TRAILER!!!"
FOLDER = "boot"

# Marks of code and data; compilers' labels; and what is found by its section.
MARKS = "$[dx]*"
NAMELESS = (".L*", MARKS, "sinter_meta_*", "sinter_shape_*")
UNREAD = (".comment", ".llvm_addrsig", ".note.GNU-stack", ".eh_frame", ".rela.eh_frame")


class ArchiveError(Exception):
    pass


def round_up(value, unit):
    return (value + unit - 1) // unit * unit


def data_offset(position, name):
    """Where the data of a member begins whose header stands at `position`."""
    return round_up(position + HEADER_SIZE + len(name.encode()) + 1, ALIGNMENT)


class Archive:
    def __init__(self):
        self.bytes = bytearray()
        self.members = 0

    def add(self, name, data, mode=FILE_MODE):
        self.members += 1
        fields = [self.members, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name.encode()) + 1, 0]
        self.bytes += MAGIC + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        self.align()
        self.bytes += data
        self.align()

    def align(self):
        self.bytes += bytes(-len(self.bytes) % ALIGNMENT)

    def add_on_page(self, name, data):
        start = len(self.bytes)
        if data and data_offset(start, name) % PAGE:
            shortest = data_offset(data_offset(start, PAD_NAME), name)
            self.add(PAD_NAME, bytes(round_up(shortest, PAGE) - shortest))
        self.add(name, data)

    def finish(self):
        self.add(TRAILER_NAME, b"", mode=0)
        return bytes(self.bytes)


def make_archive(files):
    """`files`: name under boot/ -> bytes."""
    archive = Archive()
    archive.add(FOLDER, b"", FOLDER_MODE)
    for name, data in files.items():
        archive.add_on_page(f"{FOLDER}/{name}", data)
    return archive.finish()


def read_archive(data):
    """The files under boot/ of an archive that make_archive() made."""
    files = {}
    position = 0
    while True:
        header = data[position:position + HEADER_SIZE]
        if len(header) < HEADER_SIZE or not header.startswith(MAGIC):
            raise ArchiveError(f"no newc header at byte {position}")
        fields = [int(header[6 + 8 * i:14 + 8 * i], 16) for i in range(FIELDS)]
        name_start = position + HEADER_SIZE
        name = data[name_start:name_start + fields[FIELD_NAME_SIZE] - 1].decode()
        if name == TRAILER_NAME:
            return files
        start = data_offset(position, name)
        end = start + fields[FIELD_SIZE]
        if end > len(data):
            raise ArchiveError(f"{name} is cut off")
        if fields[FIELD_MODE] == FILE_MODE and name != PAD_NAME:
            files[name.removeprefix(f"{FOLDER}/")] = data[start:end]
        position = round_up(end, ALIGNMENT)


def strip(path, objcopy, stderr=None):
    """The object as the loader needs it: what is left are names of functions, for reports of
    crashes, and symbols that relocations refer to. LLVM's tool holds an Arm mark to be needed
    always, unless it is told otherwise."""
    command = [objcopy, "--strip-debug", "--wildcard",
               *([f"--strip-symbol={MARKS}"] if "llvm" in Path(objcopy).name else []),
               *(f"--strip-unneeded-symbol={name}" for name in NAMELESS),
               *(f"--remove-section={name}" for name in UNREAD)]
    with tempfile.NamedTemporaryFile(suffix=".o") as file:
        Path(file.name).write_bytes(settled(path.read_bytes()))
        subprocess.run([*command, file.name], check=True, stderr=stderr)
        return Path(file.name).read_bytes()


def collect(base, paths, objcopy=None):
    files = read_archive(base.read_bytes()) if base else {}
    for path in paths:
        is_object = objcopy and path.suffix == ".o"
        files[path.name] = strip(path, objcopy) if is_object else path.read_bytes()
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--base", type=Path, help="archive to begin with")
    parser.add_argument("--strip", metavar="OBJCOPY", help="removes debug sections of objects")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    try:
        files = collect(options.base, options.files, options.strip)
        options.output.write_bytes(make_archive(files))
    except (ArchiveError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"initrd.py: {error}")


if __name__ == "__main__":
    main()
