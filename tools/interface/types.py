"""Types of the tables ("u32", "struct lease", "char name[24]") and their layout, which is the
same on every target: little-endian, natural alignment, no padding that is not written down."""

import re
from dataclasses import dataclass, field

SCALARS = {  # table type: (C type, size in bytes)
    "u8": ("uint8_t", 1), "char": ("char", 1), "u16": ("uint16_t", 2), "u32": ("uint32_t", 4),
    "u64": ("uint64_t", 8), "i64": ("int64_t", 8), "handle": ("handle_t", 8),
}
DECLARATION = re.compile(r"^(struct \w+|\w+) (\w+)(?:\[(\d+)\])?$")


class TableError(Exception):
    """The tables contradict themselves, or the committed list; the text says where and what."""


@dataclass
class Param:
    """One argument or result of a call or method."""
    type: str
    name: str

    @property
    def c_type(self):
        return SCALARS[self.type][0]


@dataclass
class Field:
    type: str
    name: str
    count: int | None
    offset: int = 0
    size: int = 0

    @property
    def c_type(self):
        return SCALARS[self.type][0] if self.type in SCALARS else self.type


@dataclass
class Struct:
    name: str
    doc: str
    fields: list
    size: int = 0
    alignment: int = 1
    used: list = field(default_factory=list)  # names of the structures inside


def split_declaration(text, where):
    match = DECLARATION.match(text)
    if not match:
        raise TableError(f"{where}: `{text}` is not of the form `type name` or `type name[count]`")
    return match.groups()


def parse_param(text, where):
    kind, name, count = split_declaration(text, where)
    if kind not in ("u32", "u64", "i64", "handle") or count:
        raise TableError(f"{where}: `{text}`: registers carry u32, u64, i64 and handle only")
    return Param(kind, name)


def parse_struct(entry, known):
    """Lays a structure out; refuses one into which a compiler would put padding."""
    where = f"struct {entry['name']}"
    result = Struct(entry["name"], entry["doc"].strip(), [])
    for text in entry["fields"]:
        kind, name, count = split_declaration(text, where)
        item = Field(kind, name, int(count) if count else None, result.size)
        size, alignment = element_layout(kind, known, where)
        if result.size % alignment:
            raise TableError(f"{where}: padding before `{name}`: write the padding down as a field")
        if kind not in SCALARS:
            result.used.append(kind.removeprefix("struct "))
        item.size = size * (item.count or 1)
        result.size += item.size
        result.alignment = max(result.alignment, alignment)
        result.fields.append(item)
    if result.size % result.alignment:
        raise TableError(f"{where}: padding at its end: write it down as a field")
    return result


def element_layout(kind, known, where):
    if kind in SCALARS:
        return SCALARS[kind][1], SCALARS[kind][1]
    name = kind.removeprefix("struct ")
    if name not in known:
        raise TableError(f"{where}: unknown type `{kind}` (structures come before their use)")
    return known[name].size, known[name].alignment
