"""The virtio console driver: a stream of bytes each way, to a Unix socket of the host."""

import random
import socket
import threading

import pytest

from harness.places import ROOT
from services import state_of, wait_program, wait_restarted

SECONDS = 300 # for what comes through the socket
BYTES = random.Random(1).randbytes(100000)


@pytest.fixture
def port(boot, tmp_path):
    """Boots with the device, without the agent that would read from it, and connects to it."""
    sockets = []
    script = tmp_path / "init.rc"
    lines = (ROOT / "servers" / "init" / "init.rc").read_text().splitlines(keepends=True)
    script.write_text("".join(line for line in lines if "run agent.o" not in line))

    def start(**machine):
        path = tmp_path / "port"
        console = boot(port=path, add={"init.rc": script}, **machine)
        connection = socket.socket(socket.AF_UNIX)
        sockets.append(connection)
        connection.settimeout(SECONDS)
        connection.connect(str(path))
        return console, connection
    yield start
    for connection in sockets:
        connection.close()


def receive(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        assert more, f"the stream ended after {len(data)} of {count} bytes"
        data += more
    return data


def echo(console):
    console.run("cat /dev/hvc0 > /dev/hvc0 &")
    wait_program(console, "cat")


@pytest.mark.quick
@pytest.mark.parametrize("legacy", [False, True])
def test_both_ways(port, architecture, legacy):
    """Single lines, and more than all buffers hold, back at the same time."""
    console, connection = port(smp=4, legacy_virtio=legacy)
    assert console.run("echo hello > /dev/hvc0") == ("", 0)
    assert receive(connection, 6) == b"hello\n"
    connection.sendall(b"a line\n")
    assert console.run("head -n 1 /dev/hvc0") == ("a line\n", 0)
    echo(console)
    sender = threading.Thread(target=connection.sendall, args=(BYTES,))
    sender.start()
    assert receive(connection, len(BYTES)) == BYTES
    sender.join()


def test_nobody_listens(port, architecture):
    """What is written while nobody is connected is lost, and does not block."""
    console, connection = port()
    connection.close()
    assert console.run("cat /boot/init.o > /dev/hvc0", timeout=120) == ("", 0)


def test_crash_restart_stop(port, architecture):
    """A read that the driver's crash meets fails, as with any device; a restart is not noticed."""
    console, connection = port(smp=2)
    echo(console)
    connection.sendall(b"before\n")
    assert receive(connection, 7) == b"before\n"
    assert console.run("svc kill virtio-console --fault null")[1] == 0
    wait_restarted(console, "virtio-console")
    echo(console)
    connection.sendall(b"after\n")
    assert receive(connection, 6) == b"after\n"
    assert console.run("svc restart virtio-console") == ("", 0)
    connection.sendall(b"again\n")
    assert receive(connection, 6) == b"again\n"
    output, status = console.run("svc stop virtio-console")
    assert status == 3 and "in use by cat" in output
    assert console.run("svc stop virtio-console --force")[1] == 0, "the reader is told"
    assert state_of(console, "virtio-console") == "stopped"
    assert console.run("svc start virtio-console; echo well > /dev/hvc0")[1] == 0
    assert receive(connection, 5) == b"well\n"
