"""Every source file of the tree is built, a file that no meson.build names is a file forgotten;
what is C is laid out as .clang-format says, and no line is wider than it says."""

import re
import subprocess

import pytest

from harness.places import ROOT

FOLDERS = ("kern", "libsys", "loader", "servers", "abi-servers", "drivers", "programs", "examples")
FORMATTER = "clang-format-19" # others lay out differently
COLUMNS = 100


def named_files(build_file):
    """Paths in quotes that end like a source file, relative to the root."""
    names = re.findall(r"'([^']+\.[cS])'", build_file.read_text(encoding="utf-8"))
    return {(build_file.parent / name).resolve() for name in names}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_source_is_named(folder):
    named = set()
    for build_file in (ROOT / folder).rglob("meson.build"):
        named |= named_files(build_file)
    sources = {path for pattern in ("*.c", "*.S") for path in (ROOT / folder).rglob(pattern)}
    forgotten = sorted(str(path.relative_to(ROOT)) for path in sources - named)
    assert not forgotten, f"no meson.build names {', '.join(forgotten)}"


def test_every_test_is_named():
    """Also by its name without ending, and by the Python tests that build some of them."""
    files = [path for pattern in ("meson.build", "*.py") for path in (ROOT / "test").rglob(pattern)]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    sources = [path for pattern in ("*.c", "*.S", "*.cpp", "*.rs")
               for path in (ROOT / "test").rglob(pattern)]
    forgotten = sorted(str(path.relative_to(ROOT)) for path in sources
                       if not re.search(rf"['\"/]{re.escape(path.name)}['\"]|"
                                        rf"['\"]{re.escape(path.stem)}['\"]", text))
    assert not forgotten, f"nothing under test/ builds {', '.join(forgotten)}"


@pytest.mark.parametrize("folder", FOLDERS + ("test", "tools"))
def test_layout(folder):
    sources = [path for pattern in ("*.c", "*.h", "*.cpp")
               for path in (ROOT / folder).rglob(pattern)]
    if not sources:
        pytest.skip("no C here")
    answer = subprocess.run([FORMATTER, "--dry-run", "-Werror", *sources], capture_output=True,
                            text=True)
    assert answer.returncode == 0, (f"`{FORMATTER} -i` lays these out otherwise:\n"
                                    f"{answer.stderr[:2000]}")


@pytest.mark.parametrize("folder", FOLDERS + ("test", "tools"))
def test_columns(folder):
    patterns = ("*.c", "*.h", "*.cpp", "*.S", "*.py", "meson.build")
    sources = [path for pattern in patterns for path in (ROOT / folder).rglob(pattern)]
    wide = [f"{path.relative_to(ROOT)}:{number}" for path in [*sources, ROOT / "meson.build"]
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if len(line) > COLUMNS]
    assert not wide, f"wider than {COLUMNS} columns: {', '.join(wide)}"
