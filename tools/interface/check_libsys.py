"""Checks a linked libsys.so: nothing to write, nothing to relocate, file offset equal to address,
nothing undefined, and a table of exports that agrees with the tables and with the symbols."""

import struct

from elf64 import (EM_AARCH64, EM_RISCV, File, PF_W, PT_LOAD, SHF_ALLOC, SHN_UNDEF,
                   SHT_DYNSYM, SHT_REL, SHT_RELA)

from .fingerprint import fingerprint
from .libsys import ARCHITECTURES, compiler_names
from .types import TableError

MACHINES = {EM_RISCV: "riscv64", EM_AARCH64: "aarch64"}
TABLE = struct.Struct("<IHHHHIIIII")
ENTRY = struct.Struct("<IHHII")
EXPORTS_OFFSET = 0x200


def dynamic_symbols(image):
    """By their names."""
    return {symbol.name: symbol for symbol in image.symbols(SHT_DYNSYM)}


def check(tables, path):
    try:
        image = File(path.read_bytes())
    except ValueError as error:
        raise TableError(f"{path}: {error}") from error
    problems = layout_problems(image) + export_problems(tables, image)
    if problems:
        raise TableError(f"{path}: " + "; ".join(problems))


def layout_problems(image):
    problems = []
    for segment in image.segments:
        where = f"the segment at {segment.address:#x}"
        if segment.type == PT_LOAD and segment.flags & PF_W:
            problems.append(f"{where} is writable")
        if segment.type == PT_LOAD and (segment.offset != segment.address
                                        or segment.file_size != segment.memory_size):
            problems.append(f"{where} is not in the file as it is in memory")
    for section in image.sections:
        if section.type in (SHT_RELA, SHT_REL) and section.flags & SHF_ALLOC and section.size:
            problems.append(f"{section.size} bytes of dynamic relocations")
    problems += [f"`{symbol.name}` is undefined" for symbol in image.symbols(SHT_DYNSYM)
                 if symbol.section == SHN_UNDEF]
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
    wanted, symbols = expected_exports(tables, architecture), dynamic_symbols(image)
    problems = []
    for i in range(header[5]):
        name, major, minor, mark, address = ENTRY.unpack_from(
            image.data, EXPORTS_OFFSET + TABLE.size + i * ENTRY.size)
        text = image.text(EXPORTS_OFFSET + header[6] + name)
        if wanted.pop(text, None) != (major, minor, mark):
            problems.append(f"the export `{text}` is not that of the tables")
        if text not in symbols or symbols[text].value != address:
            problems.append(f"the export `{text}` has another address than its symbol")
    return problems + [f"`{name}` is not exported" for name in wanted]
