"""./run --exec: what it prints and answers, with a host shell in place of the booted system."""

import shutil
import sys

import pytest

import sinter_run
from harness import packages

SYSTEM = """#!/bin/bash
echo firmware and kernel say something
poweroff() { exit; }
export -f poweroff
exec script -qc "env PS1='sinter# ' bash --norc --noprofile -i" /dev/null
"""

pytestmark = pytest.mark.skipif(not shutil.which("script"), reason="needs script(1)")


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    emulator = tmp_path / "qemu-system-riscv64"
    emulator.write_text(SYSTEM, encoding="utf-8")
    emulator.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(packages, "ensure", lambda names: None)
    monkeypatch.setattr(sinter_run, "build_or_exit", lambda variant: None)
    monkeypatch.setattr(sinter_run, "LOGS", tmp_path)

    def start(*arguments):
        monkeypatch.setattr(sys, "argv", ["./run", "riscv64", *arguments])
        status = sinter_run.main()
        return capsys.readouterr().out.removeprefix("Building riscv64-clang ...\n"), status
    return start


@pytest.mark.parametrize("commands, output, status", [
    ("echo one; echo two", "one\ntwo\n", 0),
    ("echo first\n(exit 7)", "first\n", 7),
    ("nosuchcommand 2>/dev/null", "", 127),
])
def test_output_and_status(run, commands, output, status):
    assert run("--exec", commands) == (output, status)


def test_timeout(run):
    assert run("--exec", "sleep 30", "--timeout", "2")[1] == sinter_run.STATUS_TIMEOUT


def test_system_that_ends(run):
    assert run("--exec", "exit 0")[1] == sinter_run.STATUS_SYSTEM_ENDED


def test_print(run):
    output, status = run("--print", "--smp", "4", "--memory", "64M", "--disk", __file__)
    assert status == 0
    assert "-smp 4 -m 64M" in output and f"file={__file__}" in output


@pytest.mark.parametrize("arguments", [["--disk", "/nonexistent"], ["--smp", "0"]])
def test_refused_arguments(run, arguments):
    with pytest.raises(SystemExit) as refusal:
        run(*arguments)
    assert refusal.value.code == 2
