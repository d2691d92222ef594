"""Fingerprints: eight hex digits over a prototype and every structure it reaches. Names of
parameters do not count, and neither do texts, rights, or constants."""

import hashlib
import re

from .types import TableError

PROTOTYPE = re.compile(r"^(.*?[ *])(\w+)\((.*)\)$")
PARAMETER = re.compile(r"^(.*?[ *])(\w+)$")
STRUCT = re.compile(r"struct (\w+)")


def canonical_prototype(prototype):
    """`uint64_t *` for `uint64_t *count`, one space between words, none around the stars."""
    result, name, params = split_prototype(prototype)
    kinds = [squeeze(PARAMETER.match(param).group(1)) for param in params]
    return f"{squeeze(result)} {name}({','.join(kinds) or 'void'})"


def split_prototype(prototype):
    match = PROTOTYPE.match(prototype)
    if not match:
        raise TableError(f"`{prototype}` is not a prototype")
    result, name, params = match.groups()
    return result, name, [] if params == "void" else [p.strip() for p in params.split(",")]


def squeeze(text):
    return re.sub(r"\s*\*\s*", "*", " ".join(text.split()))


def reached_structs(prototype, tables):
    """Names of the structures of a prototype and of those inside them, sorted."""
    waiting = STRUCT.findall(prototype)
    reached = set()
    while waiting:
        name = waiting.pop()
        if name not in tables.structs:
            raise TableError(f"`{prototype}`: unknown struct {name}")
        if name not in reached:
            reached.add(name)
            waiting += tables.structs[name].used
    return sorted(reached)


def canonical_struct(struct):
    fields = [f"{item.type} {item.name}[{item.count or 1}]@{item.offset}" for item in struct.fields]
    return f"struct {struct.name}{{{';'.join(fields)}}}={struct.size}"


def fingerprint(routine, tables):
    parts = [canonical_prototype(routine.prototype)]
    parts += [canonical_struct(tables.structs[name])
              for name in reached_structs(routine.prototype, tables)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def import_name(routine, tables):
    return f"{routine.name}@{routine.version}.{fingerprint(routine, tables)}"
