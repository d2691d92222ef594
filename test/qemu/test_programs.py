"""The programs and the shell at the prompt: output, exit status, pipes, scripts, and keys."""

import os
import random
import re
import subprocess

import pytest

from harness.machine import SECTOR, scratch_contents

UP, TAB, LEFT = "\x1b[A", "\t", "\x1b[D"

COMMANDS = [ # line, what it prints, its status
    ("echo 'a  b' \"c $((6 * 7))\" d\\ e", "a  b c 42 d e\n", 0),
    ("x=one; y=$x-two; echo ${y} ${#y} ${none:-nothing}", "one-two 7 nothing\n", 0),
    ("false; echo $?; true && echo yes || echo no; ! true", "1\nyes\n", 1),
    ("seq 3 | while read n; do echo line $n; done", "line 1\nline 2\nline 3\n", 0),
    ("for f in /boot/ec*.o; do echo $f; done", "/boot/echo.o\n", 0),
    ("head -n 1 < /boot/init.rc | wc -l > /dev/null; cat < /dev/null", "", 0),
    ("nosuch 2> /dev/null; echo $?", "127\n", 0),
    ("cat /nonexistent", "cat: /nonexistent: No such file or directory\n", 1),
    ("cp /boot/init.rc", "usage: cp SOURCE TARGET\n", 2),
    ("cat /boot/init.rc | tee /dev/null | wc -l | cat", None, 0),
    ("seq 1000000 | head -n 2", "1\n2\n", 0), # who writes ends with its reader, silently
    ("cat /dev/disk0 | head -c 6; hexdump /dev/disk0 | head -n 1",
     "Sinter00000000  53 69 6e 74 65 72 20 73 63 72 61 74 63 68 20 64  |Sinter scratch d|\n", 0),
    ("hexdump -s 512 -n 6 /dev/disk0", "00000200  53 69 6e 74 65 72" + " " * 32 +
     "|Sinter|\n00000206\n", 0),
    ("shell -c 'echo $0 $# $2' name a b", "name 2 b\n", 0),
    ("echo hello | sha256sum",
     "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  -\n", 0),
    ("sleep x", "usage: sleep SECONDS[.FRACTION]\n", 2),
    ("svc", None, 2),
    ("cp /boot/echo.o /tmp/say.o; echo $PATH; PATH=$PATH:/tmp; say hi; shell -c 'say there'",
     "/boot\nhi\nthere\n", 0),
    ("seq 1; unset PATH; echo x$PATH; seq 1; say hi 2> /dev/null", "1\nx\n1\n", 127),
]


@pytest.mark.quick
def test_commands(boot, architecture, scratch):
    console = boot(disks=[scratch()])
    problems = []
    for line, output, status in COMMANDS:
        found = console.run(line)
        if found[1] != status or output not in (None, found[0]):
            problems.append(f"`{line}`: {found}, expected {(output, status)}")
    assert not problems, "\n".join(problems)


def test_lists(boot, architecture):
    """What the programs that show the system's state say."""
    console = boot()
    patterns = {
        "ls /boot": r"(?s)^cat\.o\n.*^shell\.o\n.*^virtio-blk\.o$",
        "ls -l /dev": r"(?m)^c +0 fifo$",
        "ps": r"(?m)^- +running .* console$(?s:.*)^1 +running .* shell$(?s:.*) ps$",
        "mem": r"(?m)^memory +131072 KiB$",
        "dmesg": r"Sinter on .*: 1 CPU, 128 MiB",
        "help": r"(?s)^  gpio [^\n]* drives and watches lines$.*^  poweroff ",
        "svc help": r"(?m)^restart NAME ",
        "svc log fifo": r"has not crashed|fifo: ",
        "svc status fifo": r"(?m)^state: +running, for ",
    }
    problems = []
    for command, pattern in patterns.items():
        output, status = console.run(command)
        if status != 0 or not re.search(pattern, output, re.MULTILINE):
            problems.append(f"`{command}`: {status}, {output!r}, expected {pattern!r}")
    assert not problems, "\n".join(problems)


def test_words_of_svc(boot, architecture):
    """`svc help` has a line for each word of scripts, and for those that only `svc` has."""
    console = boot()
    refused, status = console.run("svc nonsense")
    assert status == 1 and "known are " in refused, refused
    known = set(refused.split("known are ")[1].replace(",", "").split())
    told = [line.split()[0] for line in console.run("svc help")[0].splitlines()]
    assert set(told) == known | {"check", "graph"} and len(told) == len(set(told)), told
    usage, status = console.run("svc")
    assert status == 2 and "|check|graph " in usage, usage


