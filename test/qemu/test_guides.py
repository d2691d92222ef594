"""The guides, typed as they stand on both architectures; what is answered has to be what they show.

Blocks of a guide: `sh` (with an architecture: for that alone), whose `./run` starts a system or
gdb; `text`, what the block before prints; `sinter`, a session at the prompt; `keys`, one in which
also the prompt of a shell of xv6 is typed at; `gdb`, one with gdb.
In what they show numbers stand for any number, a line `...` for any lines, and `...` in a line for
anything; of `text` and `gdb` lines may be left out, and those of the shell about jobs everywhere.
What stands before the first prompt is what the boot prints, with lines left out too. Lines of the
supervisor (`init: ...`) come at any moment after the command, or after the block before.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time

import pytest

from harness.console import Console, before
from harness.debug import GDB
from harness.places import LOGS, ROOT

LIMIT = 300
HOME = "/home/you"
WRITTEN_FOR = "riscv64"
PROMPT = "sinter# "
DEBUGGER = "(gdb) "
INNER_PROMPT = r"\$ "
KEYS = {"^C": "\x03", "^D": "\x04"}
ARCHITECTURE = re.compile(r"^ARCH=.*\n", re.MULTILINE)
BOOTS = re.compile(r"\./run (?:\$ARCH|riscv64|aarch64)\b(?!.* --(?:exec|print|graph|debug)\b)")
CONTINUED = re.compile(r"\n {4,}") # a line that gdb broke
BLOCK = re.compile(r"^```(sh|text|sinter|keys|gdb) ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
JOB = re.compile(r"\[\d+\] ")
NOTICE = "init: "
PIECE = re.compile(r"(?P<number>\b0x[0-9a-f]+|\d[\d.]*)|(?P<blank> +)|(?P<any>\.\.\.)")
STANDS_FOR = {"number": r"(?:0x)?[0-9a-f][0-9a-f.]*", "blank": " +", "any": ".*"}


def pattern(line):
    """Of a line as it is shown."""
    parts, at = [], 0
    for found in PIECE.finditer(line):
        parts += [re.escape(line[at:found.start()]), STANDS_FOR[found.lastgroup]]
        at = found.end()
    return "".join(parts) + re.escape(line[at:])


def check_whole(shown, said, what):
    wanted = "".join(r"(?:.*\n)*?" if line.strip() == "..." else pattern(line.strip()) + "\n"
                     for line in shown if not JOB.match(line) and not line.startswith(NOTICE))
    lines = "".join(f"{line.strip()}\n" for line in said.splitlines() if not JOB.match(line))
    assert re.fullmatch(wanted, lines), f"{what} says:\n{said}\nand not:\n" + "\n".join(shown)


def check_lines(shown, said, what):
    """The lines are there, in this order."""
    rest = said
    for line in shown:
        found = re.search(rf"^(?:\(gdb\) )*{pattern(line)}", rest, re.MULTILINE)
        assert found, f"{what}: no {line!r} in {rest!r} of\n{said}"
        rest = rest[found.end():]


class Reader:
    """Who does what a guide says."""

    def __init__(self, architecture, home, log):
        self.architecture, self.log = architecture, log
        self.environment = {**os.environ, "HOME": home}
        self.environment.pop("ARCH", None) # a guide sets it before it uses it
        self.console = self.said = self.gdb = self.booted = None
        self.seen = 0 # lines of the supervisor, in blocks before

    def sh(self, text):
        if ARCHITECTURE.search(text):
            self.environment["ARCH"] = self.architecture
        command = ARCHITECTURE.sub("", text).strip()
        assert "ARCH" in self.environment or "$ARCH" not in command, f"no ARCH for: {command}"
        starts = BOOTS.match(command)
        if starts:
            self.close()
        if self.console is not None: # others may run at the same time
            command = command.replace(
                "./run push", f"./run push --to {self.architecture}-{self.console.process.pid}")
        if "--debug" in command:
            self.gdb = command
        elif starts:
            words = subprocess.run(["sh", "-c", f"printf '%s\\n' {command}"], check=True, text=True,
                                   env=self.environment, stdout=subprocess.PIPE).stdout.split("\n")
            self.console, self.seen = Console(words[:-1], self.log), 0
            self.booted = before(self.console.expect(re.escape(PROMPT), LIMIT, "the prompt"))
        else:
            done = subprocess.run(["sh", "-c", command], env=self.environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
            self.said = done.stdout
            assert done.returncode == 0, f"{command}\n{self.said}"

    def text(self, text):
        check_lines(text.splitlines(), self.said, "the command")

    def sinter(self, text):
        boot, *parts = re.split(rf"^{PROMPT}", text, flags=re.MULTILINE)
        self.check_notices(boot.splitlines(), self.seen)
        check_lines([line for line in boot.splitlines() if not line.startswith(NOTICE)],
                    self.booted, "the boot")
        for part in parts:
            command, *shown = part.splitlines()
            if command == "poweroff":
                assert self.console.power_off()
                self.close()
            elif command == "reboot":
                self.console.send("reboot\n")
                self.console.wait_prompt()
            else:
                known = len(self.console.notices)
                check_whole(shown, self.console.run(command, LIMIT)[0], command)
                self.check_notices(shown, known)
        self.seen = len(self.console.notices) if self.console else 0

    def check_notices(self, shown, known):
        end = time.monotonic() + LIMIT
        for line in shown:
            if line.startswith(NOTICE):
                wanted = re.compile(pattern(line.removeprefix(NOTICE)))
                while not any(map(wanted.fullmatch, self.console.notices[known:])):
                    assert time.monotonic() < end and self.console.read(1), line

    def keys(self, text):
        """A command of the inner shell is followed by what is typed to it, up to a line that is a
        key; a line that repeats the one before is what the command says."""
        for part in re.split(rf"^{PROMPT}", text, flags=re.MULTILINE)[1:]:
            command, *inner = re.split(f"^{INNER_PROMPT}", part, flags=re.MULTILINE)
            if inner:
                self.type_line(command.rstrip())
                for lines in inner:
                    self.console.expect(rf"\A(?:\^C\n?)?{INNER_PROMPT}", what="its prompt")
                    self.inner(lines.splitlines())
                self.console.wait_prompt()
            else:
                self.sinter(PROMPT + part)

    def inner(self, lines):
        key = next((at for at, line in enumerate(lines) if line in KEYS), 0)
        for at, line in enumerate(lines):
            if line in KEYS:
                self.console.send(KEYS[line])
            elif at == 0 or at < key and line != lines[at - 1]:
                self.type_line(line)
            else:
                self.expect_line(line)

    def type_line(self, line):
        self.console.send(f"{line}\n")
        self.expect_line(line)

    def expect_line(self, line):
        self.console.expect(rf"\A{pattern(line)} *\n", what=line)

    def gdb_session(self, text):
        if shutil.which(GDB) is None:
            pytest.skip(f"{GDB} is not installed")
        lines = text.splitlines()
        commands = ["set width 0", *(line.removeprefix(DEBUGGER) for line in lines
                                     if line.startswith(DEBUGGER))]
        done = subprocess.run(["sh", "-c", self.gdb], input="\n".join([*commands, ""]), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT,
                              env=self.environment)
        shown = CONTINUED.sub(" ", text).splitlines()
        check_lines([line for line in shown if not line.startswith(DEBUGGER)
                     and not JOB.match(line)],
                    CONTINUED.sub(" ", done.stdout.replace("\r", "")), "gdb")

    def close(self):
        if self.console is not None:
            self.console.close()
            self.console = None


@pytest.fixture
def home():
    """Its name is short: push tells the end of a long path only."""
    with tempfile.TemporaryDirectory(prefix="home") as path:
        yield path


def guide_text(guide):
    """Of FILE, or of FILE#TITLE the section with that title."""
    name, _, title = guide.partition("#")
    folder = ROOT if name == "README" else ROOT / "docs"
    text = (folder / f"{name}.md").read_text(encoding="utf-8")
    if not title:
        return text
    assert f"\n## {title}\n" in text
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_personality_names():
    """The table of the chapter names files that are there, and functions that they use."""
    folder = ROOT / "examples/personality"
    rows = re.findall(r"^\| `(\w+\.[ch])` \|.*\| (.*) \|$", guide_text("PERSONALITIES#Write one"),
                      re.MULTILINE)
    assert {name for name, _ in rows} | {"personality.h"} == \
        {path.name for path in folder.glob("*.[ch]")}
    for name, used in rows:
        code = (folder / name).read_text(encoding="utf-8")
        for function in re.findall(r"`(\w+)`", used):
            assert re.search(rf"\b{function}\b", code), f"{name} does not use {function}"


@pytest.mark.parametrize("guide", ["FIRST-DRIVER", "SERVICES", "LAB", "PERSONALITIES#Write one",
                                   "XV6", "INIT#A session", "README#A session", "TRACING",
                                   "DEBUGGING", "BOARDS"])
def test_guide(architecture, guide, home, monkeypatch):
    monkeypatch.chdir(ROOT)
    name = guide.partition("#")[0]
    reader = Reader(architecture, home, LOGS / f"test_guide-{name}-{architecture}.log")
    blocks = BLOCK.findall(guide_text(guide))
    assert blocks
    try:
        for kind, only, body in blocks:
            if only in ("", architecture):
                shown = body.replace(HOME, home)
                if kind != "sh":
                    shown = shown.replace(WRITTEN_FOR, architecture)
                {"sh": reader.sh, "text": reader.text, "sinter": reader.sinter, "keys": reader.keys,
                 "gdb": reader.gdb_session}[kind](shown)
    finally:
        reader.close()
