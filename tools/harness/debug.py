"""./run --debug: QEMU waits at its first instruction until gdb lets it go on.

The kernel's addresses are not there before it has switched address translation on, so gdb first
goes to a C function by a hardware breakpoint; from there on all kinds of breakpoints work.
"""

import socket
import sys

HOST = "127.0.0.1"
PREFERRED_PORT = 1234
FIRST_FUNCTION = "kernel_main"


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
