"""QEMU: which machine, with what, as a command line."""

from dataclasses import dataclass, field
from pathlib import Path

from .places import BUILD

MACHINES = {"riscv64": "virt", "aarch64": "virt,gic-version=3"}
CPUS = {"riscv64": "rv64", "aarch64": "cortex-a72"}
FIXED_CPU_MACHINES = ("sifive_u", "xlnx-versal-virt")
MEMORY = "128M"
SCRATCH_SIZE = 4 << 20
SECTOR = 512
BUS_LIMIT = 8 # virtio-mmio transports of the smaller machine


@dataclass
class Machine:
    architecture: str
    kernel: Path
    boot_set: Path
    smp: int = 1
    memory: str = MEMORY
    disks: list = field(default_factory=list)
    machine: str = ""
    cpu: str = ""
    legacy_virtio: bool = False
    extra: list = field(default_factory=list)

    def command(self, serial):
        """`serial`: QEMU's options for console and monitor."""
        machine = self.machine or MACHINES[self.architecture]
        command = [f"qemu-system-{self.architecture}", "-M", machine]
        if self.cpu or machine.split(",")[0] not in FIXED_CPU_MACHINES:
            command += ["-cpu", self.cpu or CPUS[self.architecture]]
        command += ["-smp", str(self.smp), "-m", self.memory]
        if self.architecture == "riscv64":
            command += ["-bios", "default"]
        command += ["-kernel", str(self.kernel), "-initrd", str(self.boot_set)]
        command += ["-nic", "none", "-no-reboot", *serial]
        if not self.legacy_virtio:
            command += ["-global", "virtio-mmio.force-legacy=false"]
        return command + self.disk_options() + self.extra

    def disk_options(self):
        """The first disk gets the lowest address, so it becomes /dev/disk0."""
        if len(self.disks) > BUS_LIMIT:
            raise ValueError(f"{len(self.disks)} disks; these machines take {BUS_LIMIT}")
        options = []
        for number, disk in enumerate(self.disks):
            file = str(disk).replace(",", ",,")
            options += ["-drive", f"if=none,id=disk{number},format=raw,file={file}", "-device",
                        f"virtio-blk-device,drive=disk{number},bus=virtio-mmio-bus.{number}"]
        return options


INTERACTIVE = ["-nographic", "-serial", "mon:stdio"]
PIPED = ["-display", "none", "-monitor", "none", "-serial", "stdio"]


def scratch_contents():
    """Every sector begins with a line that tells its number."""
    sectors = []
    for number in range(SCRATCH_SIZE // SECTOR):
        line = f"Sinter scratch disk, sector {number}\n".encode()
        sectors.append(line + bytes((number + i) % 256 for i in range(SECTOR - len(line))))
    return b"".join(sectors)


def scratch_disk(architecture):
    """The disk of `./run` when none is given; it keeps what was written to it."""
    path = BUILD / f"disk-{architecture}.img"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(scratch_contents())
    return path
