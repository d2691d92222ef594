"""Pseudo-terminals, sessions and groups of the personalities' common part, used for real.

terminal_personality (test/objects) is xv6's with calls for them; its program `terminals`
(test/xv6/terminals) opens pairs, reads and writes both ends, hangs up, interrupts groups.
"""

import pytest

from harness.xv6_programs import PASSED
from services import memory_used


@pytest.fixture
def start(boot, variant, tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    program = variant.folder / "test/xv6/terminals"
    (folder / "terminals").write_bytes(program.read_bytes())

    def run(**machine):
        add = {"terminal_personality.o": variant.folder / "test/objects/terminal_personality.o"}
        return boot(share=folder, add=add, **machine)
    return run


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_pairs_sessions_and_groups(start, smp):
    console = start(smp=smp)
    assert console.run("svc start terminal_personality as terminals") == ("", 0)
    used = []
    for _ in range(5):
        told, status = console.run("/host/terminals")
        assert status == 0 and told.rstrip().endswith(PASSED), f"{told}{console.where()}"
        # The stacks of threads that have ended stay until there is a new process.
        assert console.run("sleep 0.1; /host/terminals idle") == ("", 0)
        used.append(memory_used(console)[0])
    # Each pair has four pages of its own, and a run makes ten. What is kept for later use, and page
    # tables, grow with what happens to run at once, but not with each run.
    more = [after - before for before, after in zip(used[1:], used[2:])]
    assert min(more) < 12, f"{used}: pages are left behind{console.where()}"
