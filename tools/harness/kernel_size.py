"""How large the kernel is, for its budget: lines of its sources as cloc counts them, and bytes of
text of a build. Interrupt controllers have a budget of their own; generated code has none."""

import re

from elf64 import File, SHN_UNDEF, SHT_SYMTAB, STB_LOCAL

from .places import ROOT

SOURCES = (".c", ".h", ".S")
CONTROLLERS = {"irqchip.c", "irqchip.h", "gic.h", "gic2.c", "gic3.c"}
COMMENT = re.compile(r"\"(?:\\.|[^\"\\])*\"|/\*.*?\*/|//[^\n]*", re.DOTALL)


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
    for symbol in File(elf.read_bytes()).symbols(SHT_SYMTAB):
        if symbol.binding != STB_LOCAL:
            yield symbol.name, symbol.section != SHN_UNDEF, symbol.value


def read_symbols(elf):
    """Name -> value."""
    return {name: value for name, _, value in symbol_entries(elf)}


def text_bytes(elf):
    """All code in the image, from its first byte to the padding at the end of the text."""
    symbols = read_symbols(elf)
    return symbols["__text_used"] - symbols["__text_start"]
