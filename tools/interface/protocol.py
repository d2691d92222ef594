"""Makes for each protocol sinter/protocol/NAME.h (constants, client stubs, the server's table of
operations) and protocol/NAME_server.c (dispatch with its checks, deferred answers).

Order of parameters, of a stub and of an operation: what is called; data in; words in; handles in;
the lent buffer (stubs only); words out; data out; handles out."""

from .abi import constant_group
from .text import WIDTH, comment, declaration, paragraphs

LEASE_FLAGS = {"read": "LEASE_READ", "write": "LEASE_WRITE", "both": "LEASE_READ | LEASE_WRITE"}
METHOD_SHIFT = 16

CLIENT_RULES = """\
/* Client: words are written when the server answered, data and handles when it answered OK; a null
 * pointer leaves a word out. What port_call() can answer, each of these can. */"""

SERVER_RULES = """\
Server: a null pointer answers BAD_METHOD. An operation owns the handles that came in. Handles that
it gives out travel when it answers OK, and are closed afterwards unless it clears
call->close_after. Data in is a copy that lasts until the operation returns. An operation that took
the call away with call_defer() answers later, with {name}_METHOD_answer()."""

ANSWER_RULES = """\
Answers to deferred calls; handles stay the caller's. The reply object is then free:
server_reply_done()."""


def emit(tables, output):
    for protocol in tables.protocols:
        name = protocol.name
        output.write_header(f"sinter/protocol/{name}.h",
                            f"The protocol {name}, version {protocol.version}: {protocol.doc}",
                            header(protocol))
        output.write_c(f"protocol/{name}_server.c",
                       f"The server's side of the protocol {name}.", server(protocol))


def constant(protocol, method):
    return f"{protocol.name}_METHOD_{method.name}".upper()


def header(protocol):
    upper = protocol.name.upper()
    numbers = [f"#define PROTOCOL_{upper} {protocol.number}",
               f"#define PROTOCOL_{upper}_VERSION {protocol.version_number:#x}"]
    numbers += [f"#define {constant(protocol, method)} "
                f"{protocol.number << METHOD_SHIFT | method.number:#x}"
                for method in protocol.methods]
    parts = ["#include <sinter/message.h>", "\n".join(numbers)]
    parts += [constant_group(group) for group in protocol.constants]
    parts.append('#ifdef __cplusplus\nextern "C" {\n#endif')
    parts += [CLIENT_RULES, negotiation(protocol)]
    for method in protocol.methods:
        parts += client(protocol, method)
    parts += [operations(protocol), answers(protocol), registration(protocol)]
    parts.append("#ifdef __cplusplus\n}\n#endif")
    return "\n\n".join(parts)


def negotiation(protocol):
    upper = protocol.name.upper()
    return "\n".join([
        "/* protocol_negotiate() for this protocol, offering the version of this header. */",
        f"SINTER_MUST_CHECK static inline status_t {protocol.name}_negotiate("
        "handle_t endpoint, uint32_t *version)", "{",
        f"    return protocol_negotiate(endpoint, PROTOCOL_{upper}, PROTOCOL_{upper}_VERSION, "
        "version);", "}"])


def documentation(method):
    parts = [method.doc]
    if method.lease:
        access = {"read": "reads", "write": "writes", "both": "reads and writes"}[method.lease]
        parts.append([f"The server {access} the lent buffer."])
    if method.errors:
        parts.append([f"Errors: {', '.join(method.errors)}."])
    return paragraphs(parts)


def input_params(method):
    params = []
    if method.data_in:
        params += [f"const void *{method.data_in}", f"size_t {method.data_in}_length"]
    params += [f"{param.c_type} {param.name}" for param in method.inputs]
    return params + [f"handle_t {name}" for name in method.handles_in]


def output_params(method):
    params = [f"{param.c_type} *{param.name}" for param in method.outputs]
    if method.data_out:
        params += [f"void *{method.data_out}", f"size_t {method.data_out}_capacity",
                   f"size_t *{method.data_out}_length"]
    return params + [f"handle_t *{name}" for name in method.handles_out]


def call_line(line):
    """Breaks a statement that is too long for a line after commas."""
    if len(line) <= WIDTH:
        return line
    head, _, rest = line.partition("(")
    return declaration(head, rest.removesuffix(");").split(", ")).replace("\n    ", "\n        ")


def client(protocol, method):
    """The stub; for a method that lends, one with a lease and one with a buffer of this task."""
    name = f"{protocol.name}_{method.name}"
    lease = ["const struct lease *lease"] if method.lease else []
    params = ["handle_t endpoint", *input_params(method), *lease, *output_params(method)]
    suffix = "_lease" if method.lease else ""
    head = declaration(f"SINTER_MUST_CHECK static inline status_t {name}{suffix}", params, end="")
    first = comment("The same with a lease of any kind (struct lease).") if lease else ""
    stub = "\n".join([head, "{", *stub_body(protocol, method), "}"])
    if not lease:
        return [f"{documentation(method)}\n{stub}"]
    return [f"{first}\n{stub}", f"{documentation(method)}\n{buffer_stub(name, method)}"]


