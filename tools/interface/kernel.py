"""Makes the kernel's side: kern_calls.h (prototypes) and kern_dispatch.c (decode and results),
and libsys_calls.h, the numbers that kernel and libsys share with nobody."""

from .text import comment, declaration

CALLS_HEAD = """\
The kernel's side of every system call. Results are zero unless set; they reach the caller with
 * an error too. A call that blocks answers STATUS_BLOCKED and sets the results in the frame when it
 * ends. Calls that take the frame write all results themselves; what they answer is ignored."""
DISPATCH_HEAD = "Decodes system calls: arguments from the frame, results into it."
NUMBERS_HEAD = "Numbers of the system calls, between kernel and libsys; each release has its own."

DISPATCHER = """\
/* The call number is checked here; everything else is checked by the calls. */
void syscall_dispatch(struct frame *frame)
{
    uint64_t number = frame_call_number(frame);
    if (number >= SYSTEM_CALL_COUNT || calls[number] == NULL) {
        uint64_t nothing[RESULT_COUNT] = {0};
        write_results(frame, STATUS_BAD_CALL, nothing);
        return;
    }
    calls[number](frame);
}"""

RESULTS = """\
#define RESULT_COUNT 8 /* result registers after the status */

static void write_results(struct frame *frame, status_t status, const uint64_t *results)
{
    frame_set_result(frame, 0, (uint32_t)status);
    for (unsigned i = 0; i < RESULT_COUNT; i++) {
        frame_set_result(frame, i + 1, results[i]);
    }
}

static void finish(struct frame *frame, status_t status, const uint64_t *results)
{
    if (status != STATUS_BLOCKED) {
        write_results(frame, status, results);
    }
}"""


def emit(tables, output):
    numbers = [f"#define SYSTEM_CALL_{call.name} {call.number}" for call in tables.calls]
    numbers.append(f"#define SYSTEM_CALL_COUNT {len(tables.calls) + 1} /* numbers start at 1 */")
    output.write_header("libsys_calls.h", NUMBERS_HEAD, "\n".join(numbers))
    body = "#include <sinter/abi.h>\n\nstruct frame;\n\n"
    body += "\n\n".join(f"{comment(call.doc)}\n{prototype(call)}" for call in tables.calls)
    output.write_header("kern_calls.h", CALLS_HEAD, body)
    output.write_c("kern_dispatch.c", DISPATCH_HEAD, dispatch(tables))


def prototype(call):
    if call.custom:
        return f"status_t sys_{call.name}(struct frame *frame);"
    params = [f"{p.c_type} {p.name}" for p in call.inputs]
    params += [f"{p.c_type} *{p.name}" for p in call.outputs]
    result = "void" if call.noreturn else "status_t"
    return declaration(f"{result} sys_{call.name}", params)


def dispatch(tables):
    parts = ["#include <arch/frame.h>\n#include <kern/syscall.h>\n\n"
             "#include \"kern_calls.h\"\n#include \"libsys_calls.h\"", RESULTS]
    parts += [decoder(call) for call in tables.calls]
    table = ["static void (*const calls[SYSTEM_CALL_COUNT])(struct frame *frame) = {"]
    table += [f"    [SYSTEM_CALL_{call.name}] = decode_{call.name}," for call in tables.calls]
    parts.append("\n".join(table + ["};"]))
    parts.append(DISPATCHER)
    return "\n\n".join(parts)


def decoder(call):
    if call.custom:
        return (f"static void decode_{call.name}(struct frame *frame)\n{{\n"
                f"    (void)sys_{call.name}(frame);\n}}")
    arguments = [argument(param, index) for index, param in enumerate(call.inputs)]
    lines = [f"static void decode_{call.name}(struct frame *frame)", "{"]
    if call.noreturn:
        lines += [] if call.inputs else ["    (void)frame;"]
        invoke = declaration(f"    sys_{call.name}", arguments).replace("(void);", "();")
        return "\n".join([*lines, invoke, "}"])
    lines.append("    uint64_t results[RESULT_COUNT] = {0};")
    after = []
    for index, param in enumerate(call.outputs):
        if param.type in ("u64", "handle"):
            arguments.append(f"&results[{index}]")
        else:
            lines.append(f"    {param.c_type} {param.name} = 0;")
            arguments.append(f"&{param.name}")
            after.append(f"    results[{index}] = (uint64_t){param.name};")
    invoke = declaration(f"    status_t status = sys_{call.name}", arguments)
    lines.append(invoke.replace("(void);", "();").replace("\n    ", "\n        "))
    return "\n".join(lines + after + ["    finish(frame, status, results);", "}"])


def argument(param, index):
    cast = {"u32": "(uint32_t)", "i64": "(int64_t)"}.get(param.type, "")
    return f"{cast}frame_argument(frame, {index})"
