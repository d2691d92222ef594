"""How large the kernel is, for its budget: lines of its sources as cloc counts them, and bytes of
text of a build. Interrupt controllers have a budget of their own; generated code has none."""

import re
import struct

from .places import ROOT

SOURCES = (".c", ".h", ".S")
CONTROLLERS = {"irqchip.c", "irqchip.h", "gic.h", "gic2.c", "gic3.c"}
COMMENT = re.compile(r"\"(?:\\.|[^\"\\])*\"|/\*.*?\*/|//[^\n]*", re.DOTALL)
SYMBOL = struct.Struct("<IBBHQQ")  # Elf64_Sym
SECTION = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr
SECTION_TABLE = struct.Struct("<Q10xHHH")  # from e_shoff on in Elf64_Ehdr
E_SHOFF = 40
SHT_SYMTAB = 2


def code_lines(text):
    """Lines with something other than blanks and comments."""
    bare = COMMENT.sub(lambda match: match.group() if match.group()[0] == '"'
                       else "\n" * match.group().count("\n"), text)
    return sum(1 for line in bare.splitlines() if line.strip())


def count_lines():
    """Lines of the kernel proper and of its interrupt controllers, both architectures together."""
    counts = {"kernel": 0, "controllers": 0}
    for path in (ROOT / "kern").rglob("*"):
        if path.suffix in SOURCES:
            part = "controllers" if path.name in CONTROLLERS else "kernel"
            counts[part] += code_lines(path.read_text(encoding="utf-8"))
    return counts


def symbol_entries(elf):
    """(name, whether it is defined, value) of every global symbol of a 64-bit little-endian ELF."""
    data = elf.read_bytes()
    offset, size, count, _ = SECTION_TABLE.unpack_from(data, E_SHOFF)
    sections = [SECTION.unpack_from(data, offset + i * size) for i in range(count)]
    table = next(section for section in sections if section[1] == SHT_SYMTAB)
    names = sections[table[6]][4]
    first = table[4] + table[7] * SYMBOL.size # local ones come before
    for at in range(first, table[4] + table[5], SYMBOL.size):
        name, _, _, section, value, _ = SYMBOL.unpack_from(data, at)
        start = names + name
        yield data[start:data.index(b"\0", start)].decode(), section != 0, value


def read_symbols(elf):
    """Name -> value."""
    return {name: value for name, _, value in symbol_entries(elf)}


def text_bytes(elf):
    """All code in the image, from its first byte to the padding at the end of the text."""
    symbols = read_symbols(elf)
    return symbols["__text_used"] - symbols["__text_start"]
