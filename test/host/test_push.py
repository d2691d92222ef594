"""./run push: its frames, which system it finds, and what it says when there is none."""

import os
import random
import socket
import struct
import threading
import zlib

import pytest

import sinter_push
from harness import push

OBJECT = random.Random(2).randbytes(10000)


@pytest.fixture
def running(monkeypatch, tmp_path):
    """The folder where systems are found; empty at first."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setattr(push, "RUNNING", folder)
    return folder


@pytest.fixture
def call(running, capsys, tmp_path):
    """Calls it with an object: what it printed, its errors, its status."""
    file = tmp_path / "some.o"
    file.write_bytes(OBJECT)

    def start(*words):
        try:
            status = sinter_push.main(["fifo", str(file), *words])
        except SystemExit as error:
            status = error.code
        output, errors = capsys.readouterr()
        return output, status if isinstance(status, str) else errors, status
    return start


class System:
    """Answers one push as an agent would."""

    def __init__(self, running, folder, name, answers):
        self.socket = socket.socket(socket.AF_UNIX)
        path = folder / f"{name}.socket"
        self.socket.bind(str(path))
        self.socket.listen()
        (running / name).symlink_to(path)
        self.answers = answers
        self.frames = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        connection, _ = self.socket.accept()
        reader = push.Reader()
        received = 0
        while received < len(OBJECT):
            for kind, payload in reader.take(connection.recv(1000)):
                self.frames.append((kind, payload))
                received += len(payload) - 4 if kind == push.DATA else 0
        token = self.frames[0][1][:4]
        with connection:
            for kind, payload in self.answers:
                connection.sendall(push.make_frame(kind, b"junk" + b"for another"))
                connection.sendall(b"noise PUSH" + push.make_frame(kind, token + payload))

    def end(self):
        self.thread.join()
        self.socket.close()


@pytest.mark.quick
def test_frames():
    """As programs/agent/frame.h says; found again behind anything, in pieces of any size."""
    frame = push.make_frame(push.DATA, b"payload")
    assert frame[:8] == b"PUSH" + struct.pack("<HH", 2, 7)
    assert struct.unpack("<I", frame[8:12])[0] == zlib.crc32(frame[4:8] + b"payload")
    stream = b"PUS" + frame + b"PUSHPUSH\1" + frame[:-1] + bytes(5000) + frame
    for step in (1, 7, 100, len(stream)):
        reader = push.Reader()
        found = [each for at in range(0, len(stream), step)
                 for each in reader.take(stream[at:at + step])]
        assert found == [(push.DATA, b"payload")] * 2, step


@pytest.mark.quick
def test_outcomes(running, call, tmp_path):
    good = (push.END, struct.pack("<I", 0)), (push.END, struct.pack("<I", 1))
    for end, status in zip(good, (0, 1)):
        name = f"riscv64-{os.getpid()}"
        system = System(running, tmp_path, name,
                        [(push.TEXT, b"fifo: how it "), (push.TEXT, b"ended\n"),
                         (push.LOG, b"[ 1.0] fifo: hello\n"), end])
        output, errors, got = call()
        system.end()
        (tmp_path / f"{name}.socket").unlink()
        (running / name).unlink()
        assert (got, errors) == (status, "")
        lines = output.splitlines()
        assert lines[0].endswith(f"some.o: 10000 bytes to {name}")
        assert lines[1:3] == ["fifo: how it ended", "[ 1.0] fifo: hello"]
        assert output.endswith(" s from the file to running\n") == (status == 0)
        kind, begin = system.frames[0]
        assert kind == push.BEGIN and begin[4:8] == struct.pack("<I", 10000)
        assert begin[8:].split(b"\0") == [b"fifo", str(tmp_path / "some.o").encode()[-47:], b""]
        assert b"".join(payload[4:] for _, payload in system.frames[1:]) == OBJECT


@pytest.mark.quick
def test_no_system(running, call):
    """What others left is taken away."""
    left = running / f"riscv64-{2 ** 22 + 1}" # above the highest process id
    left.symlink_to(running / "nothing")
    for words, text in (((), "no system runs here; start one in another terminal with ./run"),
                        (("--arch", "aarch64"), "no system aarch64 runs here; start one in another "
                                                "terminal with ./run aarch64"),
                        (("--to", "riscv64-1"), "no system riscv64-1 runs here")):
        output, errors, status = call(*words)
        assert status not in (0, None) and text in errors and output == ""
    assert not os.path.lexists(left)


def test_systems(running, call):
    names = [f"{architecture}-{number}" for architecture in ("aarch64", "riscv64")
             for number in (os.getpid(), os.getppid())]
    for name in names:
        (running / name).symlink_to(running / "nothing")
    assert list(push.systems()) == sorted(names)
    assert "4 systems run: " in call()[1]
    assert "2 systems run: " in call("--arch", "riscv64")[1]
    assert "cannot be reached: No such file" in call("--to", names[0])[1]


def test_silence(running, call, tmp_path):
    """Of a system that does not answer, and of one that ends."""
    name = f"riscv64-{os.getpid()}"
    system = System(running, tmp_path, name, [])
    assert call()[1] == "./run push: the system has ended\n"
    system.end()
    (running / name).unlink()
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "mute"))
        mute.listen()
        (running / name).symlink_to(tmp_path / "mute")
        assert "has not answered for 0.5 s" in call("--timeout", "0.5")[1]


def test_shown_file():
    assert push.shown_file('/a "b"\\c\té.o') == "/a _b__c__.o"
    assert push.shown_file("x" * 100) == "x" * 47


def test_names_that_are_too_long(capsys, tmp_path):
    file = tmp_path / "some.o"
    file.touch()
    with pytest.raises(SystemExit) as error:
        sinter_push.main(["n" * 24, str(file)])
    assert error.value.code == 2 and "longer than the 23 bytes" in capsys.readouterr().err


def test_watching(tmp_path, monkeypatch):
    """A file is taken once it stays the same; one that is being made anew is waited for."""
    file = tmp_path / "some.o"
    file.write_bytes(b"one")
    seen = sinter_push.change_of(file)
    steps = iter([lambda: None, file.unlink, lambda: file.write_bytes(b"tw"),
                  lambda: file.write_bytes(b"two"), lambda: None])
    monkeypatch.setattr(sinter_push.time, "sleep", lambda seconds: next(steps)())
    now = sinter_push.wait_change(file, seen)
    assert now == sinter_push.change_of(file) != seen and now[1] == 3
