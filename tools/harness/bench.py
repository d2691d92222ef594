"""./check --bench: figures in executed instructions. docs/FIGURES.md says what each row is.

Objects of test/system/bench print lines `bench: ROW COUNT`; the boot, and programs of xv6, are
counted from outside. With the figures go the bounds of test/bench/bounds.toml and what other
systems take, of test/bench/peers.toml.
"""

import json
import re
import struct
import sys
import tomllib

import initrd

from . import bench_xv6
from .build import Variant, build_or_exit
from .console import Console, ConsoleError
from .counted import ICOUNT, CountedMachine
from .machine import PIPED, Machine
from .places import ARCHITECTURES, BUILD, LOGS, ROOT

LINE = re.compile(r"bench: (\w+) (\d+)$", re.MULTILINE)
FAILED = re.compile(r"FAILED:? [^\n]*")
END = r"bench ends"
SECONDS = 120
BOUND_FACTOR = 1.1
WIDE_BOUND_FACTORS = {"page_unmap_map": 1.2} # depends on random addresses
PROMISED = { # whatever was measured, no bound is above these
    "guest_call": {"riscv64": 170, "aarch64": 140},
    "xv6_getpid": {"riscv64": 250, "aarch64": 220},
    "xv6_pipe": {"riscv64": 5000, "aarch64": 4500},
    "xv6_fork": {"riscv64": 90000, "aarch64": 80000},
    "xv6_exec": {"riscv64": 200000, "aarch64": 170000},
    "xv6_open": {"riscv64": 15000, "aarch64": 13000},
}
KERNEL_ENTRY = {"riscv64": 0x80200000, "aarch64": 0x40200000} # where QEMU's virt puts the image
LOADER_ENTRY_OFFSET = 48 # of struct loader_image, loader/image.h
KIB = 1024

BOUNDS_HEAD = """\
# Most that a row of ./check --bench may take, by architecture; a row without an entry is recorded
# only. Written by ./check --bench --record-bounds: what was measured, and 10 % more, but no more
# than was promised.
"""


def load(name):
    return tomllib.loads((ROOT / "test" / "bench" / name).read_text(encoding="utf-8"))


def boot_set(variant, name, objects):
    """The variant's boot set with further objects of test/system, by their name in /boot."""
    files = initrd.read_archive(variant.boot_set.read_bytes())
    for target, source in objects.items():
        files[target] = (variant.folder / "test" / source).read_bytes()
    path = BUILD / f"bench-{name}-{variant.name}.cpio"
    path.write_bytes(initrd.make_archive(files))
    return path


def log_path(variant, name):
    return LOGS / f"bench-{name}-{variant.name}.log"


def boot(variant, name, objects):
    machine = Machine(variant.architecture, variant.kernel, boot_set(variant, name, objects),
                      extra=ICOUNT)
    return Console(machine.command(PIPED), log_path(variant, name))


def counts_in(console, text):
    failure = FAILED.search(text)
    if failure:
        raise ConsoleError(f"{failure.group()}{console.where()}")
    counts = {row: int(count) for row, count in LINE.findall(text)}
    if not counts:
        raise ConsoleError(f"no row was printed{console.where()}:\n{text}")
    return counts


def measure_kernel(variant):
    """bench in the place of init, with bench_server."""
    objects = {"init.o": "bench.o", "bench_server.o": "bench_server.o"}
    with boot(variant, "kernel", objects) as console:
        text = console.expect(rf".*({END}|FAILED)[^\n]*\n", SECONDS).group()
        return counts_in(console, text)


def loader_entry(variant):
    """Where the first instruction of a user program stands."""
    image = initrd.read_archive(variant.boot_set.read_bytes())["loader"]
    return struct.unpack_from("<Q", image, LOADER_ENTRY_OFFSET)[0]


def measure_boot(variant):
    """The system as it is, from outside."""
    counts = {}
    with CountedMachine(variant.architecture, variant.kernel, variant.boot_set,
                        log_path(variant, "boot")) as console:
        start = console.run_to(KERNEL_ENTRY[variant.architecture])
        user = console.run_to(loader_entry(variant))
        counts["kernel_to_user"] = user - start
        counts["power_on_to_user"] = user
        console.go()
        console.wait_prompt(SECONDS)
        console.quiet_count()
        console.send("echo ready\n")
        console.expect(r"^ready\n", SECONDS)
        console.wait_prompt(SECONDS)
        counts["kernel_to_prompt"] = console.quiet_count() - start
        counts["memory_at_prompt"] = memory_used(console)
        check_services(console)
    return counts


