"""Bad objects, scripts, archives and device trees: a clear error, and nothing lost."""

import random
import re
import subprocess

import pytest

import devicetree
import initrd
from harness.build import Variant
from harness.console import Console, SystemEnded
from harness.machine import PIPED, Machine
from harness.places import ARCHITECTURES, LOGS, ROOT
from services import check_fifo, memory_used, states

ROUNDS = 3 # refused starts of each object, between two looks at the memory
LOST_KIB = 16
PANIC_SECONDS = 300
NOTHING = r"(?!)" # matches no text
ELF_SECTION_TABLE, ELF_SECTION_TABLE_SIZE = 0x28, 8

# What `svc start NAME` prints about NAME.o.
REFUSALS = {
    "edited": r"struct received differs at SYS_1\.0: the object has size 80 and `badge` at 64, "
              r"the system \d+ and 56\..*edited headers",
    "empty": r"is empty|has no bytes",
    "fingerprint": r"needs port_drain@SYS_1\.0 with fingerprint deadbeef; this system has it with "
                   r"[0-9a-f]{8}\. Built with",
    "foreign": r"is for (riscv64|aarch64) \(machine \d+\); this system is (riscv64|aarch64)",
    "garbage": r"is (no|not an?) ELF",
    "greedy": r"asks for irq and dma, which init\.rc does not allow for `greedy`.*`allow`",
    "headless": r"ends inside the ELF header: 40 bytes",
    "missing": r"needs frobnicate, which neither the object nor this system \(release [\d.]+\) "
               r"defines\. Link ",
    "newer": r"needs port_drain@SYS_9\.9; this system provides SYS_1\.0 to SYS_1\.\d+ "
             r"\(release [\d.]+\)\. Built with SDK [\d.]+: rebuild with .* or update the system",
    "no_entry": r"it defines no function server_main",
    "no_note": r"has no note \(section \.sinter\.meta\); include <sinter/object\.h> and write ",
    "packed": r"struct \w+ differs at SYS_1\.0: the object has size \d+, alignment 1 .*the system "
              r"\d+, \d+ .*-fpack-struct",
    "sectionless": r"section header table .*leaves the file of 0x[0-9a-f]+ bytes",
    "truncated": r"section header table .*leaves the file of 0x[0-9a-f]+ bytes",
    "unknown": r"needs make_coffee@SYS_1\.0, which this system \(SYS_1\.0 to SYS_1\.\d+, release "
               r"[\d.]+\) does not have\. Rebuild with",
    "writable_text": r"section \.self_modifying is writable and executable; code must be read-only",
    "cat": r"is a program, not a server; type its name at the prompt",
}


