"""Edit, compile, push, see the log: an object from the host into a running system."""

import random
import re
import shlex
import socket
import struct
import subprocess
import time

import pytest

from harness import push
from harness.places import ROOT
from services import (check_fifo, memory_used, state_of, status_of, wait_program, wait_restarted)

LIMIT = 120
PROMISED_SECONDS = 5
ATTEMPTS = 3 # others may keep the host busy
SOURCE = ROOT / "drivers" / "char" / "fifo" / "fifo.c"
TEXT = '"goes on with %u bytes"'


@pytest.fixture
def built(variant):
    return variant.folder


@pytest.fixture
def edition(built, tmp_path):
    """Compiles the fifo with another text in its log, by the commands of the build: the object."""
    def make(text):
        source = tmp_path / "fifo.c"
        source.write_text(SOURCE.read_text().replace(TEXT, f'"{text}"'))
        commands = subprocess.run(["ninja", "-C", built, "-t", "commands", "fifo.o"], check=True,
                                  capture_output=True, text=True).stdout.splitlines()
        compile_ = next(shlex.split(line) for line in commands if line.endswith("/fifo.c"))
        link = shlex.split(commands[-1])
        unit = compile_[compile_.index("-o") + 1]
        new = {unit: str(tmp_path / "unit.o"), "fifo.o": str(tmp_path / "fifo.o"),
               compile_[-1]: str(source)}
        for command in ([*compile_, "-I", str(SOURCE.parent)], link):
            subprocess.run([new.get(word, word) for word in command], cwd=built, check=True)
        return tmp_path / "fifo.o"
    return make


@pytest.fixture
def system(boot, tmp_path):
    """Boots with the port; send(NAME, DATA) pushes and answers the outcome."""
    def start(**machine):
        path = tmp_path / "port"
        console = boot(port=path, **machine)

        def send(name, data, file="some.o"):
            return push.send(path, name, file, data, LIMIT)
        return console, send, path
    return start


@pytest.mark.quick
def test_edit_compile_push(system, edition):
    """Two editions, one after the other; a reader has the fifo open all the time."""
    console, send, _ = system(smp=4)
    console.run("sleep 1000 > /dev/fifo & holder=$!")
    wait_program(console, "sleep")
    console.run("cat /dev/fifo > /tmp/read & reader=$!")
    wait_program(console, "cat")
    for number in ("first", "second"):
        outcome = send("fifo", edition(f"{number} edition has %u bytes").read_bytes())
        assert outcome.good and outcome.text.startswith("fifo: runs with some.o ("), outcome
        assert re.search(rf"\] fifo: {number} edition has 0 bytes$", outcome.log, re.MULTILINE)
        assert console.run(f"echo {number} > /dev/fifo")[1] == 0
    assert console.run("kill $holder; wait $reader; cat /tmp/read") == ("first\nsecond\n", 0)
    assert console.run("svc kill fifo --fault null")[1] == 0
    wait_restarted(console, "fifo")
    assert "second edition" in console.run("svc log fifo")[0]
    check_fifo(console, "alive")


