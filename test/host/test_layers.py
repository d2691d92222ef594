"""Includes go down the layers (docs/ARCHITECTURE.md) and never round: tools/harness/layers.py."""

import re

import pytest

from harness import layers
from harness.places import ROOT

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def texts():
    return layers.source_texts()


def test_includes_go_down(texts):
    found = layers.upward_includes(texts)
    assert not found, "\n".join(found)


def test_no_include_cycle(texts):
    found = layers.include_cycles(texts)
    assert not found, "\n".join(found)


def test_every_header_has_its_layer(texts):
    """And what the list names is there."""
    there = {path for path in texts if path.startswith("kern/include/kern/")}
    assert there == set(layers.HEADERS)


def test_document_names_the_layers():
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    block = text[text.index("## The kernel's layers"):].split("```")[1]
    assert re.findall(r"^(\w+)", block, re.MULTILINE) == layers.KERNEL[::-1]


@pytest.mark.parametrize(["path", "line", "complaint"], [
    ("kern/memory/pages.c", "#include <kern/port.h>", "memory lies below"),
    ("kern/include/kern/pages.h", "#include <kern/thread.h>", "memory lies below"),
    ("kern/arch/riscv64/clock.c", "#include <kern/log.h>", "arch lies below"),
    ("kern/thread/sched.c", '#include "../ipc/deliver.h"', "thread lies below"),
    ("kern/syscall/ports.c", '#include "../ipc/deliver.h"', "private to its folder"),
    ("kern/ipc/call.c", "#include <kern/unheard_of.h>", "no layer has"),
    ("loader/core/exports.c", '#include "script.h"', "loader lies below servers/"),
    ("drivers/char/fifo/fifo.c", "#include <kern/port.h>", "drivers lies below kern/"),
])
def test_upward_is_noticed(texts, path, line, complaint):
    """The line at the end of a real file that has no fault without it."""
    lines = texts[path].splitlines() + [line]
    more = {path: "\n".join(lines), "kern/include/kern/unheard_of.h": ""}
    found = layers.upward_includes({**texts, **more})
    assert len(found) == 1 and found[0].startswith(f"{path}:{len(lines)}: "), found
    assert complaint in found[0]


def test_cycle_is_noticed(texts):
    tree = "kern/include/kern/tree.h"
    thread = texts["kern/include/kern/thread.h"]
    assert "#include <kern/tree.h>" in thread
    found = layers.include_cycles({**texts, tree: texts[tree] + "#include <kern/thread.h>\n"})
    assert len(found) == 1 and tree in found[0] and "kern/include/kern/thread.h" in found[0], found


def test_upward_reference_is_noticed():
    objects = {
        "thread_sched.c.o": [("sched_ready", True), ("port_drain", False), ("kernel_ipi", False)],
        "ipc_port.c.o": [("port_drain", True), ("sched_ready", False)],
        "boot_smp.c.o": [("kernel_ipi", True)],
    }
    found = layers.upward_references(objects, "void kernel_ipi(void);")
    assert len(found) == 1 and found[0].startswith("thread_sched.c uses port_drain of ipc_port.c")
