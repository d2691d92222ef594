"""The template of a personality (examples/personality): what it runs, beside native programs and
those of xv6, killed, crashed and restarted. Its programs are in /host here."""

import re
import struct

import pytest

from harness import xv6_image
from harness.places import ROOT
from harness.xv6_programs import xv6_programs
from services import memory_used, names_of_programs, status_of, wait_program, wait_restarted
from test_personality import inside, refused, wait_inside

LINES = 300
PROGRAMS = ("join", "say", "upper", "wild")
CODE = ROOT / "examples/personality"
START = "svc start toy allow spawn"
FAULT, KILLED, TERMINATED = 139, 137, 143
BAD_CALL = 21 # libsys/tables/errors.toml
PAGE = 4096
BASE, TOP = 0x10000, 0x40000000
HEADER = struct.Struct("<8s5Q") # toy.h


@pytest.fixture
def programs(variant, tmp_path):
    """A folder with the programs, and files that look like some."""
    folder = tmp_path / "share"
    folder.mkdir()
    built = variant.folder / "examples/personality/programs"
    for name in PROGRAMS:
        (folder / name).write_bytes((built / f"{name}.toy").read_bytes())
    say = (folder / "say").read_bytes()
    magic, machine, entry, text, data, zero = HEADER.unpack_from(say)
    broken = {"machine": (machine + 1, entry, text, data, zero),
              "entry": (machine, BASE, text, data, zero),
              "order": (machine, entry, text, text - PAGE, zero),
              "odd": (machine, entry, text - 8, data, zero),
              "wide": (machine, entry, text, data, TOP),
              "huge": (machine, entry, text, 2**64 - 1, 2**64 - 1),
              "short": (machine, entry, text, data + 1, data + 1),
              "hungry": (machine, entry, text, data, TOP - 2**20)}
    for name, values in broken.items():
        (folder / name).write_bytes(HEADER.pack(magic, *values) + say[HEADER.size:])
    (folder / "stub").write_bytes(say[:HEADER.size - 1])
    (folder / "text").write_text("small letters\n")
    (folder / "script").write_text("#!/host/say scripted\n")
    return folder


@pytest.fixture
def start(boot, variant, programs, tmp_path):
    """Boots with toy.o in the boot set and a disk of xv6."""
    disk = tmp_path / "xv6.img"
    tree = {name: program.read_bytes() for name, program in xv6_programs(variant).items()
            if name in ("cat", "echo", "init", "wc")}
    disk.write_bytes(xv6_image.make(tree))

    def run(**machine):
        return boot(share=programs, disks=[disk], add={"toy.o": variant.folder / "examples/toy.o"},
                    **machine)
    return run


def test_small():
    """The personality; what its programs are linked with comes on top."""
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines())
             for path in CODE.glob("*.[ch]")}
    assert 0 < sum(lines.values()) <= LINES, lines


def test_ten_calls():
    """The list of the interface, the table and the programs are of the same ten."""
    listed = re.search(r"enum toy_call \{(.*?)TOY_CALLS", (CODE / "toy.h").read_text(), re.DOTALL)
    calls = set(re.findall(r"\bTOY_[A-Z]+(?=,)", listed[1]))
    assert len(calls) == 10
    assert set(re.findall(r"\[(TOY_\w+)\] =", (CODE / "toy.c").read_text())) == calls
    used = "".join(path.read_text() for path in (CODE / "programs").glob("*.c"))
    assert calls <= set(re.findall(r"TOY_\w+", used))


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_calls(start, smp):
    """Each call, alone, in pipes of the shell and its own, with native programs on either side."""
    console = start(smp=smp)
    refused(console, "/host/say x", "not an object of Sinter, and no personality runs")
    assert console.run(START) == ("", 0)
    assert console.run("/host/say hello there") == ("hello there\n", 0)
    assert console.run("cd /host; ./say here; cd /") == ("here\n", 0)
    assert console.run("/host/say one | /host/upper | wc") == ("1 1 4\n", 0)
    assert console.run("echo native | /host/upper | cat") == ("NATIVE\n", 0)
    assert console.run("cd /host; ./upper text /tmp/big; cd /; cat /tmp/big") == \
        ("SMALL LETTERS\n", 0)
    assert console.run("seq 3000 | /host/upper | sha256sum")[0] == \
        console.run("seq 3000 | sha256sum")[0]
    assert console.run("/host/join /host/say a b '|' /host/upper") == ("A B\n", 0)
    assert console.run("/host/join /boot/echo.o c d '|' /host/upper") == ("C D\n", 0)
    assert console.run("/host/join /host/say e f '|' /boot/wc.o") == ("1 2 4\n", 0)
    assert console.run("/host/join /host/say '|' /boot/false.o") == ("", 1)
    assert console.run("/host/script x") == ("scripted /host/script x\n", 0)
    assert console.run("/host/upper /none")[1] == 1
    assert console.run("/host/join /none '|' /host/upper") == ("/none: refused\n", 0)
    assert console.run("/host/join /host/say '|' /none") == ("/none: refused\n", 1)
    assert console.run("/host/wild call") == ("", BAD_CALL)
    assert console.run("/host/wild") == ("", FAULT)
    assert "wild (" in (log := console.run("svc log toy")[0]) and "write fault at 0x40000000" in log
    assert status_of(console, "toy")["restarts"] == "0"
    assert inside(console) == {}


