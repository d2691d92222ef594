"""What the kernel does when it is broken itself, for which a debugger has to help."""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.console import SystemEnded
from harness.counted import Debugger, connect

SECONDS = 300
STACK_BASE = 0xFFFFFFF000000000 # arch/layout.h: KERNEL_STACK_BASE
STACK_SIZE = 4 * 4096
STACK_BOTTOM = STACK_BASE + STACK_SIZE # of CPU 0, above its guard
STACK_POINTER = {"riscv64": 2, "aarch64": 31} # number of the register in GDB's protocol


def address_of(elf, name):
    symbols = subprocess.run(["llvm-nm-19", str(elf)], capture_output=True, text=True, check=True)
    return int(re.search(rf"^([0-9a-f]+) [tT] {name}$", symbols.stdout, re.MULTILINE).group(1), 16)


def test_kernel_stack_overflow(boot, variant, architecture):
    """The page below a kernel stack is not mapped, and getting there is told from a wild access."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "gdb"
        console = boot(prompt=False, extra=["-S", "-gdb", f"unix:{socket},server=on,wait=off"])
        debugger = Debugger(connect(socket, console))
        debugger.run_to(address_of(variant.kernel_elf, "sys_port_call"))
        debugger.command("qXfer:features:read:target.xml:0,1000") # else QEMU sets no register
        value = (STACK_BOTTOM + 16).to_bytes(8, "little").hex()
        assert debugger.command(f"P{STACK_POINTER[architecture]:x}={value}") == "OK"
        debugger.detach()
        with pytest.raises(SystemEnded, match="the kernel panicked") as ended:
            console.expect("no such line", SECONDS)
        told = str(ended.value)
        assert re.search(r"kernel panic on CPU 0, task \S+: kernel stack overflow", told), told
        assert re.search(r"sys_port_call\+0x", told), told
        assert console.wait_end(SECONDS), f"the machine does not reset{console.where()}"