def stub_body(protocol, method):
    length = f"{method.data_in}_length" if method.data_in else ""
    tag = ", ".join([constant(protocol, method), f"(uint32_t){length}" if length else "0",
                     str(len(method.handles_in)), "1" if method.lease else "0"])
    lines = ["    struct message message;"]
    uses_page = (method.data_in or method.data_out or method.handles_in or method.handles_out
                 or method.lease)
    if uses_page:
        lines.append("    struct message_page *page = message_page();")
    lines.append("    status_t status;")
    if length:
        lines += [f"    if ({length} > LIMIT_MESSAGE_DATA) {{", "        return STATUS_TOO_LARGE;",
                  "    }", f"    message_put_data(page, {method.data_in}, {length});"]
    lines.append(f"    message_begin(&message, message_tag({tag}));")
    lines += [f"    message.words[{i}] = (uint64_t){p.name};" for i, p in enumerate(method.inputs)]
    lines += [f"    page->handles[{i}] = {name};" for i, name in enumerate(method.handles_in)]
    if method.lease:
        lines.append("    page->leases[0] = *lease;")
    if method.handles_out:
        lines.append(f"    page->accept = {len(method.handles_out)};")
    lines.append("    status = port_call(endpoint, &message);")
    lines += ["    if (status != STATUS_OK) {"]
    lines += ["        page->accept = 0;"] if method.handles_out else []
    lines += ["        return status;", "    }"]
    return lines + stub_results(method)


def stub_results(method):
    lines = []
    for i, param in enumerate(method.outputs):
        lines += [f"    if ({param.name} != NULL) {{",
                  f"        *{param.name} = ({param.c_type})message.words[{i}];", "    }"]
    if not method.handles_out and not method.data_out:
        return lines + ["    return message_end(&message);"]
    if method.handles_out:
        count = len(method.handles_out)
        lines += [f"    status = message_take_handles(page, message.tag, {count});",
                  "    if (status == STATUS_OK) {"]
        lines += [f"        *{name} = page->handles[{i}];"
                  for i, name in enumerate(method.handles_out)]
        lines.append("    }")
    else:
        lines.append("    status = tag_status(message.tag);")
    if method.data_out:
        take = (f"        status = message_take_data(page, message.tag, {method.data_out}, "
                f"{method.data_out}_capacity, {method.data_out}_length);")
        lines += ["    if (status == STATUS_OK) {",
                  call_line(take).replace("\n        ", "\n            "), "    }"]
    return lines + ["    return tag_status(message.tag) == STATUS_OK ? status : "
                    "message_end(&message);"]


def buffer_stub(name, method):
    const = "const " if method.lease == "read" else ""
    params = ["handle_t endpoint", *input_params(method), f"{const}void *buffer",
              "size_t buffer_length", *output_params(method)]
    arguments = [param.split()[-1].lstrip("*") for param in params]
    at = arguments.index("buffer")
    arguments[at:at + 2] = ["&lease"]
    return "\n".join([
        declaration(f"SINTER_MUST_CHECK static inline status_t {name}", params, end=""), "{",
        "    struct lease lease;", "    lease.source = 0;",
        "    lease.address = (uint64_t)(uintptr_t)buffer;", "    lease.length = buffer_length;",
        f"    lease.flags = {LEASE_FLAGS[method.lease]};", "    lease.index = 0;",
        call_line(f"    return {name}_lease({', '.join(arguments)});"), "}"])


def operation_params(method):
    params = ["struct call *call"]
    if method.data_in:
        params += [f"const uint8_t *{method.data_in}", f"size_t {method.data_in}_length"]
    params += [f"{param.c_type} {param.name}" for param in method.inputs]
    params += [f"handle_t {name}" for name in method.handles_in]
    return params + [param.replace("void *", "uint8_t *") for param in output_params(method)]


def operations(protocol):
    name = protocol.name
    lines = [comment(SERVER_RULES.format(name=name)), f"struct {name}_operations {{"]
    for method in protocol.methods:
        text = declaration(f"    status_t (*{method.name})", operation_params(method))
        lines.append(text.replace("\n    ", "\n        "))
    lines.append("};")
    head = declaration(f"status_t {name}_dispatch",
                       [f"const struct {name}_operations *operations", "struct call *call"])
    return "\n".join(lines) + "\n\n" + head


def answer_params(method):
    params = ["handle_t reply", "status_t status"]
    params += [f"{param.c_type} {param.name}" for param in method.outputs]
    if method.data_out:
        params += [f"const void *{method.data_out}", f"size_t {method.data_out}_length"]
    return params + [f"handle_t {name}" for name in method.handles_out]


def answers(protocol):
    lines = [comment(ANSWER_RULES)]
    for method in protocol.methods:
        lines.append(declaration(
            f"SINTER_MUST_CHECK status_t {protocol.name}_{method.name}_answer",
            answer_params(method)))
    return "\n".join(lines)