def test_refusals(start):
    """Programs that are none: each is told, nobody is hurt, nothing is left."""
    console = start()
    assert console.run(START) == ("", 0)
    order = "toy: has addresses out of order or of its range"
    for name, why in {"machine": "toy: is built for another machine", "entry": order,
                      "order": order, "odd": order, "wide": order, "huge": order,
                      "short": "toy: is cut short"}.items():
        refused(console, f"/host/{name}", why)
    for name in ("stub", "text"):
        refused(console, f"/host/{name}", "toy: does not begin as a toy program")
    refused(console, "/host/hungry", "/host/hungry")
    attempts = "for i in 1 2 3 4 5 6 7 8 9 10; do /host/huge; /host/hungry; /host/wild; done"
    console.run(f"{attempts} 2> /dev/null", timeout=100)
    before = memory_used(console)[0]
    console.run(f"{attempts} 2> /dev/null", timeout=100)
    assert memory_used(console)[0] <= before + 64
    assert console.run("/host/say well") == ("well\n", 0)


def test_ends(start):
    """Killed from outside, with what they wait for; the personality crashes and is restarted."""
    console = start()
    assert console.run(START) == ("", 0)
    console.run("sleep 1000 > /dev/fifo &") # so that the fifo has no end
    for command in ("/host/wild loop", "/host/upper /dev/fifo"):
        console.run(f"{command} &")
        pid = wait_inside(console, [command.split()[0].rpartition("/")[2]])[0]
        assert console.run(f"kill {pid}; wait $!") == ("", TERMINATED)
    console.run("/host/join /host/upper /dev/fifo '|' /boot/sleep.o 1000 & kill $!")
    wait_inside(console, [])
    for times, fault in enumerate(("null", "illegal"), 1):
        console.run("/host/wild loop &")
        wait_inside(console, ["wild"])
        console.run("/host/join /host/say x '|' /boot/sleep.o 2000 &")
        wait_program(console, "sleep")
        assert console.run(f"svc kill toy --fault {fault}; wait $!")[1] == KILLED
        wait_restarted(console, "toy", times)
        assert inside(console) == {}
        assert console.run("/host/say again | /host/upper") == ("AGAIN\n", 0)
    refused(console, "svc replace toy with toy.o", "whose programs cannot be handed over", 1)
    assert console.run("svc stop toy; svc replace toy with toy.o")[1] == 0
    assert console.run("/host/say new") == ("new\n", 0)
    assert names_of_programs(console).count("sleep") == 1


def test_beside_xv6(start):
    """Programs of three kinds in one pipe; each personality starts those of the other."""
    console = start()
    assert console.run("svc start xv6fs args /dev/disk0; svc mount /xv6 xv6fs") == ("", 0)
    assert console.run(f"svc start xv6 allow spawn; {START}") == ("", 0)
    assert console.run("echo three kinds | /xv6/cat | /host/upper | /xv6/cat | cat") == \
        ("THREE KINDS\n", 0)
    assert console.run("/host/say from toy | /xv6/cat | wc") == ("1 2 9\n", 0)
    told, status = console.run("/host/join /host/say lines of text '|' /xv6/wc")
    assert status == 0 and told.split()[:3] == ["1", "3", "14"], told
    assert console.run("/host/join /xv6/echo of xv6 '|' /host/upper") == ("OF XV6\n", 0)
    assert console.run("svc kill toy --fault null; /xv6/echo on") == ("on\n", 0)
    wait_restarted(console, "toy")
    assert console.run("/host/say on | /xv6/cat") == ("on\n", 0)
