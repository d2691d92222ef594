"""The matrix of ./check and tools/sinter-matrix, without booting: cells, drivers, what is told."""

import json
import subprocess

import pytest

from harness import matrix, packages
from harness.build import BuildError, Variant
from harness.matrix import Cell, Outcome
from harness.own_driver import DriverError, OwnDrivers, fill_in
from harness.places import ALL_COMPILERS, ARCHITECTURES, ROOT

ELF_HEAD = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\x00"
MACHINES = {"riscv64": b"\xf3\x00", "aarch64": b"\xb7\x00"}
RISCV = Variant("riscv64", "gcc", "debug")
ARM = Variant("aarch64", "clang14", "release")


def test_every_combination_is_a_cell():
    assert len(matrix.CELLS) == len({cell.name for cell in matrix.CELLS}) == 48
    for what, values in {"architecture": ARCHITECTURES, "compiler": ALL_COMPILERS,
                         "build_type": ("debug", "release"), "cpus": (1, 4),
                         "boot": ("kernel", "uboot")}.items():
        assert {getattr(cell, what) for cell in matrix.CELLS} == set(values)
    suites = [cell for cell in matrix.CELLS if cell.has_suite]
    assert {cell.architecture for cell in suites} == set(ARCHITECTURES)
    assert {cell.build_type for cell in suites} == set(matrix.TYPES)


def run_check(*arguments):
    return subprocess.run([ROOT / "check", "--matrix", *arguments], capture_output=True, text=True)


def test_list_is_json_that_cell_takes():
    names = json.loads(run_check("--list").stdout)
    assert names == [cell.name for cell in matrix.CELLS]
    assert all(matrix.find(name).name == name for name in names)
    chosen = json.loads(run_check("--list", "--arch", "aarch64", "-k", "gcc-debug").stdout)
    assert len(chosen) == 4 and all(name.startswith("aarch64-gcc-debug-") for name in chosen)


def test_unknown_cell_is_refused():
    refused = run_check("--cell", "vax-gcc")
    assert refused.returncode == 2 and "there is no cell `vax-gcc`" in refused.stderr


def test_command_of_a_cell(tmp_path):
    plain = matrix.command(Cell("riscv64", "gcc", "debug", 4, "kernel"), "true", tmp_path)
    assert plain[1:4] == ["riscv64", "--compiler", "gcc"]
    assert "--debug-build" in plain and plain[plain.index("--smp") + 1] == "4"
    assert plain[-1].startswith("arch=riscv64\n") and plain[-1].endswith("\ntrue")
    assert "disk=/dev/disk0\n" in plain[-1] and "--uboot" not in plain
    other = matrix.command(Cell("aarch64", "clang14", "release", 1, "uboot"), "true", tmp_path,
                           ["a.o", "b.o"])
    assert "--uboot" in other and "--release" in other
    assert "boot_disk=/dev/disk0\ndisk=/dev/disk1\n" in other[-1]
    assert other[other.index("--add"):][:4] == ["--add", "a.o", "--add", "b.o"]


def test_table():
    cells = [Cell("riscv64", "gcc", "debug", cpus, boot) for cpus in (1, 4)
             for boot in ("kernel", "uboot")] + [Cell("aarch64", "clang", "release", 1, "kernel")]
    verdicts = [matrix.PASSED, matrix.FAILED, matrix.SKIPPED, matrix.PASSED, matrix.PASSED]
    lines = matrix.table([Outcome(*pair) for pair in zip(cells, verdicts)]).splitlines()
    assert lines[0].split("  ")[-1].strip() == "4 CPUs uboot"
    assert lines[1].split() == ["riscv64", "gcc", "debug", "ok", "FAILED", "skipped", "ok"]
    assert lines[2].split() == ["aarch64", "clang", "release", "ok", "-", "-", "-"]
    assert lines[3] == "3 ok, 1 FAILED, 1 skipped"


