"""Debian packages: which are needed for what, and installing those that are missing."""

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
HOST_TESTS = ("gcc", "libc6-dev", "pkg-config", "libcmocka-dev", "qemu-user", "libclang-rt-19-dev",
              "python3-pytest", "python3-pytest-xdist", "cpio")
DEBUGGER = ("gdb-multiarch",)


def for_target(architecture, compiler):
    wanted = BUILD_TOOLS + LIBRARIES[architecture] + EMULATORS[architecture]
    return wanted + (GCC[architecture] if compiler == "gcc" else ())


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


def install(missing):
    print("Installing Debian packages:", " ".join(missing), file=sys.stderr, flush=True)
    rights = [] if os.geteuid() == 0 else ["sudo"]
    if rights and not shutil.which("sudo"):
        sys.exit("This needs root, and there is no sudo. As root, run:\n"
                 f"    apt-get install --no-install-recommends {' '.join(missing)}")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    apt = [*rights, *environment, "apt-get", "-y"]
    command = [*apt, "install", "--no-install-recommends", *missing]
    # Lists may be absent or old: they are fetched only where the first try fails.
    if subprocess.run(command, stdout=sys.stderr).returncode == 0:
        return
    subprocess.run([*apt, "update"], stdout=sys.stderr)
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        sys.exit("apt-get could not install: " + " ".join(missing) +
                 "\nSinter is built on Debian 12 (bookworm) or later, which has them all.")


def require_programs(names):
    """On systems without apt: says what is needed if a program is not there."""
    programs = {"meson": "meson", "ninja-build": "ninja", "clang-19": "clang-19",
                "lld-19": "ld.lld-19", "llvm-19": "llvm-objcopy-19",
                "qemu-system-misc": "qemu-system-riscv64", "qemu-system-arm": "qemu-system-aarch64",
                "gcc-riscv64-linux-gnu": "riscv64-linux-gnu-gcc",
                "gcc-aarch64-linux-gnu": "aarch64-linux-gnu-gcc", "gdb-multiarch": "gdb-multiarch"}
    absent = [programs[name] for name in names
              if name in programs and not shutil.which(programs[name])]
    if absent:
        sys.exit("This system has no apt-get, so please install yourself: " + ", ".join(absent) +
                 ".\nAs Debian packages all that is needed is: " + " ".join(names))
