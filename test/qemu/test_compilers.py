"""Objects of one compiler run on the system that the other has made."""

import pytest

from harness.build import Variant
from harness.machine import scratch_contents

OTHER = {"clang": "gcc", "gcc": "clang"}
MIXED = ("fifo.o", "virtio-blk.o", "ns16550.o", "pl011.o")


@pytest.mark.parametrize("system", OTHER)
def test_drivers_of_the_other_compiler(boot, architecture, scratch, system):
    objects = {name: Variant(architecture, OTHER[system]).folder / name for name in MIXED}
    console = boot(compiler=system, disks=[scratch()], add=objects)
    console.run("echo mixed > /dev/fifo &")
    assert console.run("cat /dev/fifo") == ("mixed\n", 0)
    output, status = console.run("cat /dev/disk0 > /dev/fifo & cat /dev/fifo | wc -c", timeout=300)
    assert (output.split()[-1], status) == (str(len(scratch_contents())), 0)