def test_failed_build_fails_its_cells(monkeypatch):
    def fail(*_):
        raise BuildError("cc -c a.c\na.c:1: error: no")
    monkeypatch.setattr(packages, "absent_compiler", lambda *_: None)
    monkeypatch.setattr(Variant, "build", fail)
    cells = matrix.chosen("riscv64", "gcc-debug")
    outcomes = matrix.run(cells, "true")
    assert [outcome.verdict for outcome in outcomes] == [matrix.FAILED] * 4
    assert outcomes[0].for_suite()[0].startswith("a.c:1: error: no")


def test_absent_compiler_skips_its_cells(monkeypatch):
    monkeypatch.setattr(packages, "absent_compiler", lambda *_: "clang-14")
    outcomes = matrix.run(matrix.chosen("riscv64", "clang14-debug"), "true")
    told = [outcome.for_suite() for outcome in outcomes]
    assert told == [(None, "clang-14 is not installed")] * 4


@pytest.fixture
def objects(tmp_path):
    for name, machine in MACHINES.items():
        (tmp_path / f"{name}.o").write_bytes(ELF_HEAD + machine + bytes(44))
    return tmp_path


def test_objects_go_to_their_architecture(objects):
    paths = [str(objects / f"{name}.o") for name in MACHINES]
    drivers = OwnDrivers(paths, None, objects)
    assert [path.name for path in drivers.objects(RISCV)] == ["riscv64.o"]
    assert [path.name for path in drivers.objects(ARM)] == ["aarch64.o"]
    one = OwnDrivers(paths[:1], None, objects)
    assert one.fits(RISCV) and not one.fits(ARM)


def test_placeholders(objects):
    assert fill_in("{architecture}/{compiler}/{build_type}/{other}", ARM) == \
        "aarch64/clang14/release/{other}"
    drivers = OwnDrivers([str(objects / "{architecture}.o")], None, objects)
    assert drivers.objects(ARM) == [objects / "aarch64.o"]
    (objects / "aarch64.o").write_bytes((objects / "riscv64.o").read_bytes())
    with pytest.raises(BuildError, match="is no object for aarch64"):
        drivers.objects(ARM)


def test_command_makes_the_object(objects):
    made = objects / "made.o"
    command = f'echo "$CC" "$CFLAGS" > {objects}/said; cp {objects}/$ARCHITECTURE.o {made}'
    assert OwnDrivers([str(made)], command, objects).objects(ARM) == [made]
    said = (objects / "said").read_text()
    assert said.startswith("clang-14 --target=aarch64-none-elf ") and " -O3 " in said
    with pytest.raises(BuildError, match="exit 3"):
        OwnDrivers([str(made)], "exit 3", objects).objects(ARM)


@pytest.mark.parametrize("contents, words", [
    (b"", "is no object for riscv64 or aarch64"),
    (ELF_HEAD + b"\x3e\x00", "is no object for riscv64 or aarch64"),
    (None, "No such file or directory"),
])
def test_what_is_no_driver_is_refused(tmp_path, contents, words):
    path = tmp_path / "driver.o"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(DriverError, match=words):
        OwnDrivers([str(path)], None, tmp_path)


def test_container_has_the_packages_of_the_matrix():
    """From the one list: the Containerfile runs packages.py, which prints all that is needed."""
    printed = subprocess.run(["/usr/bin/python3", ROOT / "tools" / "harness" / "packages.py"],
                             check=True, capture_output=True, text=True).stdout.split()
    assert set(matrix.needed_packages(matrix.CELLS)) | set(packages.HOST_TESTS) <= set(printed)
    assert "$(python3 /tmp/packages.py)" in (ROOT / "Containerfile").read_text()
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    folder = ROOT / ".devcontainer"
    assert (folder / container["build"]["dockerfile"]).resolve() == ROOT / "Containerfile"
    assert (folder / container["build"]["context"]).resolve() == ROOT
