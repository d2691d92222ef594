"""Makes what libsys.so is built from: prototypes for its own code, stubs of the system calls,
texts of the statuses, the version script, and the export table of each architecture."""

from .fingerprint import fingerprint
from .system import highest_version
from .text import declaration

ARCHITECTURES = ("riscv64", "aarch64")
REGISTERS = 10
RELEASE = "0.1"

PROTOTYPES_HEAD = "The exported functions by their plain names, for the code of libsys itself."
STUBS_HEAD = "Stubs of the system calls that need nothing but registers."
EXPORTS_HEAD = "The table of exports that the loader binds objects by (sinter/object.h)."

UNKNOWN = "unknown status (newer than this libsys)"


def emit(tables, output):
    output.write_header("libsys_exports.h", PROTOTYPES_HEAD, prototypes(tables))
    output.write_c("libsys_stubs.c", STUBS_HEAD, stubs(tables))
    output.write_c("libsys_status.c", "The texts of the statuses.", status_texts(tables))
    for name in ARCHITECTURES:
        output.write(f"{name}/libsys.map", version_script(tables, name))
        output.write_c(f"{name}/libsys_exports.S", EXPORTS_HEAD, export_table(tables, name))


def compiler_names(tables, architecture):
    """Helpers that compilers call by plain name on this architecture."""
    table = tables.compiler
    names = list(table["common"])
    extra = table.get(architecture, {})
    for operation, sizes in extra.get("operations", {}).items():
        names += [f"{extra['prefix']}{operation}{size}_{order}"
                  for size in sizes for order in extra["orders"]]
    return names


def prototypes(tables):
    lines = ["#include <sinter/abi.h>\n",
             '#define EXPORT __attribute__((visibility("default")))\n']
    lines += [f"EXPORT {routine.prototype};" for routine in tables.routines]
    return "\n".join(lines)


def stubs(tables):
    head = '#include "call.h"\n#include "libsys_calls.h"\n#include "libsys_exports.h"'
    return "\n\n".join([head] + [stub(call) for call in tables.calls if not call.custom])


def stub(call):
    lines = [declaration(call.prototype.split("(")[0],
                         call.prototype.partition("(")[2].removesuffix(")").split(", "), end=""),
             "{", "    SYSTEM_REGISTERS;"]
    lines += [f"    r{i} = (uint64_t){param.name};" for i, param in enumerate(call.inputs)]
    lines.append(f"    r8 = SYSTEM_CALL_{call.name};")
    loaded = set(range(len(call.inputs))) | {8}
    operands = [f'"{"+" if i in loaded else "="}r"(r{i})' for i in range(REGISTERS)]
    lines.append("    __asm__ volatile(SYSTEM_TRAP\n                     : "
                 + ", ".join(operands[:5]) + ",\n                       "
                 + ", ".join(operands[5:]) + "\n                     :\n"
                 "                     : SYSTEM_CLOBBERS);")
    if call.noreturn:
        return "\n".join(lines + ["    for (;;) {", "    }", "}"])
    for i, param in enumerate(call.outputs):
        lines += [f"    if ({param.name} != NULL) {{",
                  f"        *{param.name} = ({param.c_type})r{i + 1};", "    }"]
    return "\n".join(lines + ["    return (status_t)(uint32_t)r0;", "}"])


def status_texts(tables):
    lines = ['#include "libsys_exports.h"', "",
             "/* One string after the other: pointers would need relocations. */",
             f"static const char unknown[] = \"{UNKNOWN}\";"]
    offset = 0
    texts, index = [], []
    for error in tables.errors:
        texts.append(f'    "{error["text"]}\\0"')
        index.append(f"    {{STATUS_{error['name']}, {offset}}},")
        offset += len(error["text"].encode()) + 1
    lines += ["static const char texts[] =", "\n".join(texts) + ";",
              "static const struct {", "    uint16_t status;", "    uint16_t offset;",
              "} places[] = {", *index, "};", "",
              "const char *status_text(status_t status)", "{",
              "    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {",
              "        if (places[i].status == status) {",
              "            return &texts[places[i].offset];", "        }", "    }",
              "    return unknown;", "}"]
    return "\n".join(lines)


def version_script(tables, architecture):
    """Each version inherits the one before it; compilers' helpers have none of the interface's."""
    versions = {}
    for routine in tables.routines:
        versions.setdefault(routine.version, []).append(routine.name)
    nodes, before = [], ""
    for version in sorted(versions, key=lambda v: [int(n) for n in v[4:].split(".")]):
        names = sorted(versions[version])
        if not before:
            names.append("sinter_exports")
        body = "".join(f"    {name};\n" for name in names)
        hidden = "" if before else "  local:\n    *;\n"
        nodes.append(f"{version} {{\n  global:\n{body}{hidden}}}{before};\n")
        before = f" {version}"
    helpers = "".join(f"    {name};\n" for name in sorted(compiler_names(tables, architecture)))
    nodes.append(f"COMPILER {{\n  global:\n{helpers}}};\n")
    return "\n".join(nodes)


TABLE_HEAD = """\
#include "libsys_image.h"

/* Offset of a symbol from the base of libsys, without a relocation in the result. */
#define ADDRESS(symbol) .long symbol - libsys_exports_start + EXPORTS_OFFSET

    .section .exports, "a", %progbits
    .balign 8
    .globl libsys_exports_start
    .hidden libsys_exports_start
    .globl sinter_exports
    .type sinter_exports, %object
libsys_exports_start:
sinter_exports:"""

TABLE_TAIL = """\
    .size sinter_exports, . - sinter_exports

    .section .note.GNU-stack, "", %progbits"""


def export_table(tables, architecture):
    routines = {routine.name: routine for routine in tables.routines}
    names = sorted(routines) + sorted(compiler_names(tables, architecture))
    texts = [RELEASE] + names
    places = {}
    for text in texts:
        places[text] = sum(len(before) + 1 for before in places)
    lines = [TABLE_HEAD, *table_header(tables, len(names), sum(len(text) + 1 for text in texts))]
    for name in names:
        version, mark = "0, 0", "0"
        if name in routines:
            version = routines[name].since.replace(".", ", ")
            mark = f"0x{fingerprint(routines[name], tables)}"
        lines += [f"    .long {places[name]}", f"    .short {version}", f"    .long {mark}",
                  f"    ADDRESS({name})"]
    lines.append("strings:")
    lines += [f'    .asciz "{text}"' for text in texts]
    return "\n".join([*lines, TABLE_TAIL])


def table_header(tables, count, strings_bytes):
    major, highest = highest_version(tables)
    return ["    .long 0x50584553 /* SINTER_EXPORTS_MAGIC */",
            "    .short 1 /* SINTER_EXPORTS_FORMAT */",
            f"    .short {major} /* major */",
            f"    .short {lowest_minor(tables)}, {highest} /* lowest, highest minor */",
            f"    .long {count} /* count */", "    .long strings - libsys_exports_start",
            f"    .long {strings_bytes} /* strings_bytes */",
            "    .long 0 /* release: the first string */", "    .long 0 /* reserved */"]


def lowest_minor(tables):
    return min(tuple(int(part) for part in routine.since.split("."))
               for routine in tables.routines)[1]
