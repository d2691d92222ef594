"""Debian packages: which are needed for what, and installing those that are missing.

Run as a command, prints the names of all: the Containerfile has no list of its own.
"""

import os
import shutil
import subprocess
import sys

BUILD_TOOLS = ("meson", "ninja-build", "clang-19", "lld-19", "llvm-19")
LIBRARIES = {
    "riscv64": ("picolibc-riscv64-unknown-elf",),
    "aarch64": ("picolibc-aarch64-linux-gnu",),
}
EMULATORS = {"riscv64": ("qemu-system-misc",), "aarch64": ("qemu-system-arm",)}
GCC = {
    "riscv64": ("gcc-riscv64-linux-gnu", "binutils-riscv64-linux-gnu"),
    "aarch64": ("gcc-aarch64-linux-gnu", "binutils-aarch64-linux-gnu"),
}
CLANG_14 = ("clang-14",)
HOST_TESTS = ("gcc", "libc6-dev", "pkg-config", "libcmocka-dev", "qemu-user", "libclang-rt-19-dev",
              "python3-pytest", "python3-pytest-xdist", "cpio", "clang-format-19", "graphviz")
IMAGE_TOOLS = ("fdisk", "dosfstools", "mtools")
UBOOT = ("u-boot-qemu",)
DEBUGGER = ("gdb-multiarch",)
# Compilers that only tests use, which are skipped without them. Debian's packages of Rust exclude
# each other, so none is installed beside one that is there.
OTHER_COMPILERS = {"riscv64": ("clang-14", "g++-riscv64-linux-gnu"),
                   "aarch64": ("clang-14", "g++-aarch64-linux-gnu")}
RUST = ("rustc-web", "rust-web-src")
RUST_COMPILER = "/usr/bin/rustc"
# Where there is no dpkg: a program or folder that shows that the package's contents are there.
EVIDENCE = {
    "meson": "meson", "ninja-build": "ninja",
    "clang-19": "clang-19", "clang-14": "clang-14", "lld-19": "ld.lld-19",
    "llvm-19": "llvm-objcopy-19",
    "picolibc-riscv64-unknown-elf": "/usr/lib/picolibc/riscv64-unknown-elf",
    "picolibc-aarch64-linux-gnu": "/usr/lib/picolibc/aarch64-linux-gnu",
    "qemu-system-misc": "qemu-system-riscv64", "qemu-system-arm": "qemu-system-aarch64",
    "gcc-riscv64-linux-gnu": "riscv64-linux-gnu-gcc",
    "gcc-aarch64-linux-gnu": "aarch64-linux-gnu-gcc", "gdb-multiarch": "gdb-multiarch",
    "fdisk": "/usr/sbin/sfdisk", "dosfstools": "/usr/sbin/mkfs.fat", "mtools": "mcopy",
    "graphviz": "dot",
    "u-boot-qemu": "/usr/lib/u-boot/qemu_arm64/u-boot.bin",
}
LOCK_SECONDS = 300 # for another apt-get to end


def for_target(architecture, compiler):
    wanted = BUILD_TOOLS + LIBRARIES[architecture] + EMULATORS[architecture]
    return wanted + {"gcc": GCC[architecture], "clang14": CLANG_14}.get(compiler, ())


def absent_compiler(architecture, compiler):
    """The program of a compiler that is not installed, for instance since it cannot be; or None."""
    program = {"clang14": "clang-14", "clang": "clang-19",
               "gcc": f"{architecture}-linux-gnu-gcc"}[compiler]
    return None if shutil.which(program) else program


def installed(name):
    query = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True,
                           text=True)
    return query.stdout.endswith(" installed")


def ensure(names):
    """Installs what is missing; exits with a text that says what to do where that fails."""
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        require_programs(names)
        return
    missing = [name for name in dict.fromkeys(names) if not installed(name)]
    if missing:
        install(missing)


def for_compiler_tests(architectures):
    names = tuple(name for architecture in architectures for name in OTHER_COMPILERS[architecture])
    return names if os.path.exists(RUST_COMPILER) else names + RUST


def everything():
    """What any command here may install."""
    names = HOST_TESTS + IMAGE_TOOLS + UBOOT + DEBUGGER + CLANG_14 + RUST
    for architecture in LIBRARIES:
        names += for_target(architecture, "gcc") + OTHER_COMPILERS[architecture]
    return tuple(dict.fromkeys(names))


def ensure_optional(names):
    """Installs what is missing and can be had."""
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        return
    missing = [name for name in dict.fromkeys(names) if not installed(name) and can_be_had([name])]
    if missing and (not may_install() or not apt_install(missing)):
        print("Not installed, so tests that need them are skipped:", " ".join(missing),
              file=sys.stderr, flush=True)


def can_be_had(names):
    """Whether apt's lists have them; they may be absent or old."""
    dry_run = ["apt-get", "install", "--simulate", "--no-install-recommends", *names]
    return subprocess.run(dry_run, capture_output=True).returncode == 0


def may_install():
    return os.geteuid() == 0 or bool(shutil.which("sudo"))


def apt_get(*arguments):
    rights = [] if os.geteuid() == 0 else ["sudo"]
    command = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y",
               "-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}", *arguments]
    return subprocess.run(command, stdout=sys.stderr).returncode == 0


def apt_install(names):
    print("Installing Debian packages:", " ".join(names), file=sys.stderr, flush=True)
    return apt_get("install", "--no-install-recommends", *names)


def by_hand(reason, missing):
    sys.exit(f"{reason}\nAs root, run:\n    apt-get update\n"
             f"    apt-get install --no-install-recommends {' '.join(missing)}")


def install(missing):
    if not may_install():
        by_hand("Packages are missing; installing them needs root, and there is no sudo.", missing)
    if can_be_had(missing) and apt_install(missing):
        return
    apt_get("update")
    if not apt_install(missing):
        by_hand("apt-get could not install all packages (its messages are above). Sinter is built "
                "on Debian 12 (bookworm),\nwhich has them in `main`; a network is needed.",
                missing)


def require_programs(names):
    """On systems without apt: says what is needed if something is not there."""
    absent = [EVIDENCE[name] for name in names
              if name in EVIDENCE and not shutil.which(EVIDENCE[name])
              and not os.path.isdir(EVIDENCE[name])]
    if absent:
        sys.exit("This system has no apt-get, so please install yourself: " + ", ".join(absent) +
                 ".\nAs Debian 12 packages all that is needed is: " + " ".join(names))


if __name__ == "__main__":
    print(" ".join(everything()))
