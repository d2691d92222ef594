"""QEMU: which machine, with what, as a command line."""

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path

from .places import BUILD

MACHINES = {"riscv64": "virt", "aarch64": "virt,gic-version=3"}
CPUS = {"riscv64": "rv64", "aarch64": "cortex-a72"}
MEMORY = "128M"
# U-Boot of Debian's u-boot-qemu, and memory that its load addresses need.
UBOOT = {"riscv64": Path("/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf"),
         "aarch64": Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")}
UBOOT_MEMORY = {"riscv64": "256M", "aarch64": MEMORY}
# Debian's looks at one virtio disk only: at the one found last or first.
UBOOT_DISK_LAST = {"riscv64": True, "aarch64": False}
SCRATCH_SIZE = 4 << 20
SECTOR = 512
WRITE_PERMISSIONS = 0o222
BUS_LIMIT = 8 # virtio-mmio transports of the smallest machine that has any


def with_uboot_disk(architecture, disk, others):
    """Disks in the order of their names, /dev/disk0 first: U-Boot finds the one to boot from."""
    return [*others, disk] if UBOOT_DISK_LAST[architecture] else [disk, *others]


@dataclass(frozen=True)
class Board:
    """A machine that copies a real one: what is fixed there. Its disks are SD cards."""
    cpus: range               # how many Sinter can have
    cards: int                # slots
    harts: int | None         # beside those CPUs, for -smp; None: the number is not to be given
    switches_off: bool = True # by software
    virtio: bool = False      # QEMU gave it virtio-mmio transports, BUS_LIMIT of them


BOARDS = {"sifive_u": Board(cpus=range(1, 5), cards=1, harts=1, switches_off=False),
          "xlnx-versal-virt": Board(cpus=range(2, 3), cards=2, harts=None, virtio=True)}


def board_of(machine):
    """Of a name as for QEMU -M; None: it is no board."""
    return BOARDS.get(machine.split(",")[0])


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
    entropy: bool = False         # a virtio entropy device
    share: Path | None = None     # a folder of the host, by virtio-9p
    port: Path | None = None      # a Unix socket to make, behind a virtio console
    firmware: Path | None = None  # U-Boot, which boots from the first disk; no kernel is given then
    extra: list = field(default_factory=list)

    def command(self, serial):
        """`serial`: QEMU's options for console and monitor."""
        machine = self.machine or MACHINES[self.architecture]
        command = [f"qemu-system-{self.architecture}", "-M", machine]
        board = board_of(machine)
        if self.cpu or board is None:
            command += ["-cpu", self.cpu or CPUS[self.architecture]]
        if board is None or board.harts is not None:
            command += ["-smp", str(self.smp + (board.harts if board else 0))]
        command += ["-m", self.memory]
        command += self.boot_options()
        command += ["-nic", "none", "-no-reboot", *serial]
        if not self.legacy_virtio:
            command += ["-global", "virtio-mmio.force-legacy=false"]
        return command + self.device_options() + self.extra

    def switches_off(self):
        """Whether the system can; otherwise QEMU has to be ended once it is not needed any more."""
        board = board_of(self.machine)
        return board is None or board.switches_off

    def boot_options(self):
        """On riscv64 U-Boot runs where a kernel does, after OpenSBI; on aarch64 it comes first."""
        supervisor = ["-bios", "default"] if self.architecture == "riscv64" else []
        if self.firmware is None:
            return [*supervisor, "-kernel", str(self.kernel), "-initrd", str(self.boot_set)]
        return [*supervisor, "-kernel" if supervisor else "-bios", str(self.firmware)]

    def device_options(self):
        """Disks from the first transport on, other devices from the last one down."""
        others = self.other_devices()
        if len(self.disks) + len(others) > BUS_LIMIT:
            raise ValueError(f"{len(self.disks)} disks and {len(others)} other devices; these "
                             f"machines take {BUS_LIMIT}")
        options = self.disk_options()
        for bus, (backend, device) in enumerate(others, BUS_LIMIT - len(others)):
            options += [*backend, "-device", f"{device},bus=virtio-mmio-bus.{bus}"]
        return options + (["-device", "virtconsole,chardev=port"] if self.port else [])

    def other_devices(self):
        """(options of the backend, device) of each."""
        devices = []
        if self.share is not None:
            folder = str(self.share).replace(",", ",,")
            mode = "" if is_writable(self.share) else ",readonly=on"
            devices.append((["-fsdev", f"local,id=share,path={folder},security_model=none,"
                                       f"multidevs=remap{mode}"],
                            "virtio-9p-device,fsdev=share,mount_tag=host"))
        if self.entropy:
            devices.append(([], "virtio-rng-device"))
        if self.port is not None:
            socket = str(self.port).replace(",", ",,")
            devices.append((["-chardev", f"socket,id=port,path={socket},server=on,wait=off"],
                            "virtio-serial-device,max_ports=1"))
        return devices

    def disk_options(self):
        """The first disk gets the lowest address, so it becomes /dev/disk0."""
        board = board_of(self.machine)
        limit = board.cards if board else BUS_LIMIT
        if len(self.disks) > limit:
            raise ValueError(f"{len(self.disks)} disks; this machine takes {limit}")
        options = []
        for number, disk in enumerate(self.disks):
            file = str(disk).replace(",", ",,")
            mode = "" if is_writable(Path(disk)) else ",readonly=on"
            if board:
                options += ["-drive", f"if=sd,index={number},format=raw,file={file}{mode}"]
                continue
            options += ["-drive", f"if=none,id=disk{number},format=raw,file={file}{mode}",
                        "-device",
                        f"virtio-blk-device,drive=disk{number},bus=virtio-mmio-bus.{number}"]
        return options


def is_writable(path):
    """Also to root, a file or folder without any write permission is read-only."""
    return os.access(path, os.W_OK) and path.stat().st_mode & WRITE_PERMISSIONS != 0


held_locks = [] # until this process ends

REBOOTS = ["-action", "reboot=reset"] # otherwise -no-reboot ends QEMU
INTERACTIVE = ["-nographic", "-serial", "mon:stdio"]
PIPED = ["-display", "none", "-monitor", "none", "-serial", "stdio"]


def scratch_contents():
    """Every sector begins with a line that tells its number."""
    sectors = []
    for number in range(SCRATCH_SIZE // SECTOR):
        line = f"Sinter scratch disk, sector {number}\n".encode()
        sectors.append(line + bytes((number + i) % 256 for i in range(SECTOR - len(line))))
    return b"".join(sectors)


def taken(path, folder):
    """A file that this process alone uses until it ends: `path`, or while another process has that,
    one of the same name in `folder`. Without a folder nobody is kept out."""
    path.parent.mkdir(exist_ok=True)
    if folder is None:
        return path
    lock = path.with_name(f".{path.name}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return folder / path.name
    held_locks.append(lock)
    return path


def has_buses(machine):
    """Whether virtio-mmio devices can be added to a machine that is asked for by that name."""
    board = board_of(machine)
    return board.virtio if board else f"{machine or 'virt'},".startswith("virt,")


def default_disks(architecture, machine, folder):
    """The disk of `./run` when none is given, where the machine has a place for it. It keeps what
    was written to it; while another `./run` uses it, this one gets one of its own in `folder`."""
    if not has_buses(machine) and board_of(machine) is None:
        return []
    path = taken(BUILD / f"disk-{architecture}.img", folder)
    if not path.exists():
        path.write_bytes(scratch_contents())
    return [path]
