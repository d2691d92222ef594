"""./run --debug: QEMU waits at its first instruction until gdb lets it go on.

The kernel's addresses are not there before it has switched address translation on, so gdb first
goes to a C function by a hardware breakpoint; from there on all kinds of breakpoints work.

With --service gdb runs on this terminal (tools/debugger/follow_service.py is its part), and the
system's console is printed here too; lines for it come from gdb's command `console`.
"""

import codecs
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading

from .console import ESCAPE, PROMPT, UNFINISHED, run_apart
from .places import ROOT

HOST = "127.0.0.1"
PREFERRED_PORT = 1234
FIRST_FUNCTION = "kernel_main"
GDB = "gdb-multiarch"
SCRIPT = ROOT / "tools" / "debugger" / "follow_service.py"
READ_SIZE = 65536


def free_port():
    for port in (PREFERRED_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise OSError("no free TCP port")


def wait_for_gdb(kernel_elf):
    """Prints how to attach; answers QEMU's options."""
    port = free_port()
    print("Waiting for gdb. In another terminal:\n    gdb-multiarch "
          f"-ex 'target remote {HOST}:{port}' -ex 'hbreak {FIRST_FUNCTION}' -ex continue "
          f"{kernel_elf}", file=sys.stderr, flush=True)
    return ["-S", "-gdb", f"tcp:{HOST}:{port}"]


class ConsolePump:
    """The system's console while gdb has the terminal: prints what comes, and types the lines that
    arrive on a pipe, each at a prompt."""

    def __init__(self, process, log):
        self.process, self.log = process, log
        self.lines_in, self.lines_out = os.pipe()
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.unfinished = self.last_line = self.partial = ""
        self.waiting = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with selectors.DefaultSelector() as selector, self.log.open("wb") as log:
            output = self.process.stdout.fileno()
            selector.register(output, selectors.EVENT_READ)
            selector.register(self.lines_in, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    data = os.read(key.fd, READ_SIZE)
                    if key.fd == self.lines_in:
                        self.take_lines(data)
                    elif data:
                        log.write(data)
                        log.flush()
                        self.show(self.decoder.decode(data))
                    else:
                        return
                self.type_line()

    def take_lines(self, data):
        *whole, self.partial = (self.partial + data.decode(errors="replace")).split("\n")
        self.waiting += whole

    def show(self, text):
        """Without terminal control, which would spoil gdb's line."""
        text = self.unfinished + text
        cut = UNFINISHED.search(text)
        self.unfinished = cut.group() if cut else ""
        text = ESCAPE.sub("", text[:cut.start()] if cut else text)
        self.last_line = (self.last_line + text).rpartition("\n")[2]
        sys.stdout.write(text)
        sys.stdout.flush()

    def type_line(self):
        if self.waiting and self.last_line.endswith(PROMPT):
            self.last_line = ""
            self.process.stdin.write(self.waiting.pop(0).encode() + b"\n")
            self.process.stdin.flush()


def listen(place):
    """QEMU is handed a socket that listens already, so gdb cannot come before it does."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(place))
    door.listen(1)
    return door


def follow_service(command, variant, service, objects, folder, log):
    """Runs QEMU and gdb until gdb ends; its status. `objects`: files of the host that the boot set
    has objects from."""
    place = folder / "gdb"
    with listen(place) as door:
        chardev = f"socket,id=gdb,fd={door.fileno()},server=on,wait=off"
        process = subprocess.Popen([*command, "-S", "-chardev", chardev, "-gdb", "chardev:gdb"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   pass_fds=[door.fileno()], preexec_fn=run_apart)
    log.parent.mkdir(parents=True, exist_ok=True)
    pump = ConsolePump(process, log)
    settings = {"service": service, "architecture": variant.architecture, "gdb": str(place),
                "objects": [str(path) for path in objects], "console": pump.lines_out,
                "kernel": str(variant.kernel_elf), "folder": str(folder),
                "loader": str(variant.folder / "loader" / "loader.elf"),
                "libsys": str(variant.folder / "libsys" / "libsys.so")}
    print(f"Booting until {service} starts. `console COMMAND` types at the prompt, `quit` ends all;"
          f" the console's log is {log}.", file=sys.stderr, flush=True)
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN) # it is for gdb
    try:
        return subprocess.run([GDB, "-q", "-x", str(SCRIPT)],
                              env={**os.environ, "SINTER_DEBUG": json.dumps(settings)},
                              pass_fds=[pump.lines_out],
                              preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                              ).returncode
    finally:
        signal.signal(signal.SIGINT, interrupt)
        process.kill()
        process.wait()
        pump.thread.join()
