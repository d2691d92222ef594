"""Boards with the kernel of `virt`: their serial lines, SD cards, CPUs and ways to switch off.

sifive_u has no way to be switched off; the fixture ends QEMU, as ./run does.
"""

import hashlib
import subprocess
import sys

import pytest

from harness import push, xv6_image
from harness.machine import BOARDS, scratch_contents
from harness.places import ROOT
from services import check_fifo, states, status_of, wait_program, wait_restarted, wait_state

BOARD = {"riscv64": "sifive_u", "aarch64": "xlnx-versal-virt"}
SERIAL = {"riscv64": "sifive-uart", "aarch64": "pl011"}
CARD = {"riscv64": "sd-spi", "aarch64": "sdhci"}
CARD_SIZE = 1 << 20
SMALL_CARD = 256 << 10 # SPI is slow to emulate
LARGE_CARD = 4 << 30 # addressed by blocks; the file is sparse
PIECE = 64 << 10


def contents():
    return scratch_contents()[:CARD_SIZE]


@pytest.fixture
def board(boot, architecture):
    """Boots the architecture's board, with as few CPUs as it can have."""
    def start(smp=None, **machine):
        name = BOARD[architecture]
        return boot(machine=name, smp=smp or BOARDS[name].cpus[0], **machine)
    return start


def read_whole(console, disk, data):
    output, status = console.run(f"sha256sum {disk}")
    assert (output.split()[0], status) == (hashlib.sha256(data).hexdigest(), 0)


def test_prompt_with_each_number_of_cpus(board, architecture):
    for smp in BOARDS[BOARD[architecture]].cpus:
        console = board(smp=smp)
        banner = console.run("dmesg | head -n 2")[0]
        assert f": {smp} CPU" in banner, banner
        assert status_of(console, SERIAL[architecture])["files"] == "/dev/serial0"
        assert {"console", "serial0", "serial1"} <= set(console.run("ls /dev")[0].split())
        assert console.run("sleep 0.1") == ("", 0)
        check_fifo(console, "works")


@pytest.mark.quick
def test_card(board, architecture, scratch):
    """Read, and written in one piece and across the borders of blocks, as the host sees it."""
    data = contents()[:SMALL_CARD]
    image = scratch(contents=data)
    console = board(disks=[image])
    assert status_of(console, CARD[architecture])["files"] == "/dev/disk0"
    read_whole(console, "/dev/disk0", data)
    assert console.run("echo written by sinter > /dev/disk0") == ("", 0)
    assert console.run("head -c 3000 /dev/disk0 > /tmp/piece; cat /tmp/piece > /dev/disk0")[1] == 0
    expected = bytearray(data)
    expected[:18] = b"written by sinter\n"
    assert image.read_bytes() == expected


def test_large_card(board, architecture, scratch):
    """A card of high capacity, whose commands name blocks and not bytes."""
    image = scratch(contents=contents())
    with image.open("r+b") as file:
        file.truncate(LARGE_CARD)
    console = board(disks=[image])
    output, status = console.run(f"head -c {PIECE} /dev/disk0 | sha256sum")
    assert (output.split()[0], status) == (hashlib.sha256(contents()[:PIECE]).hexdigest(), 0)
    assert console.run("seq 5000 > /dev/disk0") == ("", 0)
    written = "".join(f"{number}\n" for number in range(1, 5001)).encode()
    with image.open("rb") as file:
        assert file.read(PIECE) == written + contents()[len(written):PIECE]


def test_crash_while_reading_is_survived(board, architecture, scratch):
    service = CARD[architecture]
    console = board(disks=[scratch(contents=contents())])
    console.run("sha256sum /dev/disk0 > /dev/fifo &")
    assert console.run(f"svc kill {service} --fault null")[1] == 0
    output, status = console.run("cat /dev/fifo")
    assert (output.split()[0], status) == (hashlib.sha256(contents()).hexdigest(), 0)
    for command in (f"svc restart {service}", f"svc stop {service}", f"svc start {service}"):
        assert console.run(command)[1] == 0
    read_whole(console, "/dev/disk0", contents())


