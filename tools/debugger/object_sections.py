"""Relocatable objects of the host, made ready for gdb: pure, used by service.py and by tests."""

import struct

HEADER = struct.Struct("<16x 2H I 3Q I 6H")
SECTION = struct.Struct("<2I 4Q 2I 2Q")
SIZE_OFFSET = 32 # of sh_size in a section header
SHT_RELA = 4
SHF_ALLOC = 2
UNLOADED = (".sinter.meta", ".sinter.shape") # read by the loader and not kept in memory


class Section:
    def __init__(self, data, at):
        self.at = at
        (self.name_offset, self.type, self.flags, _, self.offset, self.size, _, self.info, _,
         _) = SECTION.unpack_from(data, at)
        self.name = ""


def sections_of(data):
    """Of an ELF64 file, little-endian."""
    fields = HEADER.unpack_from(data)
    offset, count, names = fields[5], fields[11], fields[12]
    sections = [Section(data, offset + i * SECTION.size) for i in range(count)]
    strings = sections[names].offset
    for section in sections:
        start = strings + section.name_offset
        section.name = data[start:data.index(b"\0", start)].decode()
    return sections


def differences(data, placed):
    """What tells an object from the one of which (name, address, size) are given; "": nothing."""
    here = {section.name: section.size for section in sections_of(data)
            if section.flags & SHF_ALLOC and section.name not in UNLOADED}
    for name, _, size in placed:
        if name not in here:
            return f"it has no {name}"
        if here[name] != size:
            return f"its {name} has {here[name]} bytes, not {size}"
    return ""


def without_code_relocations(data):
    """The object with the relocations of its debugging information only: what it imports is not
    there when it is linked for gdb, nor needed."""
    result = bytearray(data)
    sections = sections_of(data)
    for section in sections:
        if section.type == SHT_RELA and sections[section.info].flags & SHF_ALLOC:
            result[section.at + SIZE_OFFSET:section.at + SIZE_OFFSET + 8] = bytes(8)
    return bytes(result)


def link_script(placed):
    """For ld: lays an object's sections where they lie in memory."""
    lines = [f'    "{name}" {address:#x} : {{ *("{name}") }}'
             for name, address, _ in sorted(placed, key=lambda section: section[1])]
    lines.append("    /DISCARD/ : { *(.sinter.*) *(.eh_frame) *(.note*) }")
    return "\n".join(["SECTIONS", "{", *lines, "}", ""])
