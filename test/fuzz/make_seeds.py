#!/usr/bin/env python3
"""Makes the seeds of the fuzzers: a folder for each, FOLDER/fuzz_NAME.

    make_seeds.py FOLDER

What the machine lacks (a compiler, a QEMU, mkfs.fat) only means fewer of them.
"""

import binascii
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools"))
from harness import xv6_image # noqa: E402
from initrd import make_archive # noqa: E402

CLANG_TARGETS = {"riscv64": "riscv64-unknown-elf", "aarch64": "aarch64-none-elf"}
LINKERS = {"riscv64": "elf64lriscv", "aarch64": "aarch64linux"}
FLAGS = {
    "both": [["-O0"], ["-O2"], ["-Os", "-fPIC", "-ffunction-sections"],
             ["-O1", "-fno-pic", "-fcommon", "-falign-functions=32", "-funwind-tables"]],
    "riscv64": [["-O2", "-mcmodel=medlow", "-fno-pic"], ["-O2", "-mno-relax"]],
    "aarch64": [["-O2", "-mcmodel=tiny", "-fno-pic"], ["-O2", "-mcmodel=large", "-fno-pic"]],
}


# ---- objects and programs --------------------------------------------------------------------

DRIVER = """
#include <sinter/object.h>
SERVER_META(name, "driver");
SERVER_META(kind, DRIVER);
SERVER_META(device, "brcm,first");
SERVER_META(device, "arm,second");
"""
LIBRARY = """
#include <sinter/object.h>
int port_call(void);
int port_call(void) { return 1; }
__attribute__((visibility("default"))) const struct {
    struct sinter_export_table head;
    struct sinter_export entries[2];
    char strings[20];
} sinter_exports = {
    {SINTER_EXPORTS_MAGIC, SINTER_EXPORTS_FORMAT, 1, 0, 2, 2, 64, 20, 0, 0},
    {{4, 1, 0, 0x5f3a91c2, 64}, {14, 0, 0, 0, 64}}, "0.1\\0port_call\\0thing"};
"""
PROGRAM = """
int zero[3000];
int data[] = {1, 2};
int _start(int i);
int _start(int i) { return zero[i] + ++data[i & 1]; }
"""


def compilers(machine):
    gcc = f"{machine}-linux-gnu-gcc"
    if shutil.which(gcc):
        yield "gcc", [gcc]
    if shutil.which("clang-19"):
        yield "clang", ["clang-19", f"--target={CLANG_TARGETS[machine]}"]


def compile_to(path, command, source, flags):
    """`source`: a path, or the text."""
    is_text = isinstance(source, str)
    subprocess.run([*command, "-ffreestanding", *flags, "-I", SOURCE / "libsys/include",
                    *(["-x", "c", "-"] if is_text else [source]), "-o", path],
                   input=source if is_text else None, text=True, check=True)
    return path.read_bytes()


def objects(work):
    """A driver's, and of one sample what the compilers make of it with many flags."""
    sample = SOURCE / "test/host/test_object_sample.c"
    for machine in CLANG_TARGETS:
        for name, command in compilers(machine):
            for number, flags in enumerate(FLAGS["both"] + FLAGS[machine]):
                yield (f"{machine}-{name}-{number}.o",
                       compile_to(work / "object", command, sample, ["-c", *flags]))
            yield (f"{machine}-{name}-driver.o",
                   compile_to(work / "object", command, DRIVER, ["-c", "-O2"]))


def linked(work, machine, source, flags):
    compile_to(work / "object", next(compilers(machine))[1], source, ["-c", "-O2", "-fPIC"])
    subprocess.run(["ld.lld-19", "-m", LINKERS[machine], *flags, work / "object", "-o",
                    work / "linked"], check=True)
    return (work / "linked").read_bytes()


def seeds_of_object(work):
    yield from objects(work)
    if shutil.which("ld.lld-19"):
        for machine in CLANG_TARGETS:
            yield f"{machine}.so", linked(work, machine, LIBRARY, ["-shared"])


