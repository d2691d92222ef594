"""Drivers that are not in this tree, for the matrix: which object goes with which build."""

import os
import shlex
import subprocess
from pathlib import Path

from .build import BuildError
from .places import ROOT

MACHINES = {243: "riscv64", 183: "aarch64"} # e_machine
MACHINE_OFFSET = 18
PROGRAMS = {"clang": "clang-19", "clang14": "clang-14"}
TRIPLES = {"riscv64": "riscv64-unknown-elf", "aarch64": "aarch64-none-elf"}
LEVELS = {"default": "-O2", "debug": "-O0", "release": "-O3"}
FLAGS = {"riscv64": ["-march=rv64imac", "-mabi=lp64", "-mcmodel=medany", "-mno-relax"],
         "aarch64": ["-mno-outline-atomics"]}
GCC_FLAGS = {"riscv64": ["-march=rv64imac_zicsr_zifencei"], "aarch64": []}
COMMON_FLAGS = ["-std=c11", "-g", "-ffreestanding", "-fno-pic", "-fno-stack-protector",
                "-ffunction-sections", "-fdata-sections"]


class DriverError(Exception):
    """What was given is no driver that could be tried."""


def architecture_of(path):
    """Of a relocatable object."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DriverError(f"{path}: {error.strerror}") from error
    machine = int.from_bytes(data[MACHINE_OFFSET:MACHINE_OFFSET + 2], "little")
    if data[:4] != b"\x7fELF" or machine not in MACHINES:
        raise DriverError(f"{path}: is no object for {' or '.join(MACHINES.values())}")
    return MACHINES[machine]


def fill_in(text, variant):
    """The placeholders that paths and commands may have."""
    for name in ("architecture", "compiler", "build_type"):
        text = text.replace(f"{{{name}}}", getattr(variant, name))
    return text


def compiler(variant):
    if variant.compiler == "gcc":
        return [f"{variant.architecture}-linux-gnu-gcc"]
    return [PROGRAMS[variant.compiler], f"--target={TRIPLES[variant.architecture]}"]


def flags(variant):
    """As for the drivers of this tree, whose headers may be used."""
    common = ROOT / "drivers" / "common"
    include = [variant.folder / "generated", ROOT / "libsys" / "include",
               ROOT / "libsys" / "runtime", common, common / "arch" / variant.architecture]
    own = GCC_FLAGS[variant.architecture] if variant.compiler == "gcc" else []
    return [*COMMON_FLAGS, LEVELS[variant.build_type], *FLAGS[variant.architecture], *own,
            *(word for folder in include for word in ("-I", str(folder)))]


def must(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", **options)
    if done.returncode != 0:
        said = done.stdout + done.stderr
        raise BuildError(f"{command if isinstance(command, str) else shlex.join(command)}\n{said}")


class OwnDrivers:
    """Given as: an object; a path with placeholders, perhaps made by `command`; a C source."""

    def __init__(self, given, command, folder):
        self.given, self.command, self.folder = given, command, folder
        for text in given:
            if text.endswith(".c") and not Path(text).exists():
                raise DriverError(f"{text}: No such file or directory")
        self.fixed = {text: architecture_of(Path(text)) for text in given
                      if text.endswith(".o") and "{" not in text and not command}

    def fits(self, variant):
        """Whether there is something to try."""
        return any(self.fixed.get(text, variant.architecture) == variant.architecture
                   for text in self.given)

    def objects(self, variant):
        """Paths; what has to be made for the build is made."""
        if self.command:
            must(fill_in(self.command, variant), shell=True,
                 env={**os.environ, **self.environment(variant)})
        made = []
        for text in self.given:
            if self.fixed.get(text, variant.architecture) != variant.architecture:
                continue
            path = Path(fill_in(text, variant))
            made.append(self.compile(path, variant) if path.suffix == ".c" else path)
            try:
                if architecture_of(made[-1]) != variant.architecture:
                    raise BuildError(f"{made[-1]}: is no object for {variant.architecture}")
            except DriverError as error:
                raise BuildError(str(error)) from error
        return made

    def environment(self, variant):
        """For the command."""
        return {"CC": shlex.join(compiler(variant)), "CFLAGS": shlex.join(flags(variant)),
                "ARCHITECTURE": variant.architecture}

    def compile(self, source, variant):
        """With the library that servers of this tree link with."""
        folder = self.folder / variant.name
        folder.mkdir(exist_ok=True)
        part, whole = folder / f"{source.stem}.part.o", folder / f"{source.stem}.o"
        must([*compiler(variant), *flags(variant), "-c", str(source), "-o", str(part)])
        archives = [str(path) for path in variant.folder.rglob("lib*.a")
                    if path.name in ("libserver_runtime.a", "libdriver_common.a")]
        must(["ld.lld-19", "-r", "-u", "server_main", "-o", str(whole), str(part), "--start-group",
              *archives, "--end-group"])
        return whole
