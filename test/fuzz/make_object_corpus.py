#!/usr/bin/env python3
"""Makes the seed corpus of fuzz_object: what the compilers that are installed emit.

    make_object_corpus.py SOURCE_ROOT FOLDER
"""

import pathlib
import shutil
import subprocess
import sys

CLANG_TARGETS = {"riscv64": "riscv64-unknown-elf", "aarch64": "aarch64-none-elf"}
FLAGS = {
    "both": [["-O0"], ["-O2"], ["-Os", "-fPIC", "-ffunction-sections"],
             ["-O1", "-fno-pic", "-fcommon", "-falign-functions=32", "-funwind-tables"]],
    "riscv64": [["-O2", "-mcmodel=medlow", "-fno-pic"], ["-O2", "-mno-relax"]],
    "aarch64": [["-O2", "-mcmodel=tiny", "-fno-pic"], ["-O2", "-mcmodel=large", "-fno-pic"]],
}


def compilers(machine):
    gcc = f"{machine}-linux-gnu-gcc"
    if shutil.which(gcc):
        yield "gcc", [gcc]
    if shutil.which("clang-19"):
        yield "clang", ["clang-19", f"--target={CLANG_TARGETS[machine]}"]


def main(source, folder):
    folder.mkdir(parents=True, exist_ok=True)
    sample = source / "test/host/test_object_sample.c"
    for machine in CLANG_TARGETS:
        for name, command in compilers(machine):
            for number, flags in enumerate(FLAGS["both"] + FLAGS[machine]):
                subprocess.run([*command, "-ffreestanding", "-c", *flags,
                                "-I", source / "libsys/include", sample,
                                "-o", folder / f"{machine}-{name}-{number}.o"], check=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