def registration(protocol):
    name = protocol.name
    return "\n".join([
        "/* For server_add(). */",
        f"status_t {name}_serve(const void *operations, struct call *call);", "",
        f"static inline struct server_protocol {name}_protocol("
        f"const struct {name}_operations *operations)", "{",
        "    struct server_protocol protocol;",
        f"    protocol.number = PROTOCOL_{name.upper()};",
        f"    protocol.version = PROTOCOL_{name.upper()}_VERSION;",
        f"    protocol.serve = {name}_serve;",
        "    protocol.operations = operations;", "    return protocol;", "}"])


def server(protocol):
    name = protocol.name
    parts = [f"#include <sinter/protocol/{name}.h>\n\n#include \"server.h\""]
    parts += [serve_method(protocol, method) for method in protocol.methods]
    parts.append(dispatcher(protocol))
    parts += [answer(protocol, method) for method in protocol.methods]
    return "\n\n".join(parts)


def serve_method(protocol, method):
    """Checks what came against the method, runs the operation, puts its results in the answer."""
    head = declaration(f"static status_t serve_{method.name}",
                       [f"const struct {protocol.name}_operations *operations",
                        "struct call *call"], end="")
    lines = [head, "{",
             f"    if (operations->{method.name} == NULL) {{", "        return STATUS_BAD_METHOD;",
             "    }"]
    arguments = ["call"]
    if method.data_in:
        arguments += ["call->data", "call->data_length"]
    arguments += [f"({p.c_type})call->in.words[{i}]" for i, p in enumerate(method.inputs)]
    arguments += [f"call->handles[{i}]" for i in range(len(method.handles_in))]
    arguments += [f"&{param.name}" for param in method.outputs]
    lines += [f"    {param.c_type} {param.name} = 0;" for param in method.outputs]
    if method.data_out:
        lines.append(f"    size_t {method.data_out}_length = 0;")
        arguments += ["call->answer_data", "sizeof(call->answer_data)",
                      f"&{method.data_out}_length"]
    lines += [f"    handle_t {name} = 0;" for name in method.handles_out]
    arguments += [f"&{name}" for name in method.handles_out]
    flags = LEASE_FLAGS.get(method.lease, "0")
    lines += [f"    status_t status = call_check(call, {'true' if method.data_in else 'false'}, "
              f"{len(method.handles_in)}, {flags});",
              "    if (status != STATUS_OK) {", "        return status;", "    }",
              call_line(f"    status = operations->{method.name}({', '.join(arguments)});")]
    lines += [f"    call->answer.words[{i}] = (uint64_t){param.name};"
              for i, param in enumerate(method.outputs)]
    if method.data_out:
        lines.append(f"    call->answer_length = {method.data_out}_length;")
    lines += [f"    call->answer_handles[{i}] = {name};"
              for i, name in enumerate(method.handles_out)]
    if method.handles_out:
        lines.append(f"    call->answer_handle_count = {len(method.handles_out)};")
    return "\n".join(lines + ["    return status;", "}"])


def dispatcher(protocol):
    name = protocol.name
    lines = [f"status_t {name}_dispatch(const struct {name}_operations *operations, "
             "struct call *call)", "{", "    switch (tag_method(call->in.tag)) {"]
    for method in protocol.methods:
        lines += [f"    case {constant(protocol, method)}:",
                  f"        return serve_{method.name}(operations, call);"]
    lines += ["    default:", "        return STATUS_BAD_METHOD;", "    }", "}", "",
              f"status_t {name}_serve(const void *operations, struct call *call)", "{",
              f"    return {name}_dispatch(operations, call);", "}"]
    return "\n".join(lines)


def answer(protocol, method):
    head = declaration(f"status_t {protocol.name}_{method.name}_answer", answer_params(method),
                       end="")
    lines = [head, "{", "    struct message message;"]
    if method.data_out or method.handles_out:
        lines.append("    struct message_page *page = message_page();")
    length = "0"
    if method.data_out:
        length = f"(uint32_t){method.data_out}_length"
        lines += [f"    if ({method.data_out}_length > LIMIT_MESSAGE_DATA) {{",
                  "        return STATUS_TOO_LARGE;", "    }",
                  f"    message_put_data(page, {method.data_out}, {method.data_out}_length);"]
    count = "0"
    if method.handles_out:
        count = f"status == STATUS_OK ? {len(method.handles_out)} : 0"
        lines += [f"    page->handles[{i}] = {name};"
                  for i, name in enumerate(method.handles_out)]
    tag = f"message_tag((uint32_t)status, {length}, {count}, 0)"
    lines.append(f"    message_begin(&message, {tag});")
    lines += [f"    message.words[{i}] = (uint64_t){param.name};"
              for i, param in enumerate(method.outputs)]
    return "\n".join(lines + ["    return port_reply(reply, &message);", "}"])
