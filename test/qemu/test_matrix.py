"""tools/sinter-matrix: a driver from outside this tree in a few cells, by U-Boot as well."""

import subprocess

import pytest

from harness.matrix import SMOKE
from harness.own_driver import OwnDrivers
from harness.places import ROOT

CELLS = {"riscv64": "riscv64-clang-debug-1cpu-", "aarch64": "aarch64-clang-release-1cpu-"}
LIMIT = 600
SOURCES = ROOT / "test" / "objects" / "compilers"
DRIVER_WORKS = """
svc start mine && svc wait mine || { echo "mine does not start"; exit 21; }
first=$(cat /dev/mine)
svc kill mine --fault null
[ -n "$first" ] && [ "$(cat /dev/mine)" = "$first" ] || { echo "mine answers $first"; exit 22; }
echo "$arch $compiler $build $cpus $boot: $first"
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "mine.c"
    path.write_text("".join(f'#include "{SOURCES}/{name}"\n' for name in ("work.c", "answer.c")),
                    encoding="utf-8")
    return path


@pytest.fixture
def try_driver(source, tmp_path):
    test = tmp_path / "test.sh"

    def start(script, pattern, driver=source):
        test.write_text(script, encoding="utf-8")
        done = subprocess.run([ROOT / "tools" / "sinter-matrix", driver, test, "-k", pattern],
                              capture_output=True, text=True, timeout=LIMIT)
        return done.stdout + done.stderr, done.returncode
    return start


def test_driver_in_cells(architecture, try_driver):
    pattern = CELLS[architecture]
    said, status = try_driver(SMOKE.read_text(encoding="utf-8") + DRIVER_WORKS, pattern)
    assert status == 0, said
    for boot in ("kernel", "uboot"):
        assert f"{pattern}{boot}: ok in " in said
    assert said.endswith("2 ok, 0 FAILED, 0 skipped\n")


def test_object_in_a_cell(architecture, variant, source, try_driver, tmp_path):
    """Made once, by another build than the one it is tried in."""
    cell = CELLS[architecture] + "kernel"
    said, status = try_driver(DRIVER_WORKS, cell,
                              OwnDrivers([str(source)], None, tmp_path).compile(source, variant))
    assert status == 0 and f"{cell}: ok in " in said, said
    assert said.endswith("1 ok, 0 FAILED, 0 skipped\n")


def test_failing_script(architecture, try_driver):
    """Its last line and its status tell, and where the serial log is."""
    pattern = CELLS[architecture] + "kernel"
    said, status = try_driver('echo "this is why"; exit 3\n', pattern)
    assert status == 1 and said.endswith("0 ok, 1 FAILED, 0 skipped\n"), said
    assert f"{pattern}: FAILED in " in said and "status 3: this is why [serial log: " in said
