#!/usr/bin/env python3
"""Loads and runs what real compilers emit.

Compiles test_object_sample.c with every compiler found and many flags, and runs each object
under qemu-user with test_object_target.c, which holds the relocation core: several seeds,
groups near and far. Every run must print the same number. Compilers that are not installed are
skipped and named; with --strict that is a failure.

    test_object_matrix.py --source SOURCE_ROOT --work SCRATCH_FOLDER [--strict] [--quick]
"""

import argparse
import itertools
import pathlib
import shutil
import subprocess
import sys

EXPECTED = "9074181326999082293"
MODES = ("near", "far", "low")

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
    def __init__(self, source, work, quick):
        self.source, self.work, self.quick = source, work, quick
        self.include = source / "libsys/include"
        self.sample = source / "test/host/test_object_sample.c"
        self.passed, self.failed, self.missing = 0, [], set()

    def find(self, tool):
        if shutil.which(tool) is None:
            self.missing.add(tool)
            return False
        return True

    def tiny_headers(self):
        """TinyCC brings no <stdint.h> of its own."""
        folder = self.work / "tiny"
        folder.mkdir(exist_ok=True)
        types = {8: "char", 16: "short", 32: "int", 64: "long"}
        lines = [f"typedef {sign} {name} {prefix}int{bits}_t;" for bits, name in types.items()
                 for sign, prefix in (("signed", ""), ("unsigned", "u"))]
        (folder / "stdint.h").write_text("\n".join(lines) + "\n")
        return folder

    def build_runner(self, machine):
        core = sorted((self.source / "loader/core").glob("*.c"))
        runner = self.work / f"target-{machine}"
        must([f"{machine}-linux-gnu-gcc", "-std=gnu11", "-O1", "-ffreestanding", "-nostdlib",
              "-static", "-fno-pie", "-no-pie", "-fno-stack-protector", "-Wl,--no-warn-rwx-segments",
              *RUNNER_FLAGS[machine], "-I", self.source / "loader/core", "-I", self.include,
              self.source / "test/host/test_object_target.c", *core, "-o", runner])
        return runner

    def compilers(self, machine):
        """Yields (name, command, sets of flags, levels)."""
        levels = ("-O0", "-O2") if self.quick else LEVELS
        gcc = f"{machine}-linux-gnu-gcc"
        base = ["-ffreestanding", "-c", "-I", self.include]
        if self.find(gcc):
            yield "gcc", [gcc, *base], COMMON + GCC[machine], levels
        for version in ("14", "16", "19"):
            clang = f"clang-{version}"
            if self.find(clang):
                command = [clang, f"--target={TRIPLE[machine]}", *base]
                yield clang, command, COMMON + CLANG[machine], levels
        if self.find(TINY[machine]):
            own = pathlib.Path(shutil.which(TINY[machine])).parent / "include" # not installed
            command = [TINY[machine], "-c", "-I", self.tiny_headers(), "-I", own, "-I", self.include]
            yield "tcc", command, [[]], ("",)

    def check(self, machine, runner, label, path):
        for seed, mode in itertools.product(("0", "1", "77"), MODES):
            result = run([f"qemu-{machine}", runner, path, seed, mode])
            if result.returncode == 0 and result.stdout.strip() == EXPECTED:
                self.passed += 1
                continue
            what = result.stderr.strip() or result.stdout.strip() or f"exit {result.returncode}"
            self.failed.append(f"{machine} {label} seed {seed} {mode}: {what}")

    def compile_and_check(self, machine, runner, label, command, flags):
        path = self.work / "sample.o"
        result = run([str(part) for part in [*command, *flags, self.sample, "-o", path]])
        if result.returncode != 0:
            self.failed.append(f"{machine} {label}: does not compile\n{result.stderr}")
            return
        self.check(machine, runner, label, path)
        for linker in (f"{machine}-linux-gnu-ld", "ld.lld-19"):
            if not self.quick and "-O2" in flags and self.find(linker):
                joined = self.work / "joined.o"
                must([linker, "-r", path, "-o", joined])
                self.check(machine, runner, f"{label} joined by {linker}", joined)

    def run_machine(self, machine):
        if not self.find(f"{machine}-linux-gnu-gcc") or not self.find(f"qemu-{machine}"):
            return
        runner = self.build_runner(machine)
        for name, command, sets, levels in self.compilers(machine):
            for level, flags in itertools.product(levels, sets):
                all_flags = [flag for flag in [level, *flags] if flag]
                label = f"{name} {' '.join(all_flags)}"
                self.compile_and_check(machine, runner, label, command, all_flags)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    matrix = Matrix(arguments.source.resolve(), arguments.work.resolve(), arguments.quick)
    for machine in ("riscv64", "aarch64"):
        matrix.run_machine(machine)
    for failure in matrix.failed:
        print(failure)
    if matrix.missing:
        print("not installed:", ", ".join(sorted(matrix.missing)))
    print(f"{matrix.passed} passed, {len(matrix.failed)} failed")
    return 1 if matrix.failed or (arguments.strict and matrix.missing) else 0


if __name__ == "__main__":
    sys.exit(main())
