"""Checks a linked libsys.so: nothing to write, nothing to relocate, file offset equal to address,
nothing undefined, and a table of exports that agrees with the tables and with the symbols."""

import struct

from .fingerprint import fingerprint
from .libsys import ARCHITECTURES, compiler_names
from .types import TableError

MACHINES = {243: "riscv64", 183: "aarch64"}
PT_LOAD, PT_DYNAMIC, PF_W = 1, 2, 2
SHT_RELA, SHT_REL, SHT_DYNSYM = 4, 9, 11
SHF_ALLOC = 2
TABLE = struct.Struct("<IHHHHIIIII")
ENTRY = struct.Struct("<IHHII")
EXPORTS_OFFSET = 0x200


class Image:
    def __init__(self, path):
        self.path = path
        self.data = path.read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise TableError(f"{path}: not a little-endian ELF64 file")
        self.machine, = struct.unpack_from("<H", self.data, 18)
        segments, sections = struct.unpack_from("<QQ", self.data, 32)
        counts = struct.unpack_from("<HHHH", self.data, 54)
        self.segments = [struct.unpack_from("<IIQQQQQQ", self.data, segments + i * counts[0])
                         for i in range(counts[1])]
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.data, sections + i * counts[2])
                         for i in range(counts[3])]

    def text(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    def dynamic_symbols(self):
        """Name and (section index, value) of each symbol but the first."""
        section = next(s for s in self.sections if s[1] == SHT_DYNSYM)
        strings = self.sections[section[6]][4]
        symbols = {}
        for offset in range(section[4] + 24, section[4] + section[5], 24):
            name, _, _, index, value, _ = struct.unpack_from("<IBBHQQ", self.data, offset)
            symbols[self.text(strings + name)] = (index, value)
        return symbols


def check(tables, path):
    image = Image(path)
    problems = layout_problems(image) + export_problems(tables, image)
    if problems:
        raise TableError(f"{path}: " + "; ".join(problems))


def layout_problems(image):
    problems = []
    for kind, flags, offset, address, _, file_size, memory_size, _ in image.segments:
        if kind == PT_LOAD and flags & PF_W:
            problems.append(f"the segment at {address:#x} is writable")
        if kind == PT_LOAD and (offset != address or file_size != memory_size):
            problems.append(f"the segment at {address:#x} is not in the file as it is in memory")
    for section in image.sections:
        if section[1] in (SHT_RELA, SHT_REL) and section[2] & SHF_ALLOC and section[5]:
            problems.append(f"{section[5]} bytes of dynamic relocations")
    problems += [f"`{name}` is undefined" for name, (index, _) in image.dynamic_symbols().items()
                 if index == 0]
    return problems


def expected_exports(tables, architecture):
    wanted = {name: (0, 0, 0) for name in compiler_names(tables, architecture)}
    for routine in tables.routines:
        major, minor = (int(part) for part in routine.since.split("."))
        wanted[routine.name] = (major, minor, int(fingerprint(routine, tables), 16))
    return wanted


def export_problems(tables, image):
    architecture = MACHINES.get(image.machine)
    if architecture not in ARCHITECTURES:
        return [f"unknown machine {image.machine}"]
    header = TABLE.unpack_from(image.data, EXPORTS_OFFSET)
    if header[0] != 0x50584553:
        return [f"no table of exports at {EXPORTS_OFFSET:#x}"]
    wanted, symbols = expected_exports(tables, architecture), image.dynamic_symbols()
    problems = []
    for i in range(header[5]):
        name, major, minor, mark, address = ENTRY.unpack_from(
            image.data, EXPORTS_OFFSET + TABLE.size + i * ENTRY.size)
        text = image.text(EXPORTS_OFFSET + header[6] + name)
        if wanted.pop(text, None) != (major, minor, mark):
            problems.append(f"the export `{text}` is not that of the tables")
        if symbols.get(text, (0, None))[1] != address:
            problems.append(f"the export `{text}` has another address than its symbol")
    return problems + [f"`{name}` is not exported" for name in wanted]
