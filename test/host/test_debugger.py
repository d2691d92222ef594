"""Objects as gdb is given them: tools/debugger/object_sections.py."""

import shutil
import subprocess

import pytest

from debugger.object_sections import differences, link_script, without_code_relocations
from elf64 import File, SHF_ALLOC, SHT_RELA

SOURCE = """\
extern int elsewhere(int);
int table[] = {1, 2, 3};
int *pointer = &table[1];
int work(int n) { return elsewhere(n) + *pointer; }
int more(int n) { return work(n) * 2; }
"""
BASE = 0x12_3456_7000
STEP = 0x2000
LINKER = "ld.lld-19"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    (folder / "a.c").write_text(SOURCE, encoding="utf-8")
    subprocess.run(["clang-19", "--target=riscv64-unknown-elf", "-g", "-O1", "-ffunction-sections",
                    "-fdata-sections", "-mno-relax", "-c", "a.c"], cwd=folder, check=True)
    return folder


@pytest.fixture
def data(folder):
    return (folder / "a.o").read_bytes()


def sections_of(data):
    file = File(data)
    return [(file.name(section), section) for section in file.sections]


def placed(data):
    """As the loader tells it, in any order."""
    names = [(name, section.size) for name, section in sections_of(data)
             if section.flags & SHF_ALLOC]
    return [(name, BASE - i * STEP, size) for i, (name, size) in enumerate(names)]


def test_same_object_has_no_differences(data):
    assert differences(data, placed(data)) == ""


def test_other_objects_are_told(data):
    sections = placed(data)
    name, address, size = next(section for section in sections if section[0] == ".text.work")
    assert differences(data, [(name, address, size + 2)]) == \
        f"its .text.work has {size} bytes, not {size + 2}"
    assert differences(data, [(".text.gone", address, size)]) == "it has no .text.gone"


def test_only_debugging_relocations_stay(data):
    tables = {name: section.size for name, section in sections_of(data)
              if section.type == SHT_RELA}
    assert ".rela.text.work" in tables and ".rela.debug_info" in tables
    for name, section in sections_of(without_code_relocations(data)):
        if section.type == SHT_RELA:
            kept = name.startswith(".rela.debug")
            assert section.size == (tables[name] if kept else 0), name


@pytest.mark.skipif(shutil.which(LINKER) is None, reason=f"{LINKER} is not installed")
def test_linked_where_it_lies(folder, data):
    """Also what it imports is not needed."""
    sections = placed(data)
    (folder / "sections.ld").write_text(link_script(sections), encoding="utf-8")
    (folder / "bare.o").write_bytes(without_code_relocations(data))
    subprocess.run([LINKER, "--no-relax", "-e", "0", "-T", "sections.ld", "-o", "a.elf", "bare.o"],
                   cwd=folder, check=True)
    symbols = subprocess.run(["llvm-nm-19", "a.elf"], cwd=folder, check=True, capture_output=True,
                             text=True).stdout
    at = {name: address for name, address, _ in sections}
    for symbol in ("work", "more"):
        assert f"{at[f'.text.{symbol}']:016x} T {symbol}\n" in symbols
    line = subprocess.run(["llvm-symbolizer-19", "--obj=a.elf", hex(at[".text.more"])], cwd=folder,
                          check=True, capture_output=True, text=True).stdout
    assert "more" in line and "a.c:5" in line
