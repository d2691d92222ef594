"""QEMU's gdb stub, to stop the CPU inside the kernel, change its program counter or memory, and let
it go on (GDB manual, Remote Serial Protocol)."""

import time
from contextlib import contextmanager

from harness.counted import Debugger, connect

KERNEL_BASE = 0xffffffff80000000
PC_REGISTER = 32 # on both architectures
TRIES = 200
STEP_SECONDS = 0.01
CHUNK = 1024
INTERRUPT = b"\x03"


class Stub:
    """`options` are for QEMU; inside `with stub.halted(console)` the machine stands still."""

    def __init__(self, folder):
        self.path = folder / "gdb.socket"
        self.options = ["-gdb", f"unix:{self.path},server=on,wait=off"]

    @contextmanager
    def halted(self, console):
        """Gives the means to look and change, with the CPU in the kernel."""
        with connect(self.path, console) as link:
            cpu = Halted(link)
            yield cpu
            cpu.detach()


class Halted(Debugger):
    def __init__(self, link):
        super().__init__(link)
        self.answer() # that the machine has stopped
        self.command("qXfer:features:read:target.xml:0,1") # single registers are for who asks this
        for _ in range(TRIES):
            if self.pc() >= KERNEL_BASE:
                return
            self.order("c")
            time.sleep(STEP_SECONDS)
            self.link.sendall(INTERRUPT)
            self.answer()
        raise AssertionError("the CPU was never found in the kernel")

    def pc(self):
        return int.from_bytes(bytes.fromhex(self.command(f"p{PC_REGISTER:x}")), "little")

    def set_pc(self, value):
        assert self.command(f"P{PC_REGISTER:x}={value.to_bytes(8, 'little').hex()}") == "OK"

    def write(self, address, data):
        for at in range(0, len(data), CHUNK):
            part = data[at:at + CHUNK]
            assert self.command(f"M{address + at:x},{len(part):x}:{part.hex()}") == "OK"
