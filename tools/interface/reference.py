"""Makes the reference pages: calls, errors, structures and constants, and one page a protocol."""

from .fingerprint import import_name
from .output import NOTICE

TYPE_NAMES = {"handle": "handle_t", "u32": "uint32_t", "u64": "uint64_t", "i64": "int64_t"}


def emit(tables, output):
    write(output, "calls", "System calls and functions", calls(tables))
    write(output, "errors", "Statuses", errors(tables))
    write(output, "structures", "Structures and constants", structures(tables))
    for protocol in tables.protocols:
        write(output, f"protocol-{protocol.name}", f"Protocol {protocol.name}", methods(protocol))


def write(output, name, title, lines):
    output.write(f"reference/{name}.md",
                 f"<!-- {NOTICE} -->\n\n# {title}\n\n" + "\n".join(lines).rstrip() + "\n")


def row(*cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def table(*heads):
    return [row(*heads), row(*["---"] * len(heads))]


def calls(tables):
    lines = ["Every handle argument can answer BAD_HANDLE, GONE, WRONG_TYPE and NO_RIGHT. Declared"
             " in `sinter/system.h`.", ""]
    for routine in tables.routines:
        lines += [f"## {routine.name}", "", "```c", f"{routine.prototype};", "```", "",
                  f"`{import_name(routine, tables)}`", "", routine.doc, ""]
        rights = [need for need in routine.needs if need]
        if rights:
            lines += [f"Rights: {', '.join(f'RIGHT_{need}' for need in rights)}.", ""]
        if routine.errors:
            lines += [*table("status", "when"),
                      *[row(name, reason) for name, reason in routine.errors.items()], ""]
    return lines


def errors(tables):
    lines = table("number", "name", "text")
    return lines + [row(e["number"], f"STATUS_{e['name']}", e["text"]) for e in tables.errors]


def constants(group):
    lines = [f"## {group.prefix}_", "", group.doc, "", *table("name", "value")]
    return lines + [row(f"{group.prefix}_{name}", f"{value:#x}")
                    for name, value in group.values.items()] + [""]


def structures(tables):
    lines = []
    for struct in tables.structs.values():
        lines += [f"## struct {struct.name}", "", struct.doc, "", f"{struct.size} bytes.", "",
                  *table("offset", "type", "member")]
        for item in struct.fields:
            count = f"[{item.count}]" if item.count else ""
            lines.append(row(item.offset, item.c_type, item.name + count))
        lines.append("")
    for group in tables.constants:
        lines += constants(group)
    return lines


def methods(protocol):
    lines = [f"{protocol.doc} Number {protocol.number}, version {protocol.version}; declared in"
             f" `sinter/protocol/{protocol.name}.h`. Method 0 is `negotiate`, as in every protocol:"
             " word 0 is the version offered (major << 16 | minor) and, in the answer, the version"
             " agreed on. Errors: VERSION_MISMATCH (word 0 is the server's version), BAD_METHOD.",
             ""]
    for group in protocol.constants:
        lines += constants(group)
    for method in protocol.methods:
        lines += [f"## {method.name} ({method.number})", "", method.doc, "",
                  *table("direction", "what"), *method_rows(method), ""]
        if method.errors:
            lines += [f"Errors: {', '.join(method.errors)}.", ""]
    return lines


def method_rows(method):
    rows = []
    for direction, params in (("in", method.inputs), ("out", method.outputs)):
        rows += [row(direction, f"word {i}: {TYPE_NAMES[param.type]} {param.name}")
                 for i, param in enumerate(params)]
    for direction, name in (("in", method.data_in), ("out", method.data_out)):
        rows += [row(direction, f"data: {name}")] if name else []
    for direction, names in (("in", method.handles_in), ("out", method.handles_out)):
        rows += [row(direction, f"handle {i}: {name}") for i, name in enumerate(names)]
    if method.lease:
        access = method.lease.replace("both", "read and write")
        rows.append(row("lent", f"a buffer, for the server to {access}"))
    return rows
