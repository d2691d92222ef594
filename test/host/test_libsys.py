"""Parts of libsys and of the server runtime, built for the host and run against its C library,
its compiler's arithmetic, or a scripted kernel."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "test" / "host" / "libsys"
LIBSYS = ROOT / "libsys"
RUNTIME = LIBSYS / "runtime"
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
COMPILERS = [pytest.param(name, marks=marks)
             for name, marks in (("gcc", pytest.mark.full), ("clang-19", ())) if shutil.which(name)]


def build_and_run(compiler, folder, name, arguments):
    program = folder / name
    command = [compiler, "-std=gnu11", "-g", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program,
               *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    result = subprocess.run([program], capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("compiler", COMPILERS)
def test_memory(compiler, tmp_path):
    """Without a sanitizer: aligned reads may go beyond the range inside a word."""
    build_and_run(compiler, tmp_path, "memory", [
        "-fno-builtin", "-fno-strict-aliasing", "-I", LIBSYS, SOURCES / "memory_test.c"])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_integer(compiler, tmp_path):
    build_and_run(compiler, tmp_path, "integer", [
        "-fsanitize=undefined", "-fno-sanitize-recover=all", "-I", LIBSYS,
        SOURCES / "integer_test.c"])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_format(compiler, tmp_path):
    build_and_run(compiler, tmp_path, "format", [
        *SANITIZE, "-Wno-format", "-I", RUNTIME, SOURCES / "format_test.c", RUNTIME / "format.c"])


@pytest.fixture(name="generated")
def generated_folder(tmp_path):
    folder = tmp_path / "generated"
    subprocess.run([sys.executable, ROOT / "tools" / "generate.py", "--tables", LIBSYS / "tables",
                    "--output", folder], check=True)
    return folder


def library_include(generated):
    """The test's headers come before those of an architecture, which stays out of the path."""
    return ["-I", SOURCES, "-I", generated, "-I", LIBSYS / "include"]


@pytest.mark.parametrize("compiler", COMPILERS)
def test_call(compiler, tmp_path, generated):
    build_and_run(compiler, tmp_path, "call", [
        *SANITIZE, *library_include(generated), SOURCES / "call_test.c", LIBSYS / "call.c"])


@pytest.mark.parametrize("architecture", ["riscv64", "aarch64"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_thread(compiler, architecture, tmp_path, generated):
    header = LIBSYS / "arch" / architecture / "thread.h"
    build_and_run(compiler, tmp_path, "thread", [
        *SANITIZE, f'-DARCH_THREAD_H="{header}"', *library_include(generated),
        SOURCES / "thread_test.c", LIBSYS / "thread.c"])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_server(compiler, tmp_path, generated):
    sources = [path for path in RUNTIME.glob("*.c") if path.name != "side_thread.c"] # no kernel
    sources += [generated / "protocol" / f"{name}_server.c" for name in ("file", "supervisor")]
    build_and_run(compiler, tmp_path, "server", [
        *SANITIZE, "-include", SOURCES / "kernel_free.h", "-I", SOURCES, "-I", RUNTIME,
        "-I", generated, "-I", LIBSYS / "include", SOURCES / "server_test.c", *sources])
