"""Makes rust/sinter.rs: constants, structures and imports for servers written in Rust, which
include it as a module. It needs nothing but `core`."""

import re

from .fingerprint import fingerprint, split_prototype
from .output import NOTICE
from .protocol import METHOD_SHIFT, constant

HEAD = f"""\
// The system interface, for Rust: what sinter/abi.h and sinter/system.h are for C.
// {NOTICE}

pub type Handle = u64; // 0 is no handle
pub type Status = i32; // a STATUS_ constant"""

SCALARS = {
    "u8": "u8", "char": "u8", "u16": "u16", "u32": "u32", "u64": "u64", "i64": "i64",
    "handle": "Handle",
    "uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64", "int64_t": "i64",
    "size_t": "usize", "status_t": "Status", "handle_t": "Handle", "void": "u8",
}
C_TYPE = re.compile(r"(const )?(struct )?(\w+) ?(\*?)$")
C_PARAMETER = re.compile(r"(.*?)(\w+)$")


def emit(tables, output):
    parts = [HEAD, statuses(tables), *constants(tables), *methods(tables)]
    parts += [structure(struct) for struct in tables.structs.values()]
    parts.append('extern "C" {')
    parts += [imported(routine, tables) for routine in tables.routines]
    parts.append("}")
    output.write("rust/sinter.rs", "\n".join(parts) + "\n")


def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def rust_type(text):
    const, struct, name, pointer = C_TYPE.match(text.strip()).groups()
    plain = camel(name) if struct else SCALARS[name]
    return f"*{'const' if const else 'mut'} {plain}" if pointer else plain


def number(name, value):
    return f"pub const {name}: {'u32' if value < 1 << 32 else 'u64'} = {value:#x};"


def statuses(tables):
    return "\n".join(f"pub const STATUS_{name}: Status = {value};"
                     for name, value in tables.status_numbers.items())


def constants(tables):
    groups = tables.constants + [group for protocol in tables.protocols
                                 for group in protocol.constants]
    return ["\n".join(number(f"{group.prefix}_{name}", value)
                      for name, value in group.values.items()) for group in groups]


def methods(tables):
    return [number(constant(protocol, method), protocol.number << METHOD_SHIFT | method.number)
            for protocol in tables.protocols for method in protocol.methods]


def structure(struct):
    lines = [f"#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {camel(struct.name)} {{"]
    for field in struct.fields:
        kind = (camel(field.type.removeprefix("struct ")) if field.type.startswith("struct ")
                else SCALARS[field.type])
        whole = f"[{kind}; {field.count}]" if field.count else kind
        lines.append(f"    pub {field.name}: {whole},")
    lines.append("}")
    lines.append(f"const _: () = assert!(core::mem::size_of::<{camel(struct.name)}>() == "
                 f"{struct.size});")
    return "\n".join(lines)


def imported(routine, tables):
    result, name, parameters = split_prototype(routine.prototype)
    mark = f"{name}@{routine.version}.{fingerprint(routine, tables)}"
    pairs = [C_PARAMETER.match(parameter).groups() for parameter in parameters]
    arguments = ", ".join(f"r#{argument}: {rust_type(kind)}" for kind, argument in pairs)
    answer = "!" if routine.noreturn else rust_type(result) if result.strip() != "void" else "()"
    return f'    #[link_name = "{mark}"]\n    pub fn {name}({arguments}) -> {answer};'