def seeds_of_elf_program(work):
    """The first byte chooses the limits: see the fuzzer."""
    ways = {"static": ["-static"], "text": ["-static", "-N"], "pie": ["-pie"],
            "interpreter": ["-pie", "--dynamic-linker=/lib/ld.so"], "stack": ["-z", "execstack"]}
    for number, machine in enumerate(CLANG_TARGETS if shutil.which("ld.lld-19") else ()):
        for name, flags in ways.items():
            yield (f"{machine}-{name}",
                   bytes([7 + 16 * number]) + linked(work, machine, PROGRAM, ["-s", *flags]))


# ---- texts -----------------------------------------------------------------------------------

def typed():
    """At the prompt, in the documents."""
    return [line for path in sorted((SOURCE / "docs").glob("*.md"))
            for line in re.findall(r"(?m)^sinter# (.*)", path.read_text(encoding="utf-8"))]


def numbered(texts):
    """Each once."""
    for number, text in enumerate(dict.fromkeys(texts)):
        yield str(number), text.encode()


def seeds_of_script(_):
    """The script of the boot set, and what is typed in the documents."""
    yield "init.rc", (SOURCE / "servers/init/init.rc").read_bytes()
    statements = re.findall(r"\bsvc ([^;|&\n]+)", "\n".join(typed()))
    further = ["service a object a.o class driver start-time 1s stop-time 2s min-run 3s",
               "console /dev/console run shell.o allow service demand",
               "program svc svc.o allow service", "echo a text", "help", "on-failed reboot",
               "devices allow registers,irq", "restart a", "log a", "kill a --fault loop"]
    yield from numbered([statement.strip() + "\n" for statement in statements + further])


def seeds_of_shell(_):
    """What is typed in the documents, and of each form of the language one."""
    further = ["a=$((1 + 2 * x - 0x10 % 3 / (4 << 1) | 7 & ~2 ^ -1)); b='x' c=\"$a ${#a}\"",
               "if [ $((a < b && a != 0 || !b)) = 1 ]; then a; elif b; then c; else d; fi",
               "for x in a* \"b $@\" $*; do echo ${x:-none} ${x:+some} > f 2>&1; done &",
               "while ! a | b; do { c && d || e; }; (f; g) >> h < i; done", "until a; do :; done",
               "x=$(a \"$(b $c)\" \\; '#' | d) $? $$ $! $# $0 # nothing"]
    yield from numbered([line + "\n" for line in typed() + further])


# ---- what a boot loader finds ----------------------------------------------------------------

MACHINES = {"riscv64": ["virt", "sifive_u"], "aarch64": ["virt,gic-version=3", "xlnx-versal-virt"]}
TREE_END, TREE_STRUCTURE, TREE_STRINGS = 1, 2, 3 # words of the header
TREE_STRINGS_SIZE, TREE_STRUCTURE_SIZE = 8, 9


def cut_tree(tree):
    """QEMU dumps what it has kept free as well."""
    header = list(struct.unpack_from(">10I", tree))
    header[TREE_END] = max(header[TREE_STRUCTURE] + header[TREE_STRUCTURE_SIZE],
                           header[TREE_STRINGS] + header[TREE_STRINGS_SIZE])
    return struct.pack(">10I", *header) + tree[40:header[TREE_END]]


def seeds_of_devicetree(work):
    for architecture, machines in MACHINES.items():
        emulator = f"qemu-system-{architecture}"
        for machine in machines if shutil.which(emulator) else ():
            file = work / "tree"
            file.unlink(missing_ok=True)
            subprocess.run([emulator, "-M", f"{machine},dumpdtb={file}", "-nic", "none",
                            "-display", "none"], stderr=subprocess.DEVNULL, timeout=60)
            if file.exists():
                yield f"{architecture}-{machine.split(',')[0]}.dtb", cut_tree(file.read_bytes())


def seeds_of_archive(_):
    yield "two.cpio", make_archive({"a": b"alpha\n", "b.o": bytes(5000)})


# ---- disks -----------------------------------------------------------------------------------

SECTOR, DISK = 512, 64 * 1024
SEAL_FIRST, SEAL_LAST, PROTECT = 1, 2, 4 # of the fuzzer's first byte


def boot_record(*entries):
    """Of type, first sector, count."""
    sector = bytearray(SECTOR)
    for number, entry in enumerate(entries):
        struct.pack_into("<4xB3xII", sector, 446 + 16 * number, *entry)
    sector[510:] = b"\x55\xaa"
    return bytes(sector)


