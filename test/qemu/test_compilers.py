"""Objects of one compiler run on the system that the other has made."""

import pytest

from harness.build import Variant

OTHER = {"clang": "gcc", "gcc": "clang"}
MIXED = ("fifo.o", "virtio-blk.o", "ns16550.o", "pl011.o")


@pytest.mark.parametrize("system", OTHER)
def test_drivers_of_the_other_compiler(boot, architecture, scratch, system):
    objects = {name: Variant(architecture, OTHER[system]).folder / name for name in MIXED}
    console = boot(compiler=system, disks=[scratch()], add=objects)
    console.run("echo mixed > /dev/fifo &")
    assert console.run("cat /dev/fifo") == ("mixed\n", 0)
    assert console.run("hexdump /dev/disk0 > /dev/fifo & cat /dev/fifo", timeout=300)[1] == 0
