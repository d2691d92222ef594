"""Reads the tables into one model and checks what later steps rely on: unique names and numbers,
known rights and statuses, as many arguments as there are registers."""

import tomllib
from dataclasses import dataclass, field

from .types import Param, Struct, TableError, parse_param, parse_struct

RESULT_REGISTERS = 9  # r0 is the status, r1 to r8 what a call gives back
ARGUMENT_REGISTERS = 8
MESSAGE_WORDS = 6
LEASES = ("", "read", "write", "both")
TAKEN_HANDLES = 2  # as many handles of a call are looked up by its decoder; kern/syscall.h


@dataclass
class Constants:
    name: str
    prefix: str
    doc: str
    values: dict


@dataclass
class Taken:
    """A handle argument that the decoder looks up: the call gets the object."""
    argument: int  # index in the call's inputs
    object: str    # type of the object, in lower case
    own: bool      # 0 names the caller's own
    rights: list


@dataclass
class Routine:
    """A system call (number > 0) or a function of libsys that is none (number 0)."""
    name: str
    since: str
    number: int
    doc: str
    inputs: list = field(default_factory=list)
    outputs: list = field(default_factory=list)
    needs: list = field(default_factory=list)
    errors: dict = field(default_factory=dict)
    custom: bool = False
    noreturn: bool = False
    prototype: str = ""
    takes: list = field(default_factory=list)

    @property
    def version(self):
        return f"SYS_{self.since}"

    @property
    def returns_status(self):
        return self.prototype.startswith("status_t ")


@dataclass
class Method:
    name: str
    number: int
    doc: str
    inputs: list
    outputs: list
    data_in: str
    data_out: str
    handles_in: list
    handles_out: list
    lease: str
    errors: list


@dataclass
class Protocol:
    name: str
    number: int
    version: str
    doc: str
    constants: list
    methods: list

    @property
    def version_number(self):
        """As it travels: major << 16 | minor."""
        major, minor = (int(part) for part in self.version.split("."))
        return major << 16 | minor


@dataclass
class Tables:
    constants: list
    structs: dict
    errors: list
    calls: list
    functions: list
    protocols: list
    compiler: dict

    @property
    def routines(self):
        return self.calls + self.functions

    @property
    def status_numbers(self):
        return {error["name"]: error["number"] for error in self.errors}


def load_tables(folder):
    types = read_toml(folder / "types.toml")
    calls = read_toml(folder / "calls.toml")
    structs: dict[str, Struct] = {}
    for entry in types["struct"]:
        structs[entry["name"]] = parse_struct(entry, structs)
    tables = Tables(
        constants=[parse_constants(entry) for entry in types["constant_group"]],
        structs=structs,
        errors=read_toml(folder / "errors.toml")["error"],
        calls=[parse_call(entry, n + 1) for n, entry in enumerate(calls["call"])],
        functions=[parse_function(entry) for entry in calls.get("function", [])],
        protocols=sorted(
            (parse_protocol(read_toml(path)) for path in (folder / "protocols").glob("*.toml")),
            key=lambda protocol: protocol.number),
        compiler=read_toml(folder / "compiler.toml"),
    )
    check_tables(tables)
    return tables


def read_toml(path):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TableError(f"{path}: {error}") from error


def parse_constants(entry):
    return Constants(entry["name"], entry["prefix"], entry["doc"].strip(), entry["values"])


def parse_call(entry, number):
    name = entry["name"]
    call = Routine(
        name, entry["since"], number, entry["doc"].strip(),
        [parse_param(text, name) for text in entry.get("in", [])],
        [parse_param(text, name) for text in entry.get("out", [])],
        entry.get("needs", []), entry.get("errors", {}),
        entry.get("custom", False), entry.get("noreturn", False), entry.get("prototype", ""))
    if len(call.inputs) > ARGUMENT_REGISTERS or len(call.outputs) >= RESULT_REGISTERS:
        raise TableError(f"{name}: more arguments or results than registers")
    call.takes = parse_takes(call, entry.get("takes", []))
    if not call.custom:
        call.prototype = plain_prototype(call)
    return call


