"""Pressing the buttons of a machine in QEMU, for tests."""

import json
import socket
import time


class Qmp:
    """QEMU's monitor for programs, behind a socket that `options` makes."""

    def __init__(self, path, seconds=300):
        end = time.monotonic() + seconds
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        while self.socket.connect_ex(str(path)) != 0:
            assert time.monotonic() < end, f"QEMU does not listen at {path}"
            time.sleep(0.01)
        self.stream = self.socket.makefile("rw", encoding="utf-8")
        self.stream.readline() # the greeting
        self.execute("qmp_capabilities")

    @staticmethod
    def options(path):
        return ["-qmp", f"unix:{path},server=on,wait=off"]

    def execute(self, command):
        self.stream.write(json.dumps({"execute": command}) + "\n")
        self.stream.flush()
        while "event" in (answer := json.loads(self.stream.readline())):
            pass
        assert "return" in answer, answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()