def test_pushes_that_fail(system, built, edition):
    """The old one goes on; the outcome says why, with the crash's report."""
    console, send, _ = system()
    good = (built / "fifo.o").read_bytes()
    bad = (built / "test" / "objects" / "unruly.o").read_bytes()
    console.run("svc start fifo as crash-at-once args crash-at-once")
    for name, data, text, log in (
            ("fifo", good[:len(good) // 2], "fifo: goes on with fifo.o; nothing has changed", ""),
            ("fifo", bytes(1000), "nothing has changed", ""),
            ("fifo", bad, "the old fifo.o runs again", "fifo: refuses to start: "),
            ("crash-at-once", bad, "crash-at-once: the old fifo.o runs again",
             "init:     0x[0-9a-f]+  life_crashes|init: ---- crash-at-once"),
            ("nobody", good, "there is no service `nobody`", ""),
            ("loader", good, "the loader is no service", ""),
            ("x y", good, "is no name", "")):
        outcome = send(name, data)
        assert not outcome.good and text in outcome.text, outcome
        assert re.search(log, outcome.log), outcome
    with pytest.raises(push.PushError):
        push.send(ROOT / "nothing", "fifo", "fifo.o", good, 1)
    outcome = send("fifo", b"")
    assert not outcome.good and "at least one byte" in outcome.text
    outcome = send("", good)
    assert not outcome.good and "name of the service" in outcome.text
    assert status_of(console, "fifo")["object"] == "fifo.o"
    check_fifo(console, "alive")


def test_hostile_bytes(system, built, architecture):
    """Noise, frames that are cut or have other lengths; each is followed by a push that works."""
    console, send, path = system()
    good = (built / "fifo.o").read_bytes()
    chance = random.Random(architecture)
    whole = b"".join(push.object_frames("fifo", "old.o", good[:20000], 1))
    large = push.make_frame(push.BEGIN, push.NUMBERS.pack(1, 8 << 20) + b"fifo\0large.o\0")
    for noise in (chance.randbytes(100000), b"PUSH" * 20000, whole[:-5], whole[:5000], whole[4108:],
                  large * 3, push.make_frame(push.BEGIN, b"\xff" * 4096),
                  struct.pack("<IHHI", push.MAGIC, push.DATA, 65535, 0) + bytes(70000)):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(LIMIT)
            connection.connect(str(path))
            connection.sendall(noise)
        outcome = send("fifo", good, "new.o")
        assert outcome.good, outcome
    used = memory_used(console)
    for _ in range(3):
        assert send("fifo", good, "new.o").good
    lost = [now - then for then, now in zip(used, memory_used(console))]
    assert max(lost) <= 16, f"{lost} KiB (pages, kernel) lost by three pushes"
    check_fifo(console, "alive")


def test_what_it_comes_through(system, built):
    """The driver of the port itself is pushed, crashes, and is stopped and started."""
    console, send, path = system(smp=2)
    good = (built / "fifo.o").read_bytes()
    driver = (built / "virtio-console.o").read_bytes()
    outcome = send("virtio-console", driver)
    assert outcome.good and outcome.text.startswith("virtio-console: runs with"), outcome
    assert console.run("svc kill virtio-console --fault null")[1] == 0
    wait_restarted(console, "virtio-console")
    wait_program(console, "agent")
    assert send("fifo", good).good
    assert console.run("svc stop virtio-console --force; svc start virtio-console")[1] == 0
    assert state_of(console, "virtio-console") == "running"
    wait_program(console, "agent")
    assert send("fifo", good).good
    with pytest.raises(push.PushError, match="has not answered"):
        console.run("svc stop virtio-console --force")
        push.send(path, "fifo", "fifo.o", good, 1)


def test_commands(built, edition, architecture):
    """./run and ./run push, as typed in two terminals; from an edited source to what it logs."""
    commands = "svc wait; echo up; sleep 100"
    process = subprocess.Popen([ROOT / "run", architecture, "--exec", commands],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    to = ["--to", f"{architecture}-{process.pid}"]

    def call(*words):
        done = subprocess.run([ROOT / "run", "push", *words, *to], capture_output=True, text=True,
                              timeout=LIMIT)
        return done.stdout, done.stderr, done.returncode

    def edit_to_log(number):
        begin = time.monotonic()
        output, errors, status = call("fifo", edition(f"edition {number} has %u bytes"))
        took = time.monotonic() - begin
        assert (errors, status) == ("", 0) and "fifo: runs with " in output
        assert f"] fifo: edition {number} has 0 bytes\n" in output
        assert re.search(r"^[\d.]+ s from the file to running$", output, re.MULTILINE), output
        return took
    try:
        assert process.stdout.readline() == "up\n"
        assert any(edit_to_log(number) < PROMISED_SECONDS for number in range(ATTEMPTS))
        output, errors, status = call("fifo", built / "virtio-blk.o")
        assert (errors, status) == ("", 1) and "which init.rc does not allow" in output
    finally:
        process.terminate()
        process.wait(LIMIT)
        process.stdout.close()
    output, errors, status = call("fifo", built / "fifo.o")
    assert status == 1 and f"no system {to[1]} runs here" in errors
