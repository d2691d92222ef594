"""./run as it is called from a shell: output, status, options, and that no QEMU is left behind."""

import contextlib
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.machine import scratch_contents
from harness.places import ROOT

LIMIT = 300
TIME_UP = 20 # enough to boot on a busy host
CTRL_A = b"\x01"
SVG = "http://www.w3.org/2000/svg" # its namespace
SCRIPT = r"""for word in 'a  b' "c'd" "$((6 * 7))"
do
    echo "$word"
done
echo nothing > /dev/null
# without end of line:
seq 2 | head -n 1 && (exit 7)"""


def run(architecture, *arguments, **options):
    return subprocess.run([ROOT / "run", architecture, *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=LIMIT, **options)


@pytest.mark.quick
def test_exec(architecture):
    outcome = run(architecture, "--exec", SCRIPT)
    assert (outcome.stdout, outcome.returncode) == ("a  b\nc'd\n42\n1\n", 7), outcome.stderr


def test_graph(architecture, tmp_path):
    """Into a file for Graphviz, or into SVG; other names are refused."""
    path = tmp_path / "graph.dot"
    outcome = run(architecture, "--graph", path)
    assert outcome.returncode == 0 and outcome.stdout == "", outcome.stderr
    assert '"console" -> "names" [label="file"];' in path.read_text(), path.read_text()
    outcome = run(architecture, "--graph", tmp_path / "graph.png")
    assert outcome.returncode == 2 and "has to end in .dot or .svg" in outcome.stderr
    path = tmp_path / "graph.svg"
    outcome = run(architecture, "--graph", path)
    assert outcome.returncode == 0 and outcome.stdout == "", outcome.stderr
    drawn = ElementTree.parse(path).getroot()
    assert drawn.tag == f"{{{SVG}}}svg"
    assert {"console", "names"} <= {text.text for text in drawn.iter(f"{{{SVG}}}text")}


def test_graph_without_graphviz(architecture, tmp_path):
    path = tmp_path / "graph.svg"
    (tmp_path / "dirname").symlink_to(shutil.which("dirname")) # all that ./run needs until then
    outcome = run(architecture, "--graph", path, env={**os.environ, "PATH": str(tmp_path)})
    assert outcome.returncode == 2 and "apt-get install graphviz" in outcome.stderr, outcome.stderr
    assert not path.exists()


@pytest.mark.parametrize("script, output, status, words", [
    ("echo one; sleep 100", "one\n", 124, "the time was up"),
    ("echo one; poweroff; sleep 100", "one\n", 125, "QEMU ended while"),
    ("echo one; exit 9; echo two", "one\n", 9, ""),
    ("echo one; nosuchprogram", "one\nshell: nosuchprogram: no such command; `help` lists them\n",
     127, ""),
    ("if then", "shell: /boot/commands: line 1: `then` is misplaced; expected a command\n", 2, ""),
], ids=["time", "poweroff", "exit", "unknown", "syntax"])
def test_exec_ends(architecture, script, output, status, words):
    seconds = TIME_UP if status == 124 else LIMIT
    outcome = run(architecture, "--timeout", str(seconds), "--exec", script)
    assert (outcome.stdout, outcome.returncode) == (output, status), outcome.stderr
    assert words in outcome.stderr


def test_machine_options(architecture, scratch, tmp_path):
    """CPUs, memory, disks of which one is read-only, and added files, one in place of another."""
    for name in ("true.o", "new"):
        (tmp_path / name).write_text(f"echo {name} was added\n")
    read_only = scratch("read-only.img", b"nobody writes here\n" + bytes(493))
    read_only.chmod(0o444)
    disk = scratch()
    script = """dmesg | head -n 1; mem | head -n 1; head -n 1 /dev/disk0 /dev/disk1
                echo written > /dev/disk0; echo written > /dev/disk1
                cat /boot/new /boot/true.o"""
    outcome = run(architecture, "--smp", "4", "--memory", "48M", "--disk", disk,
                  "--disk", read_only, "--add", tmp_path / "true.o", "--add", tmp_path / "new",
                  "--exec", script)
    lines = outcome.stdout.splitlines()
    assert lines[0].endswith(": 4 CPUs, 48 MiB"), outcome
    assert lines[1].split() == ["memory", str(48 << 10), "KiB"]
    for line in ("Sinter scratch disk, sector 0", "nobody writes here",
                 "shell: /dev/disk1: Read-only file system"):
        assert line in lines
    assert lines[-2:] == ["echo new was added", "echo true.o was added"]
    assert disk.read_bytes() == b"written\n" + scratch_contents()[8:]


@pytest.mark.parametrize("option", ["--machine", "--cpu"])
def test_unknown_names(architecture, option):
    outcome = run(architecture, option, "nosuch", "--exec", "true")
    assert (outcome.stdout, outcome.returncode) == ("", 2)
    words = f"argument {option}: QEMU has no 'nosuch'; `qemu-system-{architecture} "
    assert words in outcome.stderr


class Terminal:
    """`./run` on a pseudo-terminal of its own, as a session leader."""

    def __init__(self, *arguments):
        self.text = ""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(ROOT)
            os.execv("./run", ["./run", *arguments])

    def expect(self, text):
        end = time.monotonic() + LIMIT
        while text not in self.text:
            assert time.monotonic() < end, self.text
            self.text += os.read(self.terminal, 4096).decode(errors="replace")

    def emulators(self):
        """Process numbers of QEMU in this session, by proc(5)."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError): # it has ended
                pid, name, state, _, _, session = path.read_text().split(None, 6)[:6]
                if int(session) == self.process and name.startswith("(qemu") and state != "Z":
                    found.append(int(pid))
        return found

    def status(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def close(self):
        with contextlib.suppress(OSError):
            os.close(self.terminal)


def close_terminal(terminal):
    terminal.close()
    return None


def type_keys(keys, status):
    def end(terminal):
        os.write(terminal.terminal, keys)
        return status
    return end


def send(number, status):
    def end(terminal):
        os.kill(terminal.process, number)
        return status
    return end


ENDINGS = {
    "poweroff": type_keys(b"poweroff\r", 0),
    "keys": type_keys(CTRL_A + b"x", 0),
    "closed": close_terminal,
    "terminated": send(signal.SIGTERM, 128 + signal.SIGTERM),
    "killed": send(signal.SIGKILL, -signal.SIGKILL),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_emulator_stays(architecture, ending):
    terminal = Terminal(architecture)
    try:
        terminal.expect("sinter# ")
        emulators = terminal.emulators()
        assert len(emulators) == 1
        status = ENDINGS[ending](terminal)
        end = time.monotonic() + LIMIT
        while terminal.emulators():
            assert time.monotonic() < end, f"QEMU is still there: {emulators}"
            time.sleep(0.1)
        found = terminal.status()
        assert status in (None, found), terminal.text
    finally:
        for process in terminal.emulators():
            os.kill(process, signal.SIGKILL)
        terminal.close()


def heed_interrupts():
    """Also in the background of a shell, which has what it starts there ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interrupted_exec(architecture):
    """^C while commands run."""
    process = subprocess.Popen([ROOT / "run", architecture, "--exec", "echo begun; sleep 100"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True,
                               preexec_fn=heed_interrupts)
    assert process.stdout.readline() == "begun\n", process.communicate()
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=LIMIT) == ("", "")
    assert process.returncode == 128 + signal.SIGINT
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_debug(architecture):
    """gdb, by the command that is printed, stops at a breakpoint and shows who called."""
    process = subprocess.Popen([ROOT / "run", architecture, "--debug"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        lines = [process.stderr.readline() for _ in range(2)]
        assert "gdb-multiarch" in lines[1], lines
        command = shlex.split(lines[1]) + ["-batch", "-ex", "backtrace", "-ex",
                                           "break syscall_dispatch", "-ex", "continue", "-ex",
                                           "backtrace", "-ex", "kill"]
        text = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT).stdout
    finally:
        process.terminate()
        process.wait(LIMIT)
        process.stderr.close()
    first, _, second = text.partition("Breakpoint 2 at ")
    assert re.search(r"^#0 +kernel_main \(.* at .*main\.c:\d+", first, re.MULTILINE), text
    assert re.search(r"^#0 .*syscall_dispatch \(.*=0x.*\n#1 .* at .*\.[cS]:\d+", second,
                     re.MULTILINE), text
