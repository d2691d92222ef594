"""Makes the imports of a program that no loader binds (the boot loader program): a stub for each
import, named exactly as objects import it, that jumps through a slot; and the table from which
static_bind() (libsys/static_bind.c) fills the slots."""

from .fingerprint import fingerprint, import_name
from .libsys import ARCHITECTURES

TABLE_HEAD = "What static_bind() binds, in the order of the slots."
STUBS_HEAD = "Stubs of the imports, for programs that are bound by static_bind()."
SLOT = 8

JUMP = {
    "riscv64": ["    lla t3, static_import_slots + {offset}", "    ld t3, 0(t3)", "    jr t3"],
    "aarch64": ["    adrp x16, static_import_slots + {offset}",
                "    ldr x16, [x16, :lo12:static_import_slots + {offset}]", "    br x16"],
}


def emit(tables, output):
    output.write_c("static_imports.c", TABLE_HEAD, table(tables))
    for architecture in ARCHITECTURES:
        output.write_c(f"{architecture}/static_imports.S", STUBS_HEAD, stubs(tables, architecture))


def table(tables):
    lines = ['#include "static_bind.h"', "", "const struct static_import static_imports[] = {"]
    for routine in tables.routines:
        version = routine.since.replace(".", ", ")
        lines.append(f'    {{"{routine.name}", {version}, 0x{fingerprint(routine, tables)}}},')
    lines += [f'    {{"{name}", 0, 0, 0}},' for name in tables.compiler["common"]]
    count = len(tables.routines) + len(tables.compiler["common"])
    lines += ["};", "", f"const unsigned static_import_count = {count};"]
    return "\n".join(lines)


def stubs(tables, architecture):
    """Helpers of compilers are weak: a program may have its own."""
    symbols = [("globl", import_name(routine, tables)) for routine in tables.routines]
    symbols += [("weak", name) for name in tables.compiler["common"]]
    lines = ['    .section .text.static_imports, "ax", %progbits', "    .balign 4"]
    for index, (binding, symbol) in enumerate(symbols):
        lines += ["", f'    .{binding} "{symbol}"', f'    .type "{symbol}", %function',
                  f'"{symbol}":']
        lines += [line.format(offset=index * SLOT) for line in JUMP[architecture]]
    lines += ["", '    .section .bss.static_imports, "aw", %nobits', "    .balign 8",
              "    .globl static_import_slots", "    .type static_import_slots, %object",
              "static_import_slots:", f"    .skip {len(symbols) * SLOT}", "",
              '    .section .note.GNU-stack, "", %progbits']
    return "\n".join(lines)
