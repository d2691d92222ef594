"""Relocations that tools/settle.py carries out: as the assembler does when it may, and the object
still runs."""

import random
import shutil
import struct
import subprocess

import pytest

import settle
from test_object_matrix import SAMPLE, Matrix, missing

CLANG = "clang-19"
LINKER = "ld.lld-19"
LLVM_OBJCOPY = "llvm-objcopy-19"
ASSEMBLE = [CLANG, "--target=riscv64-unknown-elf", "-march=rv64imac", "-mabi=lp64", "-c"]
ASSEMBLE_ARM = [CLANG, "--target=aarch64-none-elf", "-c"]
CODE = """
    .text
.Lstart:
    beq a0, a1, .Lend
    c.beqz a2, .Lnear
    call outside
    j .Lend
    c.j .Lnear
    c.bnez a3, .Lnear
    jal ra, .Lend
    c.ebreak
.Lnear:
    call outside
    c.beqz a5, .Lnear
    c.bnez s1, .Lstart
    c.j .Lstart
    .rept {distance}
    call outside
    .endr
    bgeu t5, t6, .Lstart
    bltu t5, t6, .Lnear
    j .Lstart
    jal t0, .Lnear
.Lend:
    ret
    .section .rodata
    .word .Lend - .Lstart
    .word .Lnear - .Lend + 3
    .word outside - .
"""

# Calls of what the object defines for others too, at distances with JALR's sign bit clear and set,
# and one of what it does not define: {0} calls, {1} goes on.
CALLS = """
    .text
    .globl first, second
    .weak third
    .type ifunc, %gnu_indirect_function
first:
    {0} second
    {1} third
    {0} outside
    {0} ifunc
    .space 1900
second:
    {0} third
    {0} first
    .space 1020
third:
    {1} first
    .space 70000
    {0} first
    {0} second
    {1} third
ifunc:
    {0} .Lend
.Lend:
    {1} other
    .section .text.other, "ax"
other:
    {0} first
"""
UNSETTLED_CALLS = 4 # outside, ifunc, other, and first from another section

RET_BYTES = 2
BEFORE_NEAR = b"\x02\x90" # c.ebreak

needs_clang = pytest.mark.skipif(not shutil.which(CLANG), reason=f"needs {CLANG}")


def assemble(folder, distance, *flags):
    source = folder / "code.s"
    source.write_text(CODE.format(distance=distance))
    path = folder / "code.o"
    subprocess.run([*ASSEMBLE, *flags, source, "-o", path], check=True)
    return path.read_bytes()


def section(data, name, folder):
    """Its bytes, by another reader of the format."""
    (folder / "any.o").write_bytes(data)
    subprocess.run([LLVM_OBJCOPY, f"--dump-section={name}={folder / 'bytes'}", folder / "any.o",
                    folder / "other.o"], check=True)
    return (folder / "bytes").read_bytes()


def types(data):
    parsed = settle.Object(data)
    return [entry[1] for table in parsed.tables for entry in parsed.entries(table)]


@needs_clang
@pytest.mark.parametrize("distance", [0, 3, 20, 400])
def test_as_the_assembler_does(tmp_path, distance):
    relaxing = assemble(tmp_path, distance, "-mrelax")
    resolved = assemble(tmp_path, distance, "-mno-relax")
    branches = set(settle.BRANCHES[settle.EM_RISCV]) - {settle.R_CALL} # R_CALL_PLT came after it
    for kind in (*branches, settle.R_ADD32, settle.R_SUB32, settle.R_RELAX):
        assert kind in types(relaxing), f"the sample has no relocation {kind}"
    result = settle.settled(relaxing)
    assert types(result) == types(settle.settled(resolved))
    text = section(result, ".text", tmp_path)
    assert text == section(resolved, ".text", tmp_path)
    length, negative = struct.unpack_from("<Ii", section(result, ".rodata", tmp_path))
    near = text.index(BEFORE_NEAR) + len(BEFORE_NEAR)
    assert length == len(text) - RET_BYTES and negative == near - length + 3


@needs_clang
@pytest.mark.parametrize("assemble_command, instructions, calls", [
    pytest.param([*ASSEMBLE, "-mno-relax"], ("call", "tail"), {settle.R_CALL_PLT}, id="riscv64"),
    pytest.param(ASSEMBLE_ARM, ("bl", "b"), {settle.R_AARCH64_CALL26, settle.R_AARCH64_JUMP26},
                 id="aarch64")])
def test_calls_as_the_linker_does(tmp_path, assemble_command, instructions, calls):
    (tmp_path / "code.s").write_text(CALLS.format(*instructions))
    code = tmp_path / "code.o"
    subprocess.run([*assemble_command, tmp_path / "code.s", "-o", code], check=True)
    texts = []
    original = code.read_bytes()
    result = settle.settled(original)
    for data in (original, result):
        code.write_bytes(data)
        linked = tmp_path / "linked"
        subprocess.run([LINKER, "--static", "--no-relax", "-e0", "--defsym=outside=0x20000",
                        "-Ttext=0x10000", code, "-o", linked], check=True)
        texts.append(section(linked.read_bytes(), ".text", tmp_path))
    assert texts[0] == texts[1]
    assert set(types(original)) == calls
    assert len(types(result)) == UNSETTLED_CALLS


@needs_clang
def test_moving_code_is_left_alone(tmp_path):
    source = CODE.replace(".Lnear:", "    .p2align 4\n.Lnear:", 1)
    (tmp_path / "moving.s").write_text(source.format(distance=1))
    subprocess.run([*ASSEMBLE, "-mrelax", tmp_path / "moving.s", "-o", tmp_path / "moving.o"],
                   check=True)
    data = (tmp_path / "moving.o").read_bytes()
    assert settle.R_ALIGN in types(data) and settle.settled(data) == data


@needs_clang
def test_damaged_objects(tmp_path):
    """Nothing is raised, and what is cut off comes back as it is."""
    data = assemble(tmp_path, 3, "-mrelax")
    for length in range(0, len(data), 31):
        assert settle.settled(data[:length]) == data[:length]
    generator = random.Random(1)
    for _ in range(500):
        damaged = bytearray(data)
        for _ in range(generator.choice((1, 3, 20))):
            damaged[generator.randrange(len(data))] = generator.randrange(256)
        assert len(settle.settled(bytes(damaged))) == len(data)


@pytest.mark.parametrize("compiler", ["gcc", pytest.param(CLANG, marks=pytest.mark.full)])
def test_settled_objects_run(tmp_path, compiler):
    if missing("riscv64", compiler):
        pytest.skip(f"not installed: {', '.join(missing('riscv64', compiler))}")
    matrix = Matrix("riscv64", tmp_path, quick=True)
    path = tmp_path / "sample.o"
    for flags in (["-O2"], ["-Os", "-ffunction-sections"], ["-O1", "-fPIC"]):
        subprocess.run([*matrix.command(compiler), *flags, "-mrelax", SAMPLE, "-o", path],
                       check=True)
        data = path.read_bytes()
        path.write_bytes(settle.settled(data))
        assert len(types(path.read_bytes())) < len(types(data))
        matrix.check(" ".join(flags), path)
    assert matrix.passed and not matrix.failed, "\n".join(matrix.failed)
