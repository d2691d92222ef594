"""What the tools read of ELF files of 64 bits, little-endian. A damaged one raises struct.error,
IndexError or ValueError."""

import struct
from typing import NamedTuple

IDENTIFICATION = b"\x7fELF\x02\x01"
ET_REL = 1
EM_AARCH64, EM_RISCV = 183, 243
PT_LOAD = 1
PF_W = 2
SHT_SYMTAB, SHT_RELA, SHT_NOBITS, SHT_REL, SHT_DYNSYM = 2, 4, 8, 9, 11
SHF_ALLOC = 2
SHN_UNDEF, SHN_LORESERVE = 0, 0xff00
STB_LOCAL = 0
STT_GNU_IFUNC = 10

HEADER = struct.Struct("<16x 2H I 3Q I 6H")
SEGMENT = struct.Struct("<2I 6Q")
SECTION = struct.Struct("<2I 4Q 2I 2Q")
SYMBOL = struct.Struct("<I 2B H 2Q")
RELA = struct.Struct("<QIIq") # offset, type, symbol, addend
SIZE_OFFSET = 32 # of sh_size in a section header


class Segment(NamedTuple):
    type: int
    flags: int
    offset: int
    address: int
    physical: int
    file_size: int
    memory_size: int
    alignment: int


class Section(NamedTuple):
    header: int # where in the file it stands
    name_offset: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


class Symbol(NamedTuple):
    name: str
    binding: int
    section: int
    value: int


class File:
    def __init__(self, data):
        if not data.startswith(IDENTIFICATION):
            raise ValueError("not a little-endian ELF64 file")
        (self.type, self.machine, _, _, segments, sections, _, _, _, segment_count, _,
         section_count, self.names) = HEADER.unpack_from(data)
        self.data = data
        self.segments = [Segment(*SEGMENT.unpack_from(data, segments + i * SEGMENT.size))
                         for i in range(segment_count)]
        places = [sections + i * SECTION.size for i in range(section_count)]
        self.sections = [Section(at, *SECTION.unpack_from(data, at)) for at in places]

    def text(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    def name(self, section):
        return self.text(self.sections[self.names].offset + section.name_offset)

    def symbols(self, kind):
        """All but the first of the first table of that SHT_ type."""
        table = next((section for section in self.sections if section.type == kind), None)
        if table is None:
            raise ValueError(f"no table of symbols of type {kind}")
        strings = self.sections[table.link].offset
        for at in range(table.offset + SYMBOL.size, table.offset + table.size, SYMBOL.size):
            name, info, _, section, value, _ = SYMBOL.unpack_from(self.data, at)
            yield Symbol(self.text(strings + name), info >> 4, section, value)
