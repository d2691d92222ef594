"""Loads and really runs what compilers emit.

Compiles test_object_sample.c with every compiler found and many flags, and runs each object
under qemu-user with test_object_target.c, which holds the relocation core: with several seeds,
groups near, far and low. Every run must print the same number.

Under pytest a selection runs, and what is not installed is skipped. As a command everything
runs: test_object_matrix.py WORK_FOLDER
"""

import itertools
import pathlib
import shutil
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MACHINES = ("riscv64", "aarch64")
COMPILERS = ("gcc", "clang-14", "clang-16", "clang-19", "tcc")

EXPECTED = "9074181326999082293"
MODES = ("near", "far", "low")
SEEDS = ("0", "1", "77")
SAMPLE = SOURCE / "test/host/test_object_sample.c"

LEVELS = ("-O0", "-O1", "-O2", "-Os")
COMMON = [
    [],
    ["-fPIC"],
    ["-fno-pic"],
    ["-ffunction-sections", "-fdata-sections"],
    ["-ffunction-sections", "-fPIC", "-fcommon"],
    ["-g", "-funwind-tables", "-fasynchronous-unwind-tables"],
    ["-fno-pic", "-falign-functions=64", "-falign-loops=16"],
    ["-fPIC", "-fno-plt"],
    ["-fPIE", "-fcommon", "-g"],
    ["-ftls-model=initial-exec"],
]
GCC = {
    "riscv64": [
        ["-mno-relax"],
        ["-mno-relax", "-fno-pic", "-ffunction-sections"],
        ["-mcmodel=medlow", "-fno-pic"],
        ["-mcmodel=medlow", "-fno-pic", "-mno-relax"],
        ["-mcmodel=medany", "-fno-pic"],
        ["-march=rv64imafd", "-fno-pic"],
        ["-march=rv64imac", "-mabi=lp64", "-fno-pic"],
        ["-O3", "-fno-pic", "-falign-functions=32", "-falign-jumps=16"],
    ],
    "aarch64": [
        ["-mcmodel=tiny", "-fno-pic"],
        ["-mcmodel=tiny", "-fPIC"],
        ["-mcmodel=large", "-fno-pic"],
        ["-fpic"],
        ["-fPIC", "-mtls-dialect=trad"],
        ["-fno-pic", "-mtls-size=12"],
        ["-fno-pic", "-mtls-size=32"],
        ["-mno-outline-atomics", "-O3", "-fno-pic"],
        ["-mbranch-protection=standard"],
    ],
}
CLANG = {
    "riscv64": [
        ["-mno-relax"],
        ["-mcmodel=medlow", "-fno-pic"],
        ["-mcmodel=medany", "-fno-pic"],
        ["-mcmodel=medany", "-fno-pic", "-mrelax", "-falign-functions=32"],
        ["-march=rv64imafd", "-fno-pic"],
        ["-march=rv64imac", "-mabi=lp64", "-fno-pic"],
    ],
    "aarch64": [
        ["-mcmodel=tiny", "-fno-pic"],
        ["-mcmodel=large", "-fno-pic"],
        ["-fpic"],
        ["-mbranch-protection=standard"],
    ],
}
TRIPLE = {"riscv64": "riscv64-unknown-elf", "aarch64": "aarch64-none-elf"}
TINY = {"riscv64": "riscv64-tcc", "aarch64": "arm64-tcc"}
RUNNER_FLAGS = {
    "riscv64": ["-mcmodel=medany"],
    "aarch64": ["-mno-outline-atomics"],
}


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def must(command):
    result = run([str(part) for part in command])
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr}")