def bad_objects(variant, folder):
    """name in /boot -> path, of all that have to be refused (cat.o is there already)."""
    good = (variant.folder / "fifo.o").read_bytes()
    far_table = bytearray(good)
    far_table[ELF_SECTION_TABLE:ELF_SECTION_TABLE + ELF_SECTION_TABLE_SIZE] = b"\xf0" + bytes(6) \
        + b"\xff"
    made = {"empty": b"", "garbage": random.Random(1).randbytes(5000), "headless": good[:40],
            "sectionless": bytes(far_table), "truncated": good[:len(good) // 2]}
    paths = {f"{name}.o": folder / f"{name}.o" for name in made}
    for name, contents in made.items():
        (folder / f"{name}.o").write_bytes(contents)
    compiled = variant.folder / "test" / "objects"
    paths |= {f"{name}.o": compiled / f"{name}.o" for name in REFUSALS
              if (compiled / f"{name}.o").exists()}
    other, = set(ARCHITECTURES) - {variant.architecture}
    foreign = Variant(other, variant.compiler, variant.build_type).folder / "fifo.o"
    if foreign.exists(): # not after ./check --arch
        paths["foreign.o"] = foreign
    return paths


def check_refusals(console, names):
    """Answers what is wrong with the lines."""
    problems = []
    for name in names:
        output, status = console.run(f"svc start {name}")
        line = output.rstrip("\n")
        if status == 0 or not re.fullmatch(
                rf"svc: {name}\.o: refused: .*?({REFUSALS[name]}).*", line):
            problems.append(f"{name}: status {status}, {output!r}, expected {REFUSALS[name]!r}")
    return problems


@pytest.mark.quick
def test_refused_objects(boot, architecture, variant, tmp_path):
    objects = bad_objects(variant, tmp_path)
    names = sorted({name.removesuffix(".o") for name in objects} | {"cat"})
    assert len(names) >= len(REFUSALS) - 1, f"not built: {set(REFUSALS) - set(names)}"
    console = boot(add=objects)
    problems = check_refusals(console, names)
    assert not problems, "\n".join(problems)
    before = memory_used(console)
    rounds = " ".join(names * ROUNDS)
    output, _ = console.run(f"for name in {rounds}; do svc start $name; done", timeout=180)
    assert output.count(": refused: ") == len(names) * ROUNDS, output
    after = memory_used(console)
    lost = [now - then for then, now in zip(before, after)]
    assert max(lost) <= LOST_KIB, f"{lost} KiB (pages, kernel) lost by {len(names) * ROUNDS} starts"
    assert {states(console)[name] for name in names} == {"failed"}
    check_fifo(console, "alive")


# What begins as no object is one for a personality.
AT_THE_PROMPT = {"garbage": r"not an object of Sinter, and no personality runs that could know it",
                 "fifo": r"is a server, not a program; `svc start` starts it"}


def test_refused_programs(boot, architecture, variant, tmp_path):
    """What cannot be started at the prompt is refused there, in the same words."""
    console = boot(add=bad_objects(variant, tmp_path))
    problems = []
    for name in ("truncated", "garbage", "no_note", "fifo"):
        output, status = console.run(name)
        text = AT_THE_PROMPT.get(name, REFUSALS.get(name))
        if status != 126 or not re.search(rf"\b{name}\.o: refused: .*({text})", output):
            problems.append(f"{name}: status {status}, {output!r}")
    assert not problems, "\n".join(problems)
    check_fifo(console, "alive")


# Lines of a script, and what the log says about them (LINE: their number).
BAD_LINES = [
    ("frobnicate everything", r"unknown word `frobnicate`; known are service, "),
    ("start nothing-there", r"the boot set has no object `nothing-there`; `ls /boot` "),
    ("start spare2 object fifo.o colour blue", r"unknown option `colour`; known are object, "),
    ("start spare2 object fifo.o allow magic", r"`magic` cannot be allowed; known are registers, "),
    ("start spare2 object fifo.o attempts many", r"attempts `many` is no number from 0 to 1000"),
    ("start spare2 object fifo.o memory lots", r"memory `lots` is no size such as 512K"),
    ("start spare2 object fifo.o restart maybe", r"restart `maybe` is not known; write never, "),
    ("start spare2 object fifo.o start-time soon", r"`soon` is no duration such as 500ms"),
    ("start spare2 object", r"`object` wants a value after it"),
    ("start \"spare2", r""),
    ("start", r"`start` wants the name of a service after it"),
    ("start of/no/name", r"`of/no/name` is no name: up to 23 letters"),
    ("start spare2 object " + "x" * 60, r"the object `x+.* is no path of 1 to 47 bytes"),
    ("stop nobody", r"there is no service `nobody`; `svc list` shows them"),
    ("restart nobody", r"there is no service `nobody`"),
    ("kill nobody --fault boredom", r"write `kill NAME` or `kill NAME --fault null\|"),
    ("service lonely", r"`service` wants a name and an object"),
    ("console /dev/console walk shell.o", r"write `console DEVICE run PROGRAM`"),
    ("program none none.o", r"the boot set has no program `none\.o`"),
    ("wait spare2 forever", r"`forever` is no duration"),
    ("\x01\x02\xff\xfe", r"a control character; write text only"),
    ("echo " + "many " * 100, r"too many "),
    ("start truncated", r"truncated\.o: refused: .*section header"),
    ("start greedy allow irq", r"greedy\.o: refused: asks for dma, which init\.rc does not allow "
                               r"for `greedy` \(line LINE\)"),
]


@pytest.mark.quick
def test_bad_script(boot, architecture, variant, tmp_path):
    good = (ROOT / "servers" / "init" / "init.rc").read_text().splitlines()
    script = tmp_path / "init.rc"
    script.write_bytes("\n".join([line for line, _ in BAD_LINES] + good).encode("latin-1") + b"\n")
    objects = bad_objects(variant, tmp_path)
    console = boot(add={"init.rc": script, "truncated.o": objects["truncated.o"],
                        "greedy.o": objects["greedy.o"]})
    log, status = console.run("dmesg")
    assert status == 0
    problems = []
    for number, (line, pattern) in enumerate(BAD_LINES, 1):
        found = [text for text in log.splitlines() if f" init.rc:{number}: " in text]
        wanted = rf"init\.rc:{number}: {pattern.replace('LINE', str(number))}"
        if len(found) != 1 or not re.search(wanted, found[0]):
            problems.append(f"line {number} {line[:40]!r}: {found}, expected {wanted!r}")
    assert not problems, "\n".join(problems)
    assert states(console)["fifo"] == "running"
    check_fifo(console, "alive")


def test_long_script(boot, architecture, tmp_path):
    """More statements than there is room for: the rest is left out, and said to be."""
    good = (ROOT / "servers" / "init" / "init.rc").read_text()
    script = tmp_path / "init.rc"
    script.write_text(good + "echo filler\n" * 200)
    console = boot(add={"init.rc": script})
    log, _ = console.run("dmesg")
    assert re.search(r"init\.rc:\d+: too many statements", log), log
    check_fifo(console, "alive")


@pytest.fixture
def launch(request, architecture, variant, tmp_path):
    """Starts a machine whose command line the test changes: launch(edit, **machine)."""
    consoles = []

    def start(edit, **machine):
        machine.setdefault("boot_set", variant.boot_set)
        command = Machine(architecture, variant.kernel, **machine).command(PIPED)
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name).strip("-")
        console = Console(edit(command), LOGS / f"{name}.log")
        consoles.append(console)
        return console

    yield start
    for console in consoles:
        console.close()


def without_initrd(command):
    at = command.index("-initrd")
    return command[:at] + command[at + 2:]


def expect_panic(console, text):
    """One line that says what is missing, then a backtrace, and the machine resets."""
    with pytest.raises(SystemEnded, match="the kernel panicked") as ended:
        console.expect(NOTHING, PANIC_SECONDS)
    line = re.search(r"^kernel panic.*", str(ended.value), re.MULTILINE).group()
    assert re.search(text, line), line
    assert re.search(r"program_start\+0x", str(ended.value)), str(ended.value)
    assert console.wait_end(PANIC_SECONDS), f"the machine does not reset{console.where()}"


def test_missing_initrd(launch, architecture):
    expect_panic(launch(without_initrd),
                 r"cannot start boot/loader: the boot loader gave no initrd \(QEMU: -initrd FILE\)")


ARCHIVES = {
    "garbage": lambda good: random.Random(2).randbytes(1 << 20),
    "cut": lambda good: good[:1000],
    "without-loader": lambda good: initrd.make_archive({"init.rc": b"start fifo\n"}),
    "lying-size": lambda good: good[:54] + b"ffffffff" + good[62:],
}


@pytest.mark.parametrize("archive", ARCHIVES)
def test_bad_initrd(launch, architecture, variant, tmp_path, archive):
    path = tmp_path / "bad.cpio"
    path.write_bytes(ARCHIVES[archive](variant.boot_set.read_bytes()))
    expect_panic(launch(list, boot_set=path),
                 r"cannot start boot/loader: the initrd is no newc cpio archive with that file")


UARTS = ("ns16550a", "arm,pl011")
OVERLAP = 1 << 20
NO_CONSOLE_SCRIPT = """\
start names allow names
start bootfs allow bootset
mount /boot bootfs
devices allow registers,irq,dma,firmware
start fifo
start pipe object fifo.o
console /dev/null run shell.o args -c "echo runs without a console > /dev/disk0; poweroff"
"""


def edited_tree(architecture, folder, edit, **machine):
    """Has QEMU dump the tree of its machine; edit(root) changes it."""
    path = folder / "machine.dtb"
    plain = Machine(architecture, folder, folder, **machine)
    command = without_initrd(plain.command(PIPED))
    kernel = command.index("-kernel")
    command = command[:kernel] + command[kernel + 2:]
    command[command.index("-M") + 1] += f",dumpdtb={path}"
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    root = devicetree.parse(path.read_bytes())
    edit(root)
    path.write_bytes(devicetree.make(root))
    return path


def drop_console(root):
    count = devicetree.remove(root, lambda node: set(UARTS) & set(devicetree.compatible(node)))
    assert count == 1
    for node in devicetree.nodes(root):
        node["properties"].pop("stdout-path", None)


def test_no_console(launch, architecture, variant, tmp_path, scratch):
    tree = edited_tree(architecture, tmp_path, drop_console)
    files = initrd.read_archive(variant.boot_set.read_bytes())
    archive = tmp_path / "boot.cpio"
    archive.write_bytes(initrd.make_archive({**files, "init.rc": NO_CONSOLE_SCRIPT.encode()}))
    disk = scratch()
    console = launch(lambda command: command + ["-dtb", str(tree)], boot_set=archive, disks=[disk])
    assert console.wait_end(), f"the machine is still on{console.where()}"
    assert disk.read_bytes().startswith(b"runs without a console\n")
    assert "sinter" not in console.text.lower(), "there was a console after all"


def overlap_memory(root):
    """A second node for the last MiB, and one inside; QEMU replaces nodes named `memory`."""
    memory, = [node for node in root["children"]
               if node["properties"].get("device_type") == b"memory\0"]
    base, size = (int.from_bytes(memory["properties"]["reg"][at:at + 8], "big") for at in (0, 8))
    for name, start in (("ram-end", base + size - OVERLAP), ("ram-inside", base + size // 2)):
        register = start.to_bytes(8, "big") + OVERLAP.to_bytes(8, "big")
        root["children"].append({"name": f"{name}@{start:x}", "children": [], "properties": {
            "device_type": b"memory\0", "reg": register}})


def test_overlapping_memory(boot, launch, architecture, tmp_path):
    tree = edited_tree(architecture, tmp_path, overlap_memory)
    console = launch(lambda command: command + ["-dtb", str(tree)])
    console.wait_prompt()
    log, status = console.run("dmesg")
    assert status == 0
    assert "the device tree names some memory twice; it is used once" in log
    output, _ = console.run("mem")
    assert re.search(r"^memory +131072 KiB$", output, re.MULTILINE), output
    check_fifo(console, "alive")


def run_stress(boot, smp, calls, timeout):
    console = boot(smp=smp)
    check_fifo(console, "before")
    before = memory_used(console)
    output, status = console.run(f"stress {calls}", timeout=timeout)
    log, _ = console.run("dmesg")
    assert status == 0, f"status {status}: {output}\n" + "\n".join(log.splitlines()[-3:])
    assert re.search(rf"^stress: {calls} calls, \d+ distinct", output), output
    assert int(re.search(r"(\d+) distinct", output).group(1)) > 5, output
    check_fifo(console, "after")
    lost = [now - then for then, now in zip(before, memory_used(console))]
    assert max(lost) <= LOST_KIB, f"{lost} KiB (pages, kernel) lost"


@pytest.mark.quick
@pytest.mark.parametrize("smp", [1, 4])
def test_random_system_calls(boot, architecture, smp):
    run_stress(boot, smp, 20000, 300)


@pytest.mark.long
@pytest.mark.parametrize("smp", [1, 4])
def test_a_million_random_system_calls(boot, architecture, smp):
    run_stress(boot, smp, 1000000, 3600)
