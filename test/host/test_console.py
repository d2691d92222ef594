"""The console dialogue, against a host shell on a pseudo-terminal, which echoes and edits lines."""

import shutil

import pytest

from harness.console import Console, ConsoleTimeout, SystemEnded

SHELL = "exec env -i PATH=\"$PATH\" TERM=xterm PS1='sinter# ' bash --norc --noprofile -i"

pytestmark = pytest.mark.skipif(not shutil.which("script"), reason="needs script(1)")


@pytest.fixture
def console(tmp_path):
    with Console(["script", "-qc", SHELL, "/dev/null"], tmp_path / "serial.log") as console:
        console.wait_prompt(10)
        yield console


@pytest.mark.parametrize("command, output, status", [
    ("echo hello", "hello\n", 0),
    ("printf 'no newline'", "no newline", 0),
    ("false", "", 1),
    ("printf 'a\\nb\\n'; (exit 42)", "a\nb\n", 42),
    ("echo 'sinter# '", "sinter# \n", 0),
    ("sleep 0 &", None, 0),
])
def test_run(console, command, output, status):
    found, found_status = console.run(command, 10)
    assert found_status == status
    assert output is None or found == output


def test_commands_follow_each_other(console):
    assert [console.run(f"echo {i}", 10) for i in range(3)] == [(f"{i}\n", 0) for i in range(3)]


def test_refused_line(console):
    output, status = console.run("echo a | | echo b", 10)
    assert status != 0 and "syntax error" in output
    assert console.run("echo after", 10) == ("after\n", 0)


def test_timeout_names_the_log(console):
    with pytest.raises(ConsoleTimeout, match="serial.log"):
        console.run("sleep 20", 1)


def test_end_of_the_system(console):
    with pytest.raises(SystemEnded):
        console.run("exit 3", 10)


def test_panic_is_reported(console):
    with pytest.raises(SystemEnded, match="KERNEL PANIC: out of tea"):
        console.run("printf 'KERNEL PAN%s: out of tea\\n' IC; sleep 30", 10)


def test_wake(tmp_path):
    """A silent QEMU is woken where it is known to oversleep, and nowhere else."""
    machine = tmp_path / "qemu-system-none"
    machine.write_text("#!/bin/sh\ntrap 'echo woken; exit' IO\nwhile :; do sleep 0.1; done\n")
    machine.chmod(0o755)
    with Console([str(machine), "-M", "sifive_u"]) as console:
        console.expect("woken", 30)
    with Console([str(machine), "-M", "virt"]) as console:
        with pytest.raises(ConsoleTimeout):
            console.expect("woken", 2)
