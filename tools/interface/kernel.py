"""Makes the kernel's side: kern_calls.h (prototypes) and kern_dispatch.c (decode and results),
and libsys_calls.h, the numbers that kernel and libsys share with nobody."""

from .text import comment, declaration

CALLS_HEAD = """\
The kernel's side of every system call. Results are zero unless set; they reach the caller with
 * an error too. A call that blocks answers STATUS_BLOCKED and sets the results in the frame when it
 * ends. Calls that take the frame write all results themselves; what they answer is ignored."""
DISPATCH_HEAD = "Decodes system calls: arguments from the frame; see kern/syscall.h."
MACHINE = "machine"  # there is one: its calls check the right and are not given the object
NUMBERS_HEAD = "Numbers of the system calls, between kernel and libsys; each release has its own."

INCLUDES = """\
#include <arch/frame.h>
#include <kern/syscall.h>

#include "kern_calls.h"
#include "libsys_calls.h"

"""


def emit(tables, output):
    numbers = [f"#define SYSTEM_CALL_{call.name} {call.number}" for call in tables.calls]
    numbers.append(f"#define SYSTEM_CALL_COUNT {len(tables.calls) + 1} /* numbers start at 1 */")
    output.write_header("libsys_calls.h", NUMBERS_HEAD, "\n".join(numbers))
    objects = sorted({entry.object for call in tables.calls for entry in call.takes} - {MACHINE})
    body = "#include <sinter/abi.h>\n\nstruct frame;\n"
    body += "\n".join(f"struct {name};" for name in objects) + "\n\n"
    body += "\n\n".join(f"{comment(call.doc)}\n{prototype(call)}" for call in tables.calls)
    output.write_header("kern_calls.h", CALLS_HEAD, body)
    output.write_c("kern_dispatch.c", DISPATCH_HEAD, dispatch(tables))


def prototype(call):
    if call.custom:
        return f"status_t sys_{call.name}(struct frame *frame);"
    taken = {entry.argument: entry for entry in call.takes}
    params = [f"struct {taken[index].object} *{param.name}" if index in taken
              else f"{param.c_type} {param.name}" for index, param in given(call)]
    params += [f"{p.c_type} *{p.name}" for p in call.outputs]
    result = "void" if call.noreturn else "status_t"
    return declaration(f"{result} sys_{call.name}", params)


def given(call):
    """The inputs that reach the call, with their index."""
    machine = [entry.argument for entry in call.takes if entry.object == MACHINE]
    return [(index, param) for index, param in enumerate(call.inputs) if index not in machine]


def dispatch(tables):
    parts = [INCLUDES.strip(), *[decoder(call) for call in tables.calls]]
    table = ["const struct syscall syscalls[SYSTEM_CALL_COUNT] = {",
             "    [0] = {.whole = syscall_bad},"]
    for call in tables.calls:
        fields = ["." + ("whole" if is_whole(call) else "decode") + f" = {function(call)}"]
        fields += [f".takes[{index}] = {taken(entry)}" for index, entry in enumerate(call.takes)]
        table.append(f"    [SYSTEM_CALL_{call.name}] = {{{(','+chr(10)+8*' ').join(fields)}}},")
    return "\n\n".join([part for part in parts if part] + ["\n".join(table + ["};"])])


def is_whole(call):
    """Calls that look their handles up by themselves are the frequent ones: no tables for them."""
    by_itself = any(param.type == "handle" for param in call.inputs) and not call.takes
    return call.custom or by_itself


def function(call):
    return f"sys_{call.name}" if call.custom else f"decode_{call.name}"


def taken(entry):
    rights = " | ".join(f"(uint32_t)RIGHT_{right}" for right in entry.rights) or "0"
    return (f"{{OBJECT_{entry.object.upper()}, {entry.argument}, {str(entry.own).lower()}, "
            f"{rights}}}")


def decoder(call):
    if call.custom:
        return ""
    taken_at = {entry.argument: index for index, entry in enumerate(call.takes)}
    arguments = [f"(struct {call.takes[taken_at[index]].object} *)objects[{taken_at[index]}]"
                 if index in taken_at else argument(param, index)
                 for index, param in given(call)]
    before, after = [], []
    for index, param in enumerate(call.outputs):
        if param.type in ("u64", "handle"):
            arguments.append(f"&results[{index}]")
        else:
            before.append(f"    {param.c_type} {param.name} = 0;")
            arguments.append(f"&{param.name}")
            after.append(f"    results[{index}] = (uint64_t){param.name};")
    invoke = declaration(f"sys_{call.name}", arguments).replace("(void);", "();")
    invoke = invoke.replace("\n    ", "\n        ")
    if is_whole(call):
        count = len(call.outputs)
        results = "results" if count else "NULL"
        lines = [f"static status_t decode_{call.name}(struct frame *frame)\n{{",
                 *([f"    uint64_t results[{count}] = {{0}};"] if count else []), *before,
                 f"    status_t status = {invoke}", *after, "    if (status != STATUS_BLOCKED) {",
                 f"        syscall_write_results(frame, status, {results}, {count});", "    }",
                 "    return status;"]
        return "\n".join([*lines, "}"])
    unused = [name for name, used in (("frame", "frame_argument" in invoke),
                                      ("objects", "objects[" in invoke),
                                      ("results", call.outputs)) if not used]
    lines = [f"static status_t decode_{call.name}(const struct frame *frame,\n"
             "    struct object *const *objects, uint64_t *results)\n{",
             *[f"    (void){name};" for name in unused], *before]
    if call.noreturn:
        lines += [f"    {invoke}", "    return STATUS_BLOCKED;"]
    elif after:
        lines += [f"    status_t status = {invoke}", *after, "    return status;"]
    else:
        lines.append(f"    return {invoke}")
    return "\n".join([*lines, "}"])


def argument(param, index):
    cast = {"u32": "(uint32_t)", "i64": "(int64_t)"}.get(param.type, "")
    return f"{cast}frame_argument(frame, {index})"