TEXT_COMMANDS = [
    "tail -n 3 text", "tail -n 0 text", "tail -c 1000 text", "tail text", "tail -n 99999 text",
    "tail -n 2 open", "tail -n 1 open", "tail empty", "tail -n 5000 text",
    "grep -n '1.*9$' text", "grep -vc ^x text", "grep -icE '(ab|ba)+ ' text", "grep -F '.*' text",
    "grep -c '' empty", "grep -n '\\(a\\)b' text", "grep nothing text", "grep -q ab text",
    "grep -n end open", "grep -c a text open empty", "grep -E 'b{3}|^$' text",
    "sort text", "sort -r text", "sort -n text", "sort -nr text", "sort -u text", "sort -nu text",
    "sort open text", "sort empty", "cat text | sort -ru | grep -v a | tail -n 4",
]


def test_text_programs(boot, architecture, tmp_path):
    """tail, grep and sort do as those of the host do."""
    chance = random.Random(architecture)
    lines = [f"{chance.choice(['', '-', ' '])}{chance.randrange(2000)} "
             + "".join(chance.choices("abAB .*", k=chance.randrange(30))) for _ in range(3500)]
    (tmp_path / "text").write_text("\n".join(["", *lines, "1.*9"]) + "\n")
    (tmp_path / "open").write_text("first\nends without an end")
    (tmp_path / "empty").touch()
    console = boot(share=tmp_path, memory="256M")
    console.run("for f in text open empty; do cp /host/$f /tmp/$f; done; cd /tmp")
    for command in TEXT_COMMANDS:
        host = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C"})
        told, _ = console.run(f"{{ {command}; }} > /host/told 2>&1; echo $?")
        assert (tmp_path / "told").read_text() == host.stdout, command
        assert told == f"{host.returncode}\n", command
    assert console.run("grep '[a' text 2>&1; echo $?")[0].endswith("2\n")
    assert console.run("grep a missing 2>&1; echo $?")[0].endswith("2\n")
    assert console.run("seq 1000000 | grep 9 | head -n 1") == ("9\n", 0)


def test_names_that_terminals_obey(boot, architecture, tmp_path):
    """ls shows them with question marks on a terminal, and as they are to a program."""
    (tmp_path / "a\x1b[2Jb").touch()
    console = boot(share=tmp_path)
    assert console.run("ls /host") == ("a?[2Jb\n", 0)
    assert "61 1b 5b 32 4a 62 0a" in console.run("ls /host | hexdump")[0]


def test_full_disk(boot, architecture, scratch):
    """A file that is larger than the disk is not said to have been copied."""
    console = boot(disks=[scratch("from.img"), scratch("to.img", bytes(8 * SECTOR))])
    output, status = console.run("cp /dev/disk0 /dev/disk1")
    assert (output, status) == ("cp: /dev/disk1: No space left on device\n", 1)
    assert console.run("head -c 6 /dev/disk1") == ("Sinter", 0), "what had room is there"
    assert len(scratch_contents()) > 8 * SECTOR


@pytest.mark.quick
def test_keys(boot, architecture):
    """History, completion and editing, as typed."""
    console = boot()
    console.run("echo before")
    console.send("echo first\n")
    console.expect(r"^first\n")
    console.wait_prompt()
    console.send(UP + "-again\n")
    console.expect(r"^first-again\n")
    console.wait_prompt()
    console.send("ech" + TAB + "xyz" + LEFT + "-\n")
    console.expect(r"^xy-z\n")
    console.wait_prompt()
    console.send("cat /boot/init" + TAB + "rc | head -n 1\n")
    console.expect(r"^# The boot script[^\n]*\n")
    console.wait_prompt()
    console.run("svc start spare")
    console.send("svc stat" + TAB + "spa" + TAB + "\n")
    console.expect(r"^service: +spare\n")
    console.wait_prompt()
    console.send("history 2\n")
    console.expect(r"svc status spare *\n[^\n]*history 2\n")
    console.wait_prompt()
    console.send("nonsense that is dropped\x03")
    console.wait_prompt()
    console.send("echo a \\\nb\n")
    console.expect(r"^a b\n")
    console.wait_prompt()