def gpt_header(block, at, other, entries, blocks):
    return struct.pack("<8s4I4Q16sQ3I", b"EFI PART", 0x10000, 92, 0, 0, at, other, 3, blocks - 4,
                       bytes(range(16)), entries, 4, 128, 0).ljust(block, b"\0")


def gpt_disk(block):
    blocks = DISK // block
    entries = b"".join(struct.pack("<16s16sQQ64x", b"\xa5" * 16, bytes(16), first, last)
                       for first, last in ((3, 5), (6, blocks - 4))).ljust(block, b"\0")
    disk = bytearray(DISK)
    disk[:SECTOR] = boot_record((0xee, 1, 0xffffffff))
    disk[block:3 * block] = gpt_header(block, 1, blocks - 1, 2, blocks) + entries
    disk[-2 * block:] = entries + gpt_header(block, blocks - 1, 1, blocks - 2, blocks)
    return bytes(disk)


def seeds_of_partitions(_):
    table = boot_record((0x83, 4, 2), (0x0c, 6, 2), (0x0f, 8, 40))
    first = b"\0" + table + bytes(7 * SECTOR)
    link, last = boot_record((0x83, 1, 3), (0x05, 10, 10)), boot_record((0x83, 1, 2))
    yield "extended", first + link + bytes(9 * SECTOR) + last
    yield "ring", first + boot_record((0x83, 1, 3), (0x05, 0, 10))
    yield "gpt", bytes([SEAL_FIRST | SEAL_LAST]) + gpt_disk(SECTOR)
    yield "gpt-backup", bytes([SEAL_LAST]) + gpt_disk(SECTOR)
    fat = b"\xeb\x3c\x90sinter  \0\2\1\1\0\1\x40\0\0\0\xf8"
    yield "fat", b"\0" + fat.ljust(510, b"\0") + b"\x55\xaa"


def seeds_of_xv6fs(_):
    tree = {"a": {"b": b"text", "c": {}}, "b": bytes(20000), "c": xv6_image.Device(1, 0),
            "fourteen-chars": b""}
    steps = b"".join(bytes([i, 8 * i, i, i]) for i in range(32))
    yield "image", b"\0" + steps + xv6_image.make(tree, 200, 40, 12)[xv6_image.BLOCK:]


def seeds_of_fat(work):
    """A boot sector as it should be, which the fuzzer's first byte leaves as it is."""
    if shutil.which("mkfs.fat"):
        image = work / "fat"
        image.write_bytes(bytes(300 * SECTOR))
        subprocess.run(["mkfs.fat", "-F", "12", "-i", "12345678", image], check=True,
                       stdout=subprocess.DEVNULL)
        steps = b"".join(bytes([(0, 5, 7, 2, 6, 1, 4, 3)[i % 8], i, i, i]) for i in range(24))
        yield "mkfs-12", b"\3" + steps + image.read_bytes().rstrip(b"\0")


# ---- devices and hosts -----------------------------------------------------------------------

def seven_bits(data):
    crc = 0
    for bit in (byte >> i & 1 for byte in data for i in range(7, -1, -1)):
        crc = (crc << 1 ^ (0x09 if (crc >> 6 ^ bit) & 1 else 0)) & 0x7f
    return crc


def seeds_of_sd(_):
    """A card of 4 GB that does all that it is asked, over each bus."""
    csd = bytes.fromhex("400e00325b5900001db77f800a4000")
    csd += bytes([seven_bits(csd) << 1 | 1])
    power, echo = 0xc0ff8000, 0x1aa
    yield "bus", struct.pack(">4I16sI16s4I", 0, echo, 0, power, bytes(16), 0x10000, csd, *[0] * 4)

    def data(content):
        return b"\xfe" + content + struct.pack(">H", binascii.crc_hqx(content, 0))

    rest, idle, ready = b"\xff", b"\xff\x01", b"\xff\x00"
    yield "spi", b"".join([
        rest * 525, idle, rest, idle, struct.pack(">I", echo), rest, idle, rest, idle, ready, rest,
        ready, struct.pack(">I", power), rest, ready, data(csd), rest, ready, rest,
        ready, data(bytes(range(256)) * 2), rest, ready, b"\x05", rest, ready, b"\0", rest])


