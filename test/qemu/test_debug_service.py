"""./run --debug --service: gdb follows one service, with its symbols, through crash and restart."""

import re
import shutil
import subprocess

import pytest

from harness.debug import GDB
from harness.places import ROOT

LIMIT = 300
BOOTED = "booted"
LOADED = "[fifo] loaded; symbols of "

# What gdb is told, each part under a name.
SESSION = {
    "start": "bt\nnext",
    "step": "step 3\nbt 1",
    "breakpoint": "break fifo_write\nconsole echo hello > /dev/fifo &\ncontinue\nbt",
    "into": "step\nprint use",
    "finish": "finish\ndelete 2",
    "crash": "console svc kill fifo --fault null\ncontinue\nbt\nx/i $pc",
    "kernel": "break sys_thread_start\ncontinue\nprint $_in_service()\ndelete 3",
    "restart": "continue\nbt 1\ninfo breakpoints",
    "again": "break fifo_read\nconsole cat /dev/fifo\ncontinue\nbt",
}

# With several CPUs a stepping thread can go on at another one, where gdb misses it (LIMITS.md).
WITHOUT_STEPS = {name: text for name, text in SESSION.items() if name not in ("step", "into")} | {
    "start": "bt", "finish": "delete 2"}


def converse(arguments, session):
    """What gdb and the system say to each part."""
    lines = ["set width 0"]
    for name, commands in session.items():
        lines += [f"echo @{name}@\\n", commands]
    text = subprocess.run([ROOT / "run", *arguments], input="\n".join([*lines, "quit", ""]),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=LIMIT).stdout
    parts = re.split(r"@(\w+)@\n", text)
    return dict(zip([BOOTED, *parts[1::2]], parts[::2]))


def place(text):
    """The address of server_main, which is where breakpoint 1 is."""
    return re.search(r"^1 +hw breakpoint +keep y +(0x\w+) in server_main", text, re.MULTILINE)[1]


@pytest.mark.skipif(shutil.which(GDB) is None, reason=f"{GDB} is not installed")
@pytest.mark.parametrize("smp", [1, 4])
def test_session(architecture, smp):
    steps = smp == 1
    session = {"first": "info breakpoints", **(SESSION if steps else WITHOUT_STEPS)}
    said = converse([architecture, "--smp", str(smp), "--debug", "--service", "fifo"], session)
    everything = "".join(f"@{name}@\n{text}" for name, text in said.items())

    def expect(part, *patterns):
        rest = said.get(part, "")
        for pattern in patterns:
            found = re.search(pattern, rest, re.MULTILINE | re.DOTALL)
            assert found, f"{part}: no {pattern!r}:\n{everything}"
            rest = rest[found.end():]

    assert said[BOOTED].count(LOADED) == 1 and everything.count(LOADED) == 2, everything
    expect("start", r"^(\(gdb\) )?#0 .*server_main \(info=.* at .*/fifo\.c:\d+",
           r"^#\d+ .*task_enter")
    expect("breakpoint", r"Breakpoint 2, fifo_write \(fifo=0x", r"#0 +fifo_write",
           "fifo_file_write", "server_run", "server_main", "task_enter")
    if steps:
        expect("start", "task_enter", r"^\(gdb\) \d+\s+\S")
        expect("into", r"allow \(fifo=0x", "= FIFO_WRITES$")
        expect("finish", r"^fifo_write|in fifo_write")
    # The prompt may stand before it.
    expect("crash", r"\[fifo\] crashes: write at 0x0", r"#0 .*fail_on_purpose", "server_event",
           "server_main", "task_enter", r"=> 0x\w+ <server_event")
    expect("kernel", "Breakpoint 3, sys_thread_start", r"\$\d+ = 0$")
    expect("restart", r"Breakpoint 1, server_main \(info=", "already hit 2 times")
    expect("again", "Breakpoint 4, fifo_read", "fifo_file_read", "server_main")
    assert place(said["first"]) != place(said["restart"])