def memory_used(console):
    output, _ = console.run("mem", SECONDS)
    used = re.search(r"^used +(\d+) KiB$", output, re.MULTILINE)
    if not used:
        raise ConsoleError(f"mem says no `used`{console.where()}:\n{output}")
    return int(used.group(1)) * KIB


def check_services(console):
    """A boot that leaves a service behind is not to be compared."""
    output, _ = console.run("svc list", SECONDS)
    if re.search(r"\b(loading|starting|restarting|failed)\b", output):
        raise ConsoleError(f"not every service runs at the prompt{console.where()}:\n{output}")


def measure_services(variant):
    """bench_services at the prompt; its lines are in the kernel log."""
    with boot(variant, "services", {"bench_services.o": "bench_services.o"}) as console:
        console.wait_prompt(SECONDS)
        for command in ("svc program bench_services bench_services.o allow service",
                        "bench_services"):
            output, status = console.run(command, SECONDS)
            if status != 0:
                log, _ = console.run("dmesg", SECONDS)
                raise ConsoleError(f"`{command}` ended with status {status}{console.where()}:\n"
                                   f"{output}{log}")
        log, _ = console.run("dmesg", SECONDS)
        return counts_in(console, log)


def measure(architecture):
    """row -> count."""
    variant = Variant(architecture)
    build_or_exit(variant, targets=())
    return (measure_kernel(variant) | measure_boot(variant) | measure_services(variant) |
            bench_xv6.measure(variant))


def rows(architecture, counts, bounds, peers):
    for row, count in counts.items():
        peer = peers.get(row, {})
        yield {"row": row, "arch": architecture, "instructions": count,
               "bound": bounds.get(row, {}).get(architecture),
               "peer": peer.get("name"), "peer_instructions": peer.get(architecture)}


def run(architectures, record_bounds=False):
    bounds, peers = load("bounds.toml"), load("peers.toml")
    figures = []
    try:
        for architecture in architectures:
            figures += rows(architecture, measure(architecture), bounds, peers)
    except ConsoleError as error:
        print(error, file=sys.stderr)
        return 1
    if record_bounds:
        write_bounds(bounds, figures)
    (BUILD / "bench.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return show(figures)


def bound_of(row, arch, instructions, **_):
    bound = int(instructions * WIDE_BOUND_FACTORS.get(row, BOUND_FACTOR))
    return min(bound, PROMISED.get(row, {}).get(arch, bound))


def write_bounds(bounds, figures):
    for figure in figures:
        figure["bound"] = bound_of(**figure)
        bounds.setdefault(figure["row"], {})[figure["arch"]] = figure["bound"]
    text = BOUNDS_HEAD
    for row, values in bounds.items():
        text += f"\n[{row}]\n"
        text += "".join(f"{name} = {values[name]}\n" for name in ARCHITECTURES if name in values)
    (ROOT / "test" / "bench" / "bounds.toml").write_text(text, encoding="utf-8")


def show(figures):
    """Prints the table; the status is 1 where a figure is above its bound."""
    print(f"{'row':20} {'arch':8} {'count':>12} {'bound':>12} {'peer':>12}")
    for figure in figures:
        print(f"{figure['row']:20} {figure['arch']:8} {figure['instructions']:12} "
              f"{figure['bound'] or '':>12} {figure['peer_instructions'] or '':>12} "
              f"{figure['peer'] or ''}".rstrip())
    for figure in above(figures):
        print(f"ABOVE ITS BOUND: {complaint(figure)}")
    return 1 if above(figures) else 0


def above(figures):
    return [figure for figure in figures
            if figure["bound"] is not None and figure["instructions"] > figure["bound"]]


def complaint(figure):
    return (f"{figure['row']} on {figure['arch']}: {figure['instructions']} instructions, "
            f"at most {figure['bound']}")