def qid(kind=0x80):
    return struct.pack("<BIQ", kind, 1, 2)


def text(value):
    return struct.pack("<H", len(value)) + value


def entry(name):
    return qid() + struct.pack("<QB", 7, 4) + text(name)


def opening(kind, path):
    """As the state store has it (drivers/fs/virtio-9p/openings.h)."""
    return struct.pack("<4IQQ", kind, 1, 1, 0, 5, len(path)) + path.ljust(976, b"\0")


def seeds_of_ninep(_):
    """The first byte is the type of the request, which a reply answers with the next number."""
    replies = {"lopen": (12, qid() + struct.pack("<I", 0)),
               "version": (100, struct.pack("<I", 8192) + text(b"9P2000.L")),
               "walk": (110, struct.pack("<H", 3) + qid() * 2 + qid(0)), "attach": (104, qid()),
               "getattr": (24, struct.pack("<Q13s3I15Q", 0x7ff, qid(), 0x81a4, 0, 0, *range(15))),
               "statfs": (8, struct.pack("<II6QI", 1, 4096, 1 << 20, 9, 8, 7, 6, 5, 255)),
               "read": (116, struct.pack("<I", 4) + b"text"), "write": (118, struct.pack("<I", 4)),
               "mkdir": (72, qid()), "clunk": (120, b""), "setattr": (26, b"")}
    for name, (kind, body) in replies.items():
        yield name, bytes([kind]) + struct.pack("<IBH", 7 + len(body), kind + 1, 1) + body
    for number in (1, 2, 17, 39, 95, 5):
        yield f"error-{number}", struct.pack("<BIBHI", 12, 11, 7, 1, number)
    names = (b".", b"..", b"name", b"a/b", b"", b"x" * 255)
    yield "entries", b"".join(entry(name) for name in names)
    yield "path", b"a/b/name"
    # They choose the offset 512 of the store: the rest of the first opening, then others.
    yield "store", (b"\1\0".ljust(512, b"\0") + opening(1, b"a/x") + opening(2, b"a")
                    + opening(1, b"b/c") + opening(1, b"../a"))


def seeds_of_push(_):
    """The first byte: frames are built, of a kind and a length each, and come in pieces."""
    begin = struct.pack("<II", 7, 20) + b"fifo\0fifo.o\0"
    frames = [(1, begin), (2, bytes(4) + bytes(12)), (2, struct.pack("<I", 12) + bytes(8))]
    body = b"".join(bytes([kind, len(payload)]) + payload for kind, payload in frames)
    yield "whole", b"\x81" + body
    yield "gap", b"\xff" + body + bytes([2, 6]) + struct.pack("<I", 99) + b"xx"


def seeds_of_kept(_):
    """The first byte chooses what is made right: see the fuzzer."""
    log = b"[    1.000000] line\nkernel panic on CPU 0: \xff\n"
    yield "log", b"\1" + bytes(8) + struct.pack("<Q", 1 << 16) + log
    yield "records", bytes([0x1e]) + b"name and text " * 3
    yield "records-bad-text", bytes([0x16]) + b"\1\2\3"
    yield "records-bad-number", bytes([0x1a]) + b"name"


def seeds_of_toy_header(_):
    base, page = 0x10000, 4096
    yield "header", bytes([1, 3]) + struct.pack("<8s5Q", b"toyprog1", 243, base + 64, base + page,
                                                base + 2 * page, base + 3 * page)


SEEDS = {name.removeprefix("seeds_of_"): function for name, function in list(globals().items())
         if name.startswith("seeds_of_")}
SEEDS["peek"] = objects


def main(folder):
    fuzzers = {path.stem for path in (SOURCE / "test/fuzz").glob("fuzz_*.c")}
    strange = {f"fuzz_{name}" for name in SEEDS} - fuzzers
    assert not strange, f"no fuzzers: {strange}"
    shutil.rmtree(folder, ignore_errors=True)
    for fuzzer in fuzzers:
        (folder / fuzzer).mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        for name, make in SEEDS.items():
            for file, content in make(pathlib.Path(work)):
                (folder / f"fuzz_{name}" / file).write_bytes(content)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