class Matrix:
    """Objects of one machine, and the target program that runs them."""

    def __init__(self, machine, work, quick):
        self.machine, self.work, self.quick = machine, work, quick
        self.include = SOURCE / "libsys/include"
        self.passed, self.failed = 0, []
        self.runner = self.build_runner()

    def build_runner(self):
        core = sorted((SOURCE / "loader/core").glob("*.c"))
        runner = self.work / f"target-{self.machine}"
        must([f"{self.machine}-linux-gnu-gcc", "-std=gnu11", "-O1", "-ffreestanding", "-nostdlib",
              "-static", "-fno-pie", "-no-pie", "-fno-stack-protector",
              "-Wl,--no-warn-rwx-segments", *RUNNER_FLAGS[self.machine],
              "-I", SOURCE / "loader/core", "-I", self.include,
              SOURCE / "test/host/test_object_target.c", *core, "-o", runner])
        return runner

    def tiny_headers(self):
        """TinyCC brings no <stdint.h> of its own, and when not installed finds none of its own."""
        folder = self.work / "tiny"
        folder.mkdir(exist_ok=True)
        types = {8: "char", 16: "short", 32: "int", 64: "long"}
        lines = [f"typedef {sign} {name} {prefix}int{bits}_t;" for bits, name in types.items()
                 for sign, prefix in (("signed", ""), ("unsigned", "u"))]
        (folder / "stdint.h").write_text("\n".join(lines) + "\n", encoding="utf-8")
        installed = pathlib.Path(shutil.which(TINY[self.machine])).parent
        return ["-I", folder, "-I", installed / "include"]

    def command(self, compiler):
        base = ["-c", "-I", self.include]
        if compiler == "tcc":
            return [TINY[self.machine], *base, *self.tiny_headers()]
        if compiler == "gcc":
            return [f"{self.machine}-linux-gnu-gcc", "-ffreestanding", *base]
        return [compiler, f"--target={TRIPLE[self.machine]}", "-ffreestanding", *base]

    def flags(self, compiler):
        if compiler == "tcc":
            return [[]]
        own = GCC if compiler == "gcc" else CLANG
        levels = ("-O0", "-O2") if self.quick else LEVELS
        return [[level, *flags] for level in levels for flags in COMMON + own[self.machine]]

    def check(self, label, path):
        runs = zip(SEEDS, MODES) if self.quick else itertools.product(SEEDS, MODES)
        for seed, mode in runs:
            result = run([f"qemu-{self.machine}", self.runner, path, seed, mode])
            if result.returncode == 0 and result.stdout.strip() == EXPECTED:
                self.passed += 1
                continue
            what = result.stderr.strip() or result.stdout.strip() or f"exit {result.returncode}"
            self.failed.append(f"{self.machine} {label} seed {seed} {mode}: {what}")

    def check_joined(self, label, path):
        for linker in (f"{self.machine}-linux-gnu-ld", "ld.lld-19"):
            if shutil.which(linker):
                joined = self.work / "joined.o"
                must([linker, "-r", path, "-o", joined])
                self.check(f"{label} joined by {linker}", joined)

    def run_compiler(self, compiler):
        path = self.work / "sample.o"
        for flags in self.flags(compiler):
            label = f"{compiler} {' '.join(flags)}"
            result = run([str(part) for part in [*self.command(compiler), *flags, SAMPLE,
                                                 "-o", path]])
            if result.returncode != 0:
                self.failed.append(f"{self.machine} {label}: does not compile\n{result.stderr}")
                continue
            self.check(label, path)
            if "-O2" in flags and not self.quick:
                self.check_joined(label, path)


def missing(machine, compiler):
    """The tools that are not installed."""
    tool = {"gcc": f"{machine}-linux-gnu-gcc", "tcc": TINY[machine]}.get(compiler, compiler)
    needed = (f"{machine}-linux-gnu-gcc", f"qemu-{machine}", tool)
    return [name for name in needed if shutil.which(name) is None]


@pytest.mark.parametrize("compiler", [
    pytest.param(name, marks=() if name == "clang-19" else pytest.mark.full) for name in COMPILERS])
@pytest.mark.parametrize("machine", MACHINES)
def test_objects_run(machine, compiler, tmp_path):
    if missing(machine, compiler):
        pytest.skip(f"not installed: {', '.join(missing(machine, compiler))}")
    matrix = Matrix(machine, tmp_path, quick=True)
    matrix.run_compiler(compiler)
    assert matrix.passed and not matrix.failed, "\n".join(matrix.failed)


def main(work):
    work.mkdir(parents=True, exist_ok=True)
    failed = 0
    for machine, compiler in itertools.product(MACHINES, COMPILERS):
        if missing(machine, compiler):
            print(f"{machine} {compiler}: not installed: {', '.join(missing(machine, compiler))}")
            continue
        matrix = Matrix(machine, work, quick=False)
        matrix.run_compiler(compiler)
        print("\n".join([*matrix.failed, f"{machine} {compiler}: {matrix.passed} passed, "
                         f"{len(matrix.failed)} failed"]), flush=True)
        failed += len(matrix.failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
