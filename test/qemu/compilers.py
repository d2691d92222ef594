"""Makes the servers of test/objects/compilers: with which compilers, flags and commands.

What a server computes is compared with what the same source computes on the host.
"""

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.build import JOBS
from harness.places import BUILD, ROOT

SOURCES = ROOT / "test" / "objects" / "compilers"
PLAIN_FLAGS = ["-Wall", "-Wextra", "-Werror", "-ffreestanding"]
CPP_FLAGS = ["-x", "c++", "-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]
TRIPLES = {"riscv64": "riscv64-unknown-elf", "aarch64": "aarch64-none-elf"}
TINY = {"riscv64": "riscv64-tcc", "aarch64": "arm64-tcc"}
RUST_TARGETS = {"riscv64": "riscv64imac-unknown-none-elf",
                "aarch64": "aarch64-unknown-none-softfloat"}
RUSTC = "/usr/bin/rustc" # the distribution's
LLD = "ld.lld-19"
# TinyCC has none of its own, and those of the host's C library want the target's.
TINY_STDINT = "".join(f"typedef {sign} {name} {prefix}int{bits}_t;\n" for bits, name in
                      ((8, "char"), (16, "short"), (32, "int"), (64, "long"))
                      for sign, prefix in (("signed", ""), ("unsigned", "u")))
TINY_STDINT += "typedef unsigned long uintptr_t;\n"

LEVELS = [["-O0"], ["-O1"], ["-O2"], ["-O3"], ["-Os"]]
EVERYWHERE = LEVELS + [
    ["-O2", "-fPIC"],
    ["-O2", "-fno-pic", "-ffunction-sections", "-fdata-sections", "-fcommon"],
]
GCC = {
    "riscv64": [["-O2", "-mno-relax"], ["-O2", "-mcmodel=medlow", "-fno-pic"]],
    "aarch64": [["-O2", "-mno-outline-atomics"], ["-O2", "-mcmodel=tiny", "-fno-pic"],
                ["-O2", "-mcmodel=large", "-fno-pic"], ["-O2", "-mbranch-protection=standard"]],
}
CLANG = {
    "riscv64": [["-O2", "-mrelax"], ["-O2", "-mno-relax"],
                ["-O2", "-mcmodel=medlow", "-fno-pic"]],
    "aarch64": [["-O2", "-moutline-atomics"], ["-O2", "-mcmodel=tiny", "-fno-pic"],
                ["-O2", "-mcmodel=large", "-fno-pic"]],
}
FEW = [["-O0"], ["-O2"], ["-O2", "-fPIC"]]


@dataclass
class Recipe:
    """One object: its compiler, flags, and what joins its two parts, if it is made of two."""
    compiler: str
    flags: tuple
    linker: str = ""

    def __str__(self):
        return " ".join([self.compiler, *self.flags, *([f"joined by {self.linker}"] if self.linker
                                                       else [])])


def recipes(architecture, compiler):
    """Of `compiler`: gcc, clang-14, clang-19, g++, clang++-19, tcc or rustc."""
    lists = {"gcc": EVERYWHERE + GCC[architecture], "clang-19": EVERYWHERE + CLANG[architecture],
             "clang-14": FEW, "g++": FEW, "clang++-19": FEW, "tcc": [[]],
             "rustc": [["-Copt-level=0"], ["-Copt-level=2"]]}
    made = [Recipe(compiler, tuple(flags)) for flags in lists[compiler]]
    if compiler in ("gcc", "clang-19"):
        made += [Recipe(compiler, ("-O2", "-ffunction-sections"), linker)
                 for linker in (f"{architecture}-linux-gnu-ld", LLD)]
    return made


class Absent(Exception):
    """What would have to be installed."""


def program(architecture, compiler):
    """The command of a compiler, without flags."""
    if compiler in ("gcc", "g++"):
        found = f"{architecture}-linux-gnu-{compiler}"
    elif compiler == "tcc":
        found = TINY[architecture]
    else:
        found = {"rustc": RUSTC}.get(compiler, compiler.replace("++", ""))
    if not shutil.which(found):
        raise Absent(f"{found} is not installed")
    if compiler == "rustc" and not core_source().exists():
        raise Absent(f"the sources of Rust's core ({core_source()}) are not installed")
    target = compiler.startswith("clang")
    return [found, f"--target={TRIPLES[architecture]}"] if target else [found]


def run(command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                            **options)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout


def core_source():
    version = re.search(r"[\d.]+", run([RUSTC, "--version"])).group()
    return Path(f"/usr/src/rustc-{version}/library/core")


class Maker:
    """Makes objects of one compiler in a folder."""

    def __init__(self, architecture, compiler, generated, folder):
        self.architecture, self.compiler, self.folder = architecture, compiler, folder
        self.generated = generated
        self.program = program(architecture, compiler)
        self.core = rust_core(architecture) if compiler == "rustc" else None
        self.include = ["-I", generated, "-I", ROOT / "libsys" / "include"]

    def make(self, recipe, path):
        if self.compiler == "rustc":
            self.make_rust(recipe, path)
        elif recipe.linker:
            parts = [path.with_suffix(f".{name}.o") for name in ("work", "answer")]
            for part, source in zip(parts, ("work.c", "answer.c")):
                self.compile(recipe, [SOURCES / source], part)
            run([recipe.linker, "-r", *parts, "-o", path])
        else:
            work = "work.cpp" if "++" in self.compiler else "work.c"
            self.compile(recipe, ["-include", SOURCES / work, SOURCES / "answer.c"], path)

    def compile(self, recipe, sources, path):
        if self.compiler == "tcc":
            (self.folder / "stdint.h").write_text(TINY_STDINT, encoding="utf-8")
            own = ["-DPLAIN", "-nostdinc", "-I", self.folder,
                   "-I", Path(shutil.which(self.program[0])).parent / "include"]
        else:
            own = PLAIN_FLAGS + (CPP_FLAGS if "++" in self.compiler else [])
        run([*self.program, *own, *recipe.flags, *self.include, "-c", *sources, "-o", path])

    def make_rust(self, recipe, path):
        part = path.with_suffix(".part.o")
        run([*self.program, "--edition=2021", "--crate-type=lib", "-Cpanic=abort", "--emit=obj",
             f"--target={RUST_TARGETS[self.architecture]}", "-L", self.core, *recipe.flags,
             SOURCES / "answer.rs", "-o", part],
            env={"SINTER_RS": str(self.generated / "rust" / "sinter.rs"), "PATH": "/usr/bin:/bin"})
        run([LLD, "-r", "--gc-sections", "-u", "server_main", part, self.core / "libcore.rlib",
             "-o", path])

    def make_all(self):
        """[(recipe, path of the object)]"""
        made = [(recipe, self.folder / f"{self.compiler.replace('+', 'p')}-{number}.o")
                for number, recipe in enumerate(recipes(self.architecture, self.compiler))]
        with ThreadPoolExecutor(int(JOBS)) as pool:
            list(pool.map(lambda pair: self.make(*pair), made))
        return made


def rust_core(architecture):
    """The folder of Rust's `core` for a bare machine; made once for each version of the compiler.
    The compiler also wants a crate `compiler_builtins`: empty, since libsys has its functions."""
    source, target = core_source(), RUST_TARGETS[architecture]
    folder = BUILD / "rust" / f"{source.parents[1].name}-{target}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        empty = folder / "builtins.rs"
        empty.write_text("#![feature(no_core, compiler_builtins)]\n#![no_core]\n"
                         "#![compiler_builtins]\n", encoding="utf-8")
        edition = re.search(r'^edition = "(\d+)"', (source / "Cargo.toml").read_text(),
                            re.MULTILINE)[1]
        for name, path in (("core", source / "src" / "lib.rs"), ("compiler_builtins", empty)):
            run([RUSTC, f"--edition={edition}", "--crate-type=rlib", f"--crate-name={name}",
                 f"--target={target}", "-Cpanic=abort", "-Copt-level=1", "--cap-lints=allow",
                 "-L", folder, path, "-o", folder / f"lib{name}.rlib"],
                env={"RUSTC_BOOTSTRAP": "1", "PATH": "/usr/bin:/bin"})
        (folder / "done").touch()
    return folder


def expected(compiler, folder):
    """What the source of the work computes on the host."""
    path = folder / f"host-{compiler.replace('+', 'p')}"
    if compiler == "rustc":
        run([RUSTC, "--edition=2021", "--cfg=host", SOURCES / "answer.rs", "-o", path])
        return run([path]).strip()
    if "++" in compiler:
        command = ["clang-19", *CPP_FLAGS, "-include", SOURCES / "work.cpp"]
    else:
        command = ["gcc", "-DPLAIN"] if compiler == "tcc" else ["gcc"]
        command += ["-include", SOURCES / "work.c"]
    run([*command, SOURCES / "host.c", "-o", path])
    return run([path]).strip()
