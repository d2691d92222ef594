"""Objects into a running system: through the Unix socket of its virtio console to `agent`.

Frames are those of programs/agent/frame.h. A system that ./run started is found by a link in
build/run, named by its architecture and the process that started it.
"""

import atexit
import os
import random
import re
import socket
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

from .places import ARCHITECTURES, BUILD

RUNNING = BUILD / "run"
NAME = re.compile(rf"({'|'.join(ARCHITECTURES)})-(\d+)")
MAGIC = 0x48535550
HEADER = struct.Struct("<IHHI")
SUMMED = struct.Struct("<HH")
PAYLOAD = 4096
BEGIN, DATA, TEXT, LOG, END = range(1, 6)
NUMBER = struct.Struct("<I")
NUMBERS = struct.Struct("<II")
NAME_MOST = 23
FILE_MOST = 47
READ_SIZE = 65536


class PushError(Exception):
    """The object did not get there, or no answer came back."""


# ---- systems --------------------------------------------------------------------------------


def port(architecture, folder):
    """The socket that QEMU is to make in `folder`; until this process ends it can be found."""
    path = folder / "port"
    RUNNING.mkdir(parents=True, exist_ok=True)
    link = RUNNING / f"{architecture}-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    atexit.register(link.unlink, missing_ok=True)
    return path


def is_alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def systems(architecture=None):
    """name -> socket of those that run; what others have left is removed."""
    found = {}
    for link in sorted(RUNNING.glob("*")):
        match = NAME.fullmatch(link.name)
        if not match:
            continue
        if not is_alive(int(match[2])):
            link.unlink(missing_ok=True)
        elif architecture in (None, match[1]):
            found[link.name] = Path(os.path.realpath(link))
    return found


# ---- frames ---------------------------------------------------------------------------------


def make_frame(kind, payload):
    start = SUMMED.pack(kind, len(payload))
    return HEADER.pack(MAGIC, kind, len(payload), zlib.crc32(payload, zlib.crc32(start))) + payload


def object_frames(name, file, data, token):
    """All frames of an object, behind as many bytes as may be missing to a frame that was cut."""
    yield bytes(HEADER.size + PAYLOAD)
    texts = b"".join(text.encode("ascii", "replace") + b"\0" for text in (name, file))
    yield make_frame(BEGIN, NUMBERS.pack(token, len(data)) + texts)
    step = PAYLOAD - NUMBER.size
    for offset in range(0, len(data), step):
        yield make_frame(DATA, NUMBER.pack(offset) + data[offset:offset + step])


class Reader:
    def __init__(self):
        self.bytes = b""

    def take(self, data):
        """The frames, (kind, payload), that are whole now; what is none is skipped."""
        self.bytes += data
        start = struct.pack("<I", MAGIC)
        while True:
            at = self.bytes.find(start)
            self.bytes = self.bytes[at:] if at >= 0 else self.bytes[1 - len(start):]
            if at < 0 or len(self.bytes) < HEADER.size:
                return
            _, kind, length, total = HEADER.unpack_from(self.bytes)
            end = HEADER.size + length
            if length <= PAYLOAD and len(self.bytes) < end:
                return
            payload = self.bytes[HEADER.size:end]
            good = zlib.crc32(payload, zlib.crc32(SUMMED.pack(kind, length))) == total
            if length > PAYLOAD or not good:
                self.bytes = self.bytes[1:]
                continue
            self.bytes = self.bytes[end:]
            yield kind, payload


# ---- pushing --------------------------------------------------------------------------------


@dataclass
class Outcome:
    good: bool
    text: str   # the supervisor's
    log: str    # lines of the service and the supervisor
    told: float # when the text came, as time.monotonic() tells it


def shown_file(path):
    """A path as it fits into a statement: its end, and nothing that has a meaning there."""
    text = re.sub(r'[^ !#-\[\]-~]', "_", str(path))
    return text[-FILE_MOST:]


class Answers:
    """Of one push, by its token."""

    def __init__(self, token):
        self.token = token
        self.reader = Reader()
        self.text = self.log = ""
        self.code = None
        self.told = None

    def take(self, data):
        for kind, payload in self.reader.take(data):
            if payload[:NUMBER.size] != NUMBER.pack(self.token):
                continue
            rest = payload[NUMBER.size:]
            if kind == TEXT:
                self.text += rest.decode("utf-8", "replace")
                self.told = self.told or time.monotonic()
            elif kind == LOG:
                self.log += rest.decode("utf-8", "replace")
            elif kind == END and len(rest) == NUMBER.size:
                self.code = NUMBER.unpack(rest)[0]


def send(path, name, file, data, timeout):
    """Pushes the bytes of an object, and waits for the end."""
    answers = Answers(random.getrandbits(32))
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            for frame in object_frames(name, file, data, answers.token):
                connection.sendall(frame)
            while answers.code is None:
                if not (more := connection.recv(READ_SIZE)):
                    raise PushError("the system has ended")
                answers.take(more)
    except TimeoutError as error:
        raise PushError(f"the system has not answered for {timeout:g} s; it may still be booting, "
                        "another push may be at it, or its init.rc does not start `agent`"
                        ) from error
    except OSError as error:
        raise PushError(f"the system cannot be reached: {error.strerror}") from error
    return Outcome(answers.code == 0, answers.text, answers.log, answers.told or time.monotonic())
