"""The device tree decides: other orders and names of its nodes, holes in memory, other slots."""

import hashlib
import subprocess

import pytest

import devicetree
from harness.machine import PIPED, Machine, scratch_contents
from services import check_fifo, states

KEPT = {"chosen", "aliases", "cpus", "memory", "psci", "reserved-memory"} # named by specifications
HOLE = 16 << 20 # bytes that are no RAM
SLOTS = (6, 2) # of virtio-mmio


def dumped(architecture, folder, **machine):
    """The tree that QEMU makes for a machine."""
    path = folder / "dumped.dtb"
    command = Machine(architecture, folder, folder, **machine).command(PIPED)
    for option in ("-kernel", "-initrd"):
        at = command.index(option)
        del command[at:at + 2]
    command[command.index("-M") + 1] += f",dumpdtb={path}"
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return devicetree.parse(path.read_bytes())


def boot_with(boot, folder, root, **machine):
    path = folder / "edited.dtb"
    path.write_bytes(devicetree.make(root))
    return boot(extra=["-dtb", str(path)], **machine)


def try_system(console, cpus=1):
    output, status = console.run("sha256sum /dev/disk0", timeout=300)
    assert (output.split()[0], status) == (hashlib.sha256(scratch_contents()).hexdigest(), 0)
    assert f": {cpus} CPU" in console.run("dmesg | head -n 2")[0]
    check_fifo(console, "works")
    assert set(states(console).values()) <= {"running", "stopped", "idle"}


def shuffle(node, names, before="", after=""):
    """Turns the order of all nodes round and renames what may be; names: old path -> new path."""
    node["children"].reverse()
    for number, child in enumerate(node["children"]):
        old = f"{before}/{child['name']}"
        stem, at, address = child["name"].partition("@")
        if before == "/cpus" or before.startswith("/cpus/"):
            pass # what the nodes of CPUs are called is specified
        elif stem not in KEPT and "compatible" in child["properties"]:
            child["name"] = f"part{number}-{len(stem)}{at}{address}"
        names[old] = f"{after}/{child['name']}"
        shuffle(child, names, old, names[old])


def rename_paths(root, names):
    """Strings that hold paths: /aliases and stdout-path."""
    for node in root["children"]:
        if node["name"] in ("aliases", "chosen"):
            for name, value in node["properties"].items():
                path = value.rstrip(b"\0").decode(errors="replace")
                if path in names:
                    node["properties"][name] = names[path].encode() + b"\0"


@pytest.mark.parametrize("smp", [3, 5])
def test_other_order_and_names(boot, architecture, tmp_path, scratch, smp):
    root = dumped(architecture, tmp_path, smp=smp)
    names = {}
    shuffle(root, names)
    assert sum(old != new for old, new in names.items()) > 10, "hardly any node was renamed"
    rename_paths(root, names)
    try_system(boot_with(boot, tmp_path, root, smp=smp, disks=[scratch()]), smp)


def cut_hole(root):
    """QEMU puts kernel and initrd into the first half of RAM and the tree to its end."""
    memory, = [node for node in root["children"]
               if node["properties"].get("device_type") == b"memory\0"]
    base, size = (int.from_bytes(memory["properties"]["reg"][at:at + 8], "big") for at in (0, 8))
    low = size * 3 // 4
    ranges = [(base, low), (base + low + HOLE, size - low - HOLE)]
    memory["properties"]["reg"] = b"".join(number.to_bytes(8, "big")
                                           for range_ in ranges for number in range_)
    return size


def test_hole_in_memory(boot, architecture, tmp_path, scratch):
    """On riscv64 an edited tree; QEMU overwrites that of Arm, so a board whose RAM has one."""
    if architecture == "riscv64":
        root = dumped(architecture, tmp_path)
        size = cut_hole(root)
        console = boot_with(boot, tmp_path, root, disks=[scratch()])
        try_system(console)
        megabytes = size - HOLE >> 20
    else:
        console = boot(machine="xlnx-versal-virt", smp=2, memory="3G", disks=[scratch()])
        check_fifo(console, "works")
        output, _ = console.run("sha256sum /dev/disk0", timeout=300)
        assert output.split()[0] == hashlib.sha256(scratch_contents()).hexdigest()
        megabytes = 3 << 10
    assert f", {megabytes} MiB" in console.run("dmesg | head -n 2")[0]


def test_disks_in_other_slots(boot, architecture, scratch):
    """Numbered by address, not by the order in which QEMU was told of them."""
    extra = []
    for slot in SLOTS:
        data = bytes([slot]) * (1 << 16)
        image = scratch(f"{slot}.img", data)
        extra += ["-drive", f"if=none,id=slot{slot},format=raw,file={image}",
                  "-device", f"virtio-blk-device,drive=slot{slot},bus=virtio-mmio-bus.{slot}"]
    console = boot(extra=extra)
    for number, slot in enumerate(sorted(SLOTS)):
        output, status = console.run(f"sha256sum /dev/disk{number}")
        expected = hashlib.sha256(bytes([slot]) * (1 << 16)).hexdigest()
        assert (output.split()[0], status) == (expected, 0)
