"""./run: what it refuses, in one line that says what would do, and the command it makes."""

import shlex
import sys
from pathlib import Path

import pytest

import initrd
import sinter_run
from harness import build, packages


@pytest.fixture
def run(monkeypatch, capsys):
    monkeypatch.setattr(packages, "ensure", lambda names: None)
    monkeypatch.setattr(sinter_run, "build_or_exit", lambda variant: None)

    def start(*arguments):
        monkeypatch.setattr(sys, "argv", ["./run", "riscv64", *arguments])
        try:
            status = sinter_run.main()
        except SystemExit as exit_:
            status = exit_.code
        return *capsys.readouterr(), status
    return start


def test_print(run, tmp_path):
    disk = tmp_path / "a,b"
    disk.write_bytes(b"")
    read_only = tmp_path / "read-only"
    read_only.write_bytes(b"")
    read_only.chmod(0o444)
    output, _, status = run("--print", "--smp", "4", "--memory", "64M", "--disk", str(disk),
                            "--disk", str(read_only))
    assert status == 0
    assert "-smp 4 -m 64M" in output
    assert f"file={tmp_path}/a,,b " in output.replace("'", "")
    assert f"file={read_only},readonly=on" in output


def test_print_keeps_the_built_boot_set(run, monkeypatch, tmp_path):
    monkeypatch.setattr(build, "BUILD", tmp_path)
    built = tmp_path / "riscv64-clang" / "boot.cpio"
    built.parent.mkdir()
    built.write_bytes(initrd.make_archive({"init.rc": b""}))
    before = built.read_bytes()
    output, _, status = run("--print", "--add", __file__, "--exec", "ls")
    assert (status, built.read_bytes()) == (0, before)
    command = shlex.split(output)
    added = initrd.collect(Path(command[command.index("-initrd") + 1]), [])
    assert set(added) == {"init.rc", "test_run.py", "commands"}


@pytest.mark.parametrize("arguments, words", [
    (["--smp", "0"], "'0': give a number of CPUs from 1 to 8"),
    (["--smp", "9"], "'9': give a number of CPUs from 1 to 8"),
    (["--smp", "x"], "'x': give a number of CPUs from 1 to 8"),
    (["--memory", "16M"], "'16M': Sinter runs with 32M to "),
    (["--memory", "512G"], "'512G': Sinter runs with 32M to "),
    (["--memory", "lots"], "'lots': give a size such as 64M or 2G"),
    (["--disk", "/nonexistent"], "/nonexistent: No such file or directory"),
    (["--disk", "/"], "/: is a folder; name a file"),
    (["--add", "/nonexistent"], "/nonexistent: No such file or directory"),
    (["--add", "/"], "/: is a folder; name a file"),
    (["--add", __file__, "--add", __file__], "two files would be /boot/test_run.py"),
    (["--timeout", "soon"], "'soon': give a number of seconds above 0"),
    (["--timeout", "0"], "'0': give a number of seconds above 0"),
    (["sparc"], "unrecognized arguments: sparc"),
    (["--release", "--debug-build"], "not allowed with"),
    (["--service", "fifo"], "argument --service: goes with --debug"),
    (["--debug", "--service", "fifo", "--exec", "ls"], "gdb has the terminal"),
])
def test_refused_arguments(run, arguments, words):
    output, error, status = run(*arguments)
    assert (output, status) == ("", 2)
    assert error.startswith("./run: ") and error.count("\n") == 1 and words in error, error
