"""What native programs do to a personality by the ends of pipes that it gives them."""

import pytest

from harness.xv6_programs import xv6_programs
from services import states, status_of


@pytest.fixture
def start(boot, variant, tmp_path):
    """xv6 with its programs in /host, and pipe_call (test/objects) among the native ones."""
    for name, program in xv6_programs(variant).items():
        (tmp_path / name).write_bytes(program.read_bytes())

    def run(**machine):
        add = {"pipe_call.o": variant.folder / "test/objects/pipe_call.o"}
        console = boot(share=tmp_path, add=add, memory="256M", **machine)
        assert console.run("svc start xv6 allow spawn") == ("", 0)
        return console
    return run


def in_sh(console, line):
    """What a line says that xv6's sh runs."""
    told, status = console.run(f"echo '{line}' > /tmp/line; /host/sh < /tmp/line 2>&1 | cat")
    assert status == 0, f"{told}{console.where()}"
    return told.replace("$ ", "")


@pytest.mark.parametrize("smp", [1, 4])
def test_calls_by_the_end_of_a_pipe(start, smp):
    console = start(smp=smp)
    # The second page is not there: what was moved is told, and nobody waits for the rest.
    told = in_sh(console, "/boot/pipe_call.o absent | /host/wc")
    assert sorted(told.split("\n")) == ["", "0 0 4096 ", "write: success, 4096"], told
    # The writer is there until it has been read, also on a slow host.
    assert in_sh(console, "/host/sleep 50 | /boot/pipe_call.o no_wait") == \
        "read: the operation cannot complete now and was asked not to wait, 0\n"
    told = in_sh(console, "/host/sleep 5 | /boot/pipe_call.o command")
    assert [line.split(": ")[0] for line in told.splitlines()] == ["list", "kill", "adopt"]
    assert told.count(": the server does not know this method, 0\n") == 3, told
    assert (states(console)["xv6"], status_of(console, "xv6")["restarts"]) == ("running", "0")


def test_killed_readers_leave_nothing(start):
    """More of them than calls that can wait at once (REMOTE_REQUESTS)."""
    console = start(smp=2)
    assert console.run("/host/readers 66") == ("read by the last\n", 0)
