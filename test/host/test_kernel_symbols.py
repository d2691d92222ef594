"""The kernel's symbol table: its layout as kern/log/symbols.c reads it."""

import shutil
import struct
import subprocess

import pytest

import kernel_symbols

SYMBOLS = [(0, "start_image"), (0x10, "panic"), (0x1234, "port_call")]

pytestmark = pytest.mark.skipif(not shutil.which("llvm-objcopy-19"), reason="needs llvm-19")


def assemble(text, folder):
    source = folder / "table.S"
    source.write_text(text, encoding="utf-8")
    target = "--target=riscv64-unknown-elf"
    subprocess.run(["clang-19", target, "-c", source, "-o", folder / "table.o"], check=True)
    subprocess.run(["llvm-objcopy-19", "-O", "binary", "-j", ".symtab_blob", folder / "table.o",
                    folder / "table.bin"], check=True)
    return (folder / "table.bin").read_bytes()


def test_layout(tmp_path):
    blob = assemble(kernel_symbols.assembler_text(SYMBOLS), tmp_path)
    magic, count = struct.unpack_from("<II", blob)
    assert (magic, count) == (0x4D595353, len(SYMBOLS))
    found = []
    for i in range(count):
        offset, name = struct.unpack_from("<II", blob, 8 + 8 * i)
        found.append((offset, blob[name:blob.index(0, name)].decode()))
    assert found == SYMBOLS


NM = """__image_start A ffffffff80000000 0
zebra T ffffffff80000040 10
alpha t ffffffff80000040 10
$x t ffffffff80000000 0
.Lpcrel_hi0 t ffffffff80000008 0
variable D ffffffff80000080 8
low t 80200000 10
first T ffffffff80000000 20
"""


def test_reading(tmp_path):
    nm = tmp_path / "nm"
    nm.write_text(f"#!/bin/sh\ncat <<'END'\n{NM}END\n", encoding="utf-8")
    nm.chmod(0o755)
    assert kernel_symbols.read_symbols(str(nm), "x.elf") == [(0, "first"), (0x40, "alpha")]
