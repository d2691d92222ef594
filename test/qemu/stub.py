"""QEMU's gdb stub, as far as tests need it: stopping the CPU inside the kernel, changing its program
counter or memory, and letting it go on (GDB manual, Remote Serial Protocol)."""

import socket
import time

KERNEL_BASE = 0xffffffff80000000
PC_REGISTER = 32 # on both architectures
TRIES = 200
STEP_SECONDS = 0.01
CHUNK = 1024


class Stub:
    """`options` are for QEMU; inside `with` the machine stands still, in the kernel."""

    def __init__(self, folder):
        self.path = folder / "gdb.socket"
        self.options = ["-chardev", f"socket,path={self.path},server=on,wait=off,id=gdb",
                        "-gdb", "chardev:gdb"]

    def __enter__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(self.path))
        self.stream = self.socket.makefile("rb")
        self.answer() # that it has stopped
        self.ask("qXfer:features:read:target.xml:0,1") # single registers are for who asks for this
        for _ in range(TRIES):
            if self.pc() >= KERNEL_BASE:
                return self
            self.send("c")
            time.sleep(STEP_SECONDS)
            self.socket.sendall(b"\x03")
            self.answer()
        raise AssertionError("the CPU was never found in the kernel")

    def __exit__(self, *_):
        self.ask("D")
        self.stream.close()
        self.socket.close()

    def send(self, text):
        data = text.encode()
        self.socket.sendall(b"$" + data + b"#%02x" % (sum(data) % 256))

    def answer(self):
        while (byte := self.stream.read(1)) != b"$":
            assert byte == b"+", f"{byte} from QEMU's gdb stub"
        text = b""
        while (byte := self.stream.read(1)) != b"#":
            text += byte
        self.stream.read(2)
        self.socket.sendall(b"+")
        return text.decode()

    def ask(self, text):
        self.send(text)
        return self.answer()

    def pc(self):
        return int.from_bytes(bytes.fromhex(self.ask(f"p{PC_REGISTER:x}")), "little")

    def set_pc(self, value):
        assert self.ask(f"P{PC_REGISTER:x}={value.to_bytes(8, 'little').hex()}") == "OK"

    def write(self, address, data):
        for at in range(0, len(data), CHUNK):
            part = data[at:at + CHUNK]
            assert self.ask(f"M{address + at:x},{len(part):x}:{part.hex()}") == "OK"