def test_killed_while_writing(board, architecture, scratch):
    """Wherever in a block: the next instance finds a card that waits for the rest of it."""
    image = scratch(contents=contents())
    console = board(disks=[image])
    service = CARD[architecture]
    assert console.run("seq 70000 > /tmp/data") == ("", 0)
    data = "".join(f"{number}\n" for number in range(1, 70001)).encode()
    for _ in range(3):
        wait_state(console, service, "running")
        console.run("{ cp /tmp/data /dev/disk0; echo ended $?; } > /dev/fifo &")
        wait_program(console, "cp")
        assert console.run(f"svc kill {service}") == ("", 0)
        assert console.run("cat /dev/fifo") == ("ended 0\n", 0)
    assert image.read_bytes()[:len(data)] == data


def test_card_is_one_file_systems(board, architecture, scratch):
    """Also after crashes of its driver and of the file system."""
    card = scratch(contents=xv6_image.make({}, size=200, inodes=32).ljust(SMALL_CARD, b"\0"))
    console = board(disks=[card])
    assert console.run("svc start mine object xv6fs.o args /dev/disk0; svc mount /mine mine") == (
        "", 0)
    for name in (CARD[architecture], "mine"):
        assert console.run(f"svc kill {name}") == ("", 0)
        wait_restarted(console, name)
        told, status = console.run("svc start second object xv6fs.o args /dev/disk0")
        assert status == 1 and "in use by another file system, `mine`" in told, told
        assert console.run(f"echo {name} >> /mine/text") == ("", 0)
    assert console.run("svc stop mine --force; svc start second; svc mount /mine second") == ("", 0)
    assert console.run("cat /mine/text") == (f"{CARD[architecture]}\nmine\n", 0)


def test_restarted_line(board, architecture):
    """The driver of the console's line crashes and is restarted by hand, and the prompt stays."""
    console = board()
    service = SERIAL[architecture]
    for command in (f"svc kill {service} --fault null", f"svc restart {service}"):
        console.send(command + "\n")
        console.wait_prompt()
    check_fifo(console, "alive")
    assert states(console)[service] == "running"


def test_empty_slots(board, architecture):
    console = board()
    services = states(console)
    assert services[CARD[architecture]] == "failed"
    assert "card" in console.run(f"svc log {CARD[architecture]}")[0]
    assert "disk0" not in console.run("ls /dev")[0].split()


def test_two_cards(boot, scratch, architecture):
    if BOARDS[BOARD[architecture]].cards < 2:
        pytest.skip(f"{BOARD[architecture]} has one slot")
    data = [bytes([value]) * CARD_SIZE for value in (1, 2)]
    console = boot(machine=BOARD[architecture], smp=2,
                   disks=[scratch(f"{i}.img", text) for i, text in enumerate(data)])
    for number, text in enumerate(data):
        read_whole(console, f"/dev/disk{number}", text)


def test_virtio_devices(board, architecture, tmp_path, variant):
    """What QEMU adds to a copy of a real board: a shared folder, a push, entropy."""
    if not BOARDS[BOARD[architecture]].virtio:
        pytest.skip(f"{BOARD[architecture]} has no virtio-mmio")
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "from").write_text("from the host\n")
    port = tmp_path / "port"
    console = board(share=folder, port=port, entropy=True)
    assert console.run("cat /host/from") == ("from the host\n", 0)
    assert console.run("echo from the board > /host/to") == ("", 0)
    assert (folder / "to").read_text() == "from the board\n"
    assert status_of(console, "virtio-rng")["files"] == "/dev/hwrng"
    outcome = push.send(port, "fifo", "new.o", (variant.folder / "fifo.o").read_bytes(), 60)
    assert outcome.good and outcome.text.startswith("fifo: runs with new.o ("), outcome
    check_fifo(console, "alive")


def test_switching_off(board, architecture):
    """PSCI on Versal; sifive_u can only be restarted, by a GPIO that the firmware knows."""
    console = board()
    console.send("reboot\n")
    assert console.wait_end(), f"the machine goes on{console.where()}" # -no-reboot ends QEMU
    if BOARDS[BOARD[architecture]].switches_off:
        assert board().power_off()


def test_run(architecture):
    """./run ends QEMU once it has the status, whether the machine switches off or not."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "sinter_run.py", architecture, "--machine",
         BOARD[architecture], "--exec", "echo hello; false"],
        capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    assert (done.stdout, done.returncode) == ("hello\n", 1), done.stderr