def parse_takes(call, words):
    """`takes` names for each handle argument the object wanted, "own " before it where 0 is the
    caller's; "" where the call looks the handle up by itself."""
    handles = [index for index, param in enumerate(call.inputs) if param.type == "handle"]
    rights = [*call.needs, *[""] * len(handles)]
    taken = [Taken(index, word.removeprefix("own "), word.startswith("own "), need.split())
             for index, word, need in zip(handles, words, rights) if word]
    if len(words) > len(handles) or len(taken) > TAKEN_HANDLES:
        raise TableError(f"{call.name}: takes more than its handles, or than {TAKEN_HANDLES}")
    return taken


def plain_prototype(call):
    params = [f"{p.c_type} {p.name}" for p in call.inputs]
    params += [f"{p.c_type} *{p.name}" for p in call.outputs]
    result = "void" if call.noreturn else "status_t"
    return f"{result} {call.name}({', '.join(params) or 'void'})"


def parse_function(entry):
    return Routine(entry["name"], entry["since"], 0, entry["doc"].strip(),
                   prototype=entry["prototype"])


def parse_protocol(table):
    head = table["protocol"]
    methods = [parse_method(entry, head["name"]) for entry in table.get("method", [])]
    return Protocol(head["name"], head["number"], head["version"], head["doc"].strip(),
                    [parse_constants(group) for group in table.get("constant_group", [])], methods)


def parse_method(entry, protocol):
    where = f"{protocol}.{entry['name']}"
    method = Method(
        entry["name"], entry["number"], entry["doc"].strip(),
        [parse_param(text, where) for text in entry.get("in", [])],
        [parse_param(text, where) for text in entry.get("out", [])],
        entry.get("data_in", ""), entry.get("data_out", ""),
        entry.get("handles_in", []), entry.get("handles_out", []),
        entry.get("lease", ""), entry.get("errors", []))
    if not 0 < method.number < 1 << 16:
        raise TableError(f"{where}: method numbers are 1 to 65535; 0 is `negotiate`")
    if max(len(method.inputs), len(method.outputs)) > MESSAGE_WORDS:
        raise TableError(f"{where}: a message has {MESSAGE_WORDS} words")
    if max(len(method.handles_in), len(method.handles_out)) > 4:
        raise TableError(f"{where}: a message carries four handles")
    if method.lease not in LEASES:
        raise TableError(f"{where}: lease is `read`, `write` or `both`, not `{method.lease}`")
    if any(param.type == "handle" for param in method.inputs + method.outputs):
        raise TableError(f"{where}: handles travel in handles_in and handles_out, not in words")
    return method


def check_unique(what, keys):
    seen = set()
    for key in keys:
        if key in seen:
            raise TableError(f"{what} `{key}` is there twice")
        seen.add(key)


def check_tables(tables):
    check_unique("error", [error["name"] for error in tables.errors])
    check_unique("error number", [error["number"] for error in tables.errors])
    check_unique("call", [routine.name for routine in tables.routines])
    check_unique("protocol number", [protocol.number for protocol in tables.protocols])
    groups = tables.constants + [g for p in tables.protocols for g in p.constants]
    check_unique("constant", [f"{g.prefix}_{value}" for g in groups for value in g.values])
    rights = next(group.values for group in tables.constants if group.name == "right")
    objects = next(group.values for group in tables.constants if group.name == "object_type")
    for call in tables.calls:
        check_names(call.name, "right", " ".join(call.needs).split(), rights)
        check_names(call.name, "object", [taken.object.upper() for taken in call.takes], objects)
        check_names(call.name, "status", call.errors, tables.status_numbers)
    for protocol in tables.protocols:
        check_unique(f"{protocol.name}: method", [m.number for m in protocol.methods])
        check_unique(f"{protocol.name}: method", [m.name for m in protocol.methods])
        for method in protocol.methods:
            where = f"{protocol.name}.{method.name}"
            check_names(where, "status", method.errors, tables.status_numbers)


def check_names(where, what, names, known):
    for name in names:
        if name not in known:
            raise TableError(f"{where}: unknown {what} `{name}`")


__all__ = ["Param", "TableError", "load_tables"]
