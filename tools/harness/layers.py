"""What may include and call what. A layer of the kernel is a folder of kern/ with its headers; a
layer, and a folder of the rest of the system, uses only what stands before it in the lists here."""

import re
from pathlib import PurePosixPath

from .places import ROOT

# From the bottom; of each the folder of kern/ and its headers in kern/include/kern.
LAYERS = {
    "base": "list tree",
    "arch": "cpu image lock",
    "log": "console log panic time",
    "memory": "account kernel_map kmem object pages random reap",
    "object": "handle",
    "space": "memory space",
    "thread": "deadline guest sched task thread trace",
    "ipc": "event ipc lease pin port",
    "irq": "irq timer",
    "task": "life",
    "syscall": "machine syscall",
    "boot": "smp",
}
KERNEL = list(LAYERS)
HEADERS = {f"kern/include/kern/{name}.h": layer
           for layer, names in LAYERS.items() for name in names.split()}
SYSTEM = ["kern/base", "libsys", "loader", "drivers", "servers", "abi-servers", "programs",
          "examples"] # the rest, from below

# The two files of what goes up. Entry code is called by the hardware, below everything, and hands
# on what came in; boot, which knows all layers, fills the tables that a lower one reads.
ENTRY_HEADER = "kern/include/arch/entry.h"
TABLES = "boot_upward.c"

SOURCES = ("*.c", "*.h", "*.S")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def source_texts():
    """Path from the root -> text, of every source of the system."""
    folders = ["kern"] + SYSTEM[1:]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
            for folder in folders for pattern in SOURCES for path in (ROOT / folder).rglob(pattern)}


def rank(path):
    """(list, place in it) of a source; a header of the kernel that no layer has: None."""
    parts = PurePosixPath(path).parts
    if parts[0] != "kern":
        return SYSTEM, SYSTEM.index(parts[0])
    if parts[1] != "include":
        return KERNEL, KERNEL.index(parts[1])
    if parts[2] == "kern":
        return (KERNEL, KERNEL.index(HEADERS[path])) if path in HEADERS else None
    return KERNEL, KERNEL.index("arch" if parts[2] == "arch" else "base")


def find_header(includer, quote, name, texts):
    """The source that an #include means; None: the compiler's or a generated one."""
    folder = PurePosixPath(includer).parent
    beside = folder
    for part in PurePosixPath(name).parts[:-1]:
        beside = beside.parent if part == ".." else beside / part
    beside = (beside / PurePosixPath(name).name).as_posix()
    if quote == '"' and beside in texts:
        return beside
    kernel = includer.startswith("kern/")
    fitting = [path for path in texts if path.endswith("/" + name) and
               (kernel or "/" in name or path.startswith(("kern/base/", *SYSTEM[1:])))]
    near = [path for path in fitting if path.split("/")[0:1 + kernel] ==
            includer.split("/")[0:1 + kernel]]
    return min(near or fitting, default=None)


def includes(texts):
    """(file, line number, header as it is written, the source that it means)"""
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            header = match and find_header(path, match[1], match[2], texts)
            if header:
                yield path, number, match[2], header


def complaint(path, header):
    """Why `path` may not include `header`; None: it may."""
    user, used = rank(path), rank(header)
    if used is None or user is None:
        unknown = header if used is None else path
        return f"no layer has {unknown}: name it in tools/harness/layers.py"
    layers, place = user
    if used[0] is not layers:
        used = (layers, 0) if header.startswith("kern/base/") else (layers, len(layers))
    if used[1] > place:
        return (f"{layers[place]} lies below {header}: move what it needs down, or the code that "
                "needs it up")
    private = header.startswith("kern/") and not header.startswith(("kern/include/", "kern/base/"))
    if private and used[1] != place:
        return f"{header} is private to its folder: put what is needed into kern/include/kern"
    return None


def upward_includes(texts):
    complaints = ((path, number, name, complaint(path, header))
                  for path, number, name, header in includes(texts))
    return [f"{path}:{number}: includes {name}, but {why}"
            for path, number, name, why in complaints if why]


def include_cycles(texts):
    """Each as the chain of files, which ends where it began."""
    edges = {}
    for path, _, _, header in includes(texts):
        edges.setdefault(path, []).append(header)
    done, cycles = set(), []

    def visit(path, chain):
        if path in chain:
            cycles.append(" -> ".join(chain[chain.index(path):] + [path]))
        elif path not in done:
            for header in edges.get(path, ()):
                visit(header, chain + [path])
            done.add(path)

    for path in sorted(edges):
        visit(path, [])
    return [f"{cycle}: let one of them declare the struct in place of its include"
            for cycle in cycles]


def object_layer(name):
    """The layer of an object file of the kernel (ipc_call.c.o); None: it is generated."""
    folder = name.split("_")[0]
    return KERNEL.index(folder) if folder in KERNEL else None


def upward_references(objects, entry_header):
    """objects: name of an object file -> (symbol, whether it defines it)."""
    owners = {symbol: name for name, symbols in objects.items()
              for symbol, defined in symbols if defined}
    going_up = set(re.findall(r"\b(\w+)\(", entry_header))
    found = []
    for name, symbols in objects.items():
        for symbol, defined in symbols:
            owner = owners.get(symbol, name)
            layers = object_layer(name), object_layer(owner)
            if (not defined and None not in layers and layers[0] < layers[1] and
                    owner != TABLES + ".o" and symbol not in going_up):
                found.append(f"{name[:-2]} uses {symbol} of {owner[:-2]}, and "
                             f"{KERNEL[layers[0]]} lies below {KERNEL[layers[1]]}: move one of the "
                             f"two, or let kern/boot/upward.c hand it down")
    return found
