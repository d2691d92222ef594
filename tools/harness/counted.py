"""A machine whose executed instructions are counted exactly.

`-icount shift=0` makes an instruction a nanosecond of virtual time, which the guest's counters
show; recording (`rr=record`, thrown away) makes QEMU itself tell the count, without the time that
the CPU sleeps. Breakpoints by the GDB stub stop it where an address is reached. The seed makes what
is random in the guest repeat.
"""

import json
import socket
import tempfile
import time
from pathlib import Path

from .console import Console, ConsoleTimeout, SystemEnded
from .machine import PIPED, Machine

ICOUNT = ["-icount", "shift=0", "-seed", "1"]
RECORDED = ["-icount", "shift=0,rr=record,rrfile=/dev/null", "-seed", "1"]
CONNECT_SECONDS = 300
STOP_SECONDS = 300
QUIET_SECONDS = 0.4 # without an instruction: everything waits
TYPING_QUIET_SECONDS = 0.05
TYPED_AT_ONCE = 8 # characters; a machine that is recorded loses what its UART has no room for
RETRY_SECONDS = 0.02
INTERRUPT = b"\x03" # of GDB's remote protocol


def connect(path, console):
    end = time.monotonic() + CONNECT_SECONDS
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
            link.settimeout(STOP_SECONDS)
            return link
        except OSError as error:
            link.close()
            if time.monotonic() > end or console.process.poll() is not None:
                raise SystemEnded(f"QEMU offers no {path.name} socket{console.where()}") from error
            time.sleep(RETRY_SECONDS)


class Monitor:
    """QEMU's machine protocol (QMP)."""

    def __init__(self, link):
        self.file = link.makefile("rw")
        self.file.readline()
        self.execute("qmp_capabilities")

    def execute(self, name):
        self.file.write(json.dumps({"execute": name}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise SystemEnded("QEMU has ended")
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(f"QMP {name}: {answer['error']}")


class Debugger:
    """As much of GDB's remote protocol as breakpoints take."""

    def __init__(self, link):
        self.link = link
        self.buffer = b""

    def command(self, text):
        self.order(text)
        return self.answer()

    def order(self, text):
        self.link.sendall(f"${text}#{sum(text.encode()) % 256:02x}".encode())

    def answer(self):
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start)
            if start >= 0 and end >= 0 and len(self.buffer) >= end + 3:
                break
            data = self.link.recv(4096)
            if not data:
                raise SystemEnded("QEMU has ended")
            self.buffer += data
        answer, self.buffer = self.buffer[start + 1:end].decode(), self.buffer[end + 3:]
        self.link.sendall(b"+")
        return answer

    def run_to(self, address):
        """Stops before the instruction there is executed."""
        self.start_to(address)
        self.arrive(address)

    def start_to(self, address):
        if self.command(f"Z1,{address:x},4") != "OK":
            raise RuntimeError(f"QEMU takes no breakpoint at {address:#x}")
        self.go()

    def arrive(self, address):
        self.answer()
        self.command(f"z1,{address:x},4")

    def go(self):
        self.order("c")

    def detach(self):
        self.command("D")

    def stop(self):
        self.link.sendall(INTERRUPT)
        self.answer()


class CountedMachine(Console):
    """Waits at its first instruction, for run_to() and then go(). Once it goes, run_between()."""

    def __init__(self, architecture, kernel, boot_set, log, disks=()):
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        extra = RECORDED + ["-S", "-qmp", f"unix:{folder}/qmp,server=on,wait=off",
                            "-gdb", f"unix:{folder}/gdb,server=on,wait=off"]
        machine = Machine(architecture, kernel, boot_set, disks=list(disks), extra=extra)
        super().__init__(machine.command(PIPED), log)
        self.monitor = Monitor(connect(folder / "qmp", self))
        self.debugger = Debugger(connect(folder / "gdb", self))

    def run_to(self, address):
        """The instructions executed before the one at the address."""
        self.debugger.run_to(address)
        return self.count()

    def go(self):
        self.debugger.go()

    def run_between(self, command, addresses):
        """A command that passes the addresses in this order: the count before each of them."""
        counts = []
        self.debugger.stop()
        self.debugger.start_to(addresses[0])
        self.send(command + "\n")
        for address, following in zip(addresses, [*addresses[1:], None]):
            self.debugger.arrive(address)
            counts.append(self.count())
            if following is not None:
                self.debugger.start_to(following)
        self.go()
        return counts

    def count(self):
        return self.monitor.execute("query-replay")["icount"]

    def quiet_count(self, seconds=QUIET_SECONDS):
        """The count once no instruction is executed any more."""
        before, now = None, self.count()
        while now != before or self.wants_processor():
            time.sleep(seconds)
            before, now = now, self.count()
        return now

    def wants_processor(self):
        """Whether QEMU would go on if a busy host let it (proc_pid_stat(5))."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return any(task.read_text().rpartition(")")[2].split()[0] != "S" for task in tasks)

    def send(self, text):
        for start in range(0, len(text), TYPED_AT_ONCE):
            before = self.quiet_count(TYPING_QUIET_SECONDS)
            super().send(text[start:start + TYPED_AT_ONCE])
            end = time.monotonic() + STOP_SECONDS
            while self.count() == before:
                if time.monotonic() > end:
                    raise ConsoleTimeout(f"typing has no effect{self.where()}")
                time.sleep(RETRY_SECONDS)

    def close(self):
        super().close()
        self.folder.cleanup()
