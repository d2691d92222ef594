"""The interface generator: same tables, same output; what changes a fingerprint and what does not;
the committed list; refusals of tables that would break the interface; headers that compile."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "libsys" / "tables"
GENERATE = ROOT / "tools" / "generate.py"
sys.path.insert(0, str(ROOT / "tools"))

from interface import fingerprint, release_list  # noqa: E402
from interface.tables import TableError, load_tables  # noqa: E402

WARNINGS = ["-std=c11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-Wshadow",
            "-Wmissing-prototypes", "-Wstrict-prototypes", "-Wundef"]
COMPILERS = {
    "gcc-riscv64": ["riscv64-linux-gnu-gcc", *WARNINGS],
    "gcc-aarch64": ["aarch64-linux-gnu-gcc", "-mgeneral-regs-only", *WARNINGS],
    "clang-riscv64": ["clang-19", "--target=riscv64-unknown-elf", *WARNINGS],
    "clang-aarch64": ["clang-19", "--target=aarch64-none-elf", "-mgeneral-regs-only", *WARNINGS],
    "c++-riscv64": ["clang-19", "--target=riscv64-unknown-elf", "-x", "c++", "-ffreestanding",
                    "-Wall", "-Wextra", "-Werror"],
    "tcc": [*os.environ.get("TCC", "tcc").split(), "-Wall", "-Werror"],
}


def run(*arguments):
    return subprocess.run([sys.executable, str(GENERATE), *map(str, arguments)],
                          capture_output=True, text=True, check=False)


def generate(tables, output):
    result = run("--tables", tables, "--output", output)
    assert result.returncode == 0, result.stderr
    return {path.relative_to(output): path.read_bytes()
            for path in sorted(output.rglob("*")) if path.is_file()}


@pytest.fixture(name="tables")
def copied_tables(tmp_path):
    return Path(shutil.copytree(TABLES, tmp_path / "tables"))


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def fingerprints(folder):
    tables = load_tables(folder)
    return {routine.name: fingerprint.fingerprint(routine, tables) for routine in tables.routines}


def changed(before, after):
    return {name for name in before if before[name] != after.get(name)}


def test_output_depends_on_tables_alone(tmp_path):
    first = generate(TABLES, tmp_path / "a")
    os.environ["PYTHONHASHSEED"] = "7"
    try:
        second = generate(TABLES, tmp_path / "b")
    finally:
        del os.environ["PYTHONHASHSEED"]
    assert first == second and len(first) > 20


def test_same_content_is_not_touched(tables, tmp_path):
    output = tmp_path / "out"
    generate(tables, output)
    old = {path: path.stat().st_mtime_ns for path in output.rglob("*.[chS]")}
    edit(tables / "protocols" / "pipe.toml", "anonymous pipes", "nameless pipes")
    generate(tables, output)
    touched = {path.name for path, time in old.items() if path.stat().st_mtime_ns != time}
    assert touched == {"pipe.h"}


def test_vanished_protocol_leaves_no_header(tables, tmp_path):
    output = tmp_path / "out"
    assert Path("sinter/protocol/power.h") in generate(tables, output)
    (tables / "protocols" / "power.toml").unlink()
    assert Path("sinter/protocol/power.h") not in generate(tables, output)


def test_struct_member_changes_what_reaches_it(tables):
    before = fingerprints(tables)
    edit(tables / "types.toml", '"u32 flags", "u32 index"]', '"u32 index", "u32 flags"]')
    assert changed(before, fingerprints(tables)) == {"message_page"}  # it holds struct lease


def test_struct_member_name_counts(tables):
    before = fingerprints(tables)
    edit(tables / "types.toml", '"u64 badge", "u32 kind"', '"u64 label", "u32 kind"')
    assert changed(before, fingerprints(tables)) == {"port_receive", "port_reply_receive"}


def test_type_of_parameter_counts_and_its_name_does_not(tables):
    before = fingerprints(tables)
    edit(tables / "calls.toml", 'in = ["handle handle", "u32 rights"]',
         'in = ["handle original", "u32 rights"]')
    assert changed(before, fingerprints(tables)) == set()
    edit(tables / "calls.toml", 'in = ["handle original", "u32 rights"]',
         'in = ["handle original", "u64 rights"]')
    assert changed(before, fingerprints(tables)) == {"handle_duplicate"}


def test_texts_and_constants_do_not_count(tables):
    before = fingerprints(tables)
    edit(tables / "calls.toml", 'doc = "Closes a handle.', 'doc = "Gives a handle back.')
    edit(tables / "types.toml", "values = { POWEROFF = 0, REBOOT = 1 }",
         "values = { POWEROFF = 0, REBOOT = 1, SLEEP = 2 }")
    assert changed(before, fingerprints(tables)) == set()


def test_canonical_prototype():
    canonical = fingerprint.canonical_prototype
    assert canonical("void  *f( const struct a  *x,uint64_t y )") == \
        "void* f(const struct a*,uint64_t)"
    assert canonical("uint64_t clock_read(void)") == "uint64_t clock_read(void)"


def test_list_takes_additions_only(tables, tmp_path):
    path = tmp_path / "SYS_1.list"
    release_list.update(load_tables(tables), path)
    release_list.check(load_tables(tables), path)
    with (tables / "calls.toml").open("a") as file:
        file.write('\n[[function]]\nname = "novelty"\nsince = "1.1"\n'
                   'prototype = "void novelty(void)"\ndoc = "New."\n')
    with pytest.raises(TableError, match="not listed: novelty@SYS_1.1"):
        release_list.check(load_tables(tables), path)
    release_list.update(load_tables(tables), path)
    release_list.check(load_tables(tables), path)
    assert "novelty@SYS_1.1" in path.read_text()


@pytest.mark.parametrize("act", [release_list.check, release_list.update])
def test_list_refuses_change_and_loss(tables, tmp_path, act):
    path = tmp_path / "SYS_1.list"
    release_list.update(load_tables(tables), path)
    edit(tables / "calls.toml", 'in = ["handle port", "u64 badge"]',
         'in = ["handle port", "u32 badge"]')
    edit(tables / "calls.toml", 'name = "thread_yield"', 'name = "thread_rest"')
    with pytest.raises(TableError) as refusal:
        act(load_tables(tables), path)
    assert re.search(r"port_revoke@SYS_1\.0\.\w{8} \(now port_revoke@SYS_1\.0\.\w{8}\)",
                     str(refusal.value))
    assert re.search(r"thread_yield@SYS_1\.0\.\w{8} \(no longer exported\)", str(refusal.value))


def test_committed_list_is_current():
    result = run("--tables", TABLES, "--check-list", ROOT / "libsys" / "SYS_1.list")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path, old, new, message", [
    ("types.toml", '"u64 length", "u32 flags", "u32 index"]', '"u32 flags", "u64 length"]',
     "struct lease: padding before `length`"),
    ("types.toml", '"u32 flags", "u32 index"]', '"u32 flags"]', "struct lease: padding at its end"),
    ("errors.toml", "number = 2\n", "number = 1\n", "error number `1` is there twice"),
    ("calls.toml", 'needs = ["DUPLICATE"]', 'needs = ["DUPLICAT"]', "unknown right `DUPLICAT`"),
    ("calls.toml", "NO_HANDLES =", "NO_HANDLE =", "unknown status `NO_HANDLE`"),
    ("calls.toml", 'in = ["handle handle"]', 'in = ["u16 handle"]', "registers carry"),
    ("protocols/file.toml", "number = 2", "number = 1", "file: method `1` is there twice"),
    ("protocols/pipe.toml", "number = 1\n", "number = 0\n", "method numbers are 1 to 65535"),
    ("protocols/file.toml", 'lease = "write"', 'lease = "wrote"', "not `wrote`"),
    ("protocols/pipe.toml", "number = 2", "number = 1", "protocol number `1` is there twice"),
    ("protocols/power.toml", 'in = ["u32 code"]', 'in = ["handle code"]', "handles travel in"),
    ("calls.toml", "[[call]]", "[[call", "calls.toml"),
])
def test_bad_tables_are_refused(tables, path, old, new, message):
    edit(tables / path, old, new)
    result = run("--tables", tables, "--output", tables / "out")
    assert result.returncode == 1 and message in result.stderr, result.stderr


@pytest.mark.parametrize("compiler", COMPILERS)
def test_headers_compile_alone(compiler, tmp_path):
    command = COMPILERS[compiler]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    generate(TABLES, tmp_path)
    headers = sorted((tmp_path / "sinter").rglob("*.h"))
    assert len(headers) > 8
    for header in headers:
        source = tmp_path / "alone.c"
        source.write_text(f"#include <{header.relative_to(tmp_path)}>\nint alone;\n")
        result = subprocess.run(
            [*command, "-I", tmp_path, "-I", ROOT / "libsys" / "include", "-c", source, "-o",
             tmp_path / "alone.o"], capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{header}: {result.stderr}"


def test_imports_are_what_is_used(tmp_path):
    """The undefined symbols of an object are exactly the imports it calls."""
    compiler = COMPILERS["gcc-riscv64"]
    if not shutil.which(compiler[0]):
        pytest.skip(f"{compiler[0]} is not installed")
    generate(TABLES, tmp_path)
    source = tmp_path / "use.c"
    source.write_text("#include <sinter/protocol/file.h>\n"
                      "status_t use(handle_t file);\n"
                      "status_t use(handle_t file) { return file_sync(file); }\n")
    subprocess.run([*compiler, "-I", tmp_path, "-I", ROOT / "libsys" / "include", "-c", source,
                    "-o", tmp_path / "use.o"], check=True)
    symbols = subprocess.run(["riscv64-linux-gnu-nm", "-u", tmp_path / "use.o"],
                             capture_output=True, text=True, check=True).stdout.split()
    names = {symbol for symbol in symbols if symbol != "U"}
    marks = fingerprints(TABLES)
    # message_page() is reached where an answer RETRY_TOUCH is kept.
    assert names == {f"{name}@SYS_1.0.{marks[name]}" for name in ("port_call", "message_page")}
