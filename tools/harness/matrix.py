"""The matrix: architecture, compiler, build type, CPUs and boot path, and what runs in each cell.

A cell is `./run` with the options that its coordinates stand for and a script of the shell, whose
status tells. Cells of a build share it; it is made when the first of them is reached.
"""

import itertools
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from . import packages
from .build import BuildError, Variant
from .machine import scratch_contents, with_uboot_disk
from .places import ALL_COMPILERS, ARCHITECTURES, LOGS, ROOT

TYPES = ("debug", "release") # of harness.build.BUILD_TYPES; the default is what ./check tries
CPUS = (1, 4)
BOOTS = ("kernel", "uboot")
TYPE_OPTIONS = {"default": [], "debug": ["--debug-build"], "release": ["--release"]}
SMOKE = ROOT / "test" / "matrix" / "smoke.sh"
LIMIT = 240 # seconds for a cell; a machine with other work to do is slow
GRACE = 60
WORKERS = 2
PASSED, FAILED, SKIPPED = "ok", "FAILED", "skipped"


@dataclass(frozen=True)
class Cell:
    architecture: str
    compiler: str
    build_type: str
    cpus: int
    boot: str

    @property
    def name(self):
        return f"{self.variant.name}-{self.cpus}cpu-{self.boot}"

    @property
    def variant(self):
        return Variant(self.architecture, self.compiler, self.build_type)

    @property
    def log(self):
        return LOGS / f"matrix-{self.name}.log"

    @property
    def has_suite(self):
        """One cell of each architecture, of two compilers and both build types, tries more than the
        script."""
        return self in SUITE_CELLS

    def variables(self, disk):
        """What its script finds set."""
        disks = ["disk"]
        if self.boot == "uboot":
            disks = with_uboot_disk(self.architecture, "boot_disk", disks)
        return {"arch": self.architecture, "compiler": self.compiler, "build": self.build_type,
                "cpus": str(self.cpus), "boot": self.boot, "disk_sha256": sha256(disk).hexdigest(),
                **{name: f"/dev/disk{number}" for number, name in enumerate(disks)}}


SUITE_CELLS = (Cell("riscv64", "gcc", "debug", 1, "kernel"),
               Cell("aarch64", "clang14", "release", 1, "kernel"))
CELLS = tuple(itertools.starmap(Cell, itertools.product(ARCHITECTURES, ALL_COMPILERS, TYPES, CPUS,
                                                        BOOTS)))


@dataclass
class Outcome:
    cell: Cell
    verdict: str
    text: str = ""       # why, if it is not "ok"
    seconds: float = 0.0

    def for_suite(self):
        """(failure, reason to skip) of its test case."""
        return (self.text if self.verdict == FAILED else None,
                self.text if self.verdict == SKIPPED else None)


def find(name):
    """The cell of that name; None: there is none."""
    return next((cell for cell in CELLS if cell.name == name), None)


def chosen(architecture=None, pattern=None):
    return [cell for cell in CELLS if (architecture is None or cell.architecture == architecture)
            and (pattern is None or pattern in cell.name)]


def needed_packages(cells):
    names = packages.UBOOT + packages.IMAGE_TOOLS
    for cell in cells:
        compiler = "clang" if cell.compiler == "clang14" else cell.compiler # optional
        names += packages.for_target(cell.architecture, compiler)
    return tuple(dict.fromkeys(names))


def script(cell, text, disk):
    lines = [f"{name}={value}" for name, value in cell.variables(disk).items()]
    return "\n".join([*lines, text])


def command(cell, text, folder, add=()):
    """How to run the cell: its disk is made in `folder`."""
    disk = folder / f"{cell.name}.img"
    contents = scratch_contents()
    options = [str(ROOT / "run"), cell.architecture, "--compiler", cell.compiler,
               *TYPE_OPTIONS[cell.build_type], "--smp", str(cell.cpus), "--timeout", str(LIMIT),
               "--log", str(cell.log)]
    options += ["--uboot"] if cell.boot == "uboot" else []
    disk.write_bytes(contents)
    options += ["--disk", str(disk)]
    for path in add:
        options += ["--add", str(path)]
    return [*options, "--exec", script(cell, text, contents)]


def run_cell(cell, text, folder, add=()):
    started = time.monotonic()
    try:
        done = subprocess.run(command(cell, text, folder, add), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace",
                              timeout=LIMIT + GRACE)
        status, said = done.returncode, (done.stdout + done.stderr).strip()
    except subprocess.TimeoutExpired:
        status, said = None, f"it did not end in {LIMIT + GRACE} s"
    seconds = time.monotonic() - started
    if status == 0:
        return Outcome(cell, PASSED, seconds=seconds)
    last = said.splitlines()[-1] if said else "it printed nothing"
    report = f"status {status}: {last} [serial log: {cell.log}]\n{said}"
    return Outcome(cell, FAILED, report, seconds)


def run_build(cells, text_of, prepare, tell):
    """The cells of one build. `prepare(variant)` answers what --add is given; it may raise
    BuildError, as the build itself."""
    variant = cells[0].variant
    absent = packages.absent_compiler(variant.architecture, variant.compiler)
    log = LOGS / f"build-{variant.name}.log"
    try:
        if absent:
            outcomes = [Outcome(cell, SKIPPED, f"{absent} is not installed") for cell in cells]
        else:
            log.unlink(missing_ok=True)
            variant.build(log, variant.boots)
            outcomes = run_parallel(cells, text_of, prepare(variant))
    except BuildError as error:
        outcomes = [Outcome(cell, FAILED, f"{error.first_error()} [log: {log}]\n{error}")
                    for cell in cells]
    for outcome in outcomes:
        tell(outcome)
    return outcomes


def run_parallel(cells, text_of, add):
    with tempfile.TemporaryDirectory(prefix="sinter-matrix-") as folder, \
            ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda cell: run_cell(cell, text_of(cell), Path(folder), add), cells))


def run(cells, text, prepare=lambda variant: (), tell=lambda outcome: None):
    """The outcomes of all cells, each with the script `text`."""
    outcomes = []
    for _, group in itertools.groupby(cells, lambda cell: cell.variant):
        outcomes += run_build(list(group), lambda cell: text, prepare, tell)
    return outcomes


def tell_outcome(outcome):
    why = f": {outcome.text.partition(chr(10))[0]}" if outcome.text else ""
    print(f"{outcome.cell.name}: {outcome.verdict} in {outcome.seconds:.0f} s{why}", flush=True)


def table(outcomes):
    """A line for each build, a column for each way to boot it."""
    verdicts = {outcome.cell: outcome.verdict for outcome in outcomes}
    ways = list(dict.fromkeys((cell.cpus, cell.boot) for cell in verdicts))
    builds = list(dict.fromkeys((cell.architecture, cell.compiler, cell.build_type)
                                for cell in verdicts))
    rows = [["architecture", "compiler", "build",
             *(f"{cpus} CPU{'s' * (cpus > 1)} {boot}" for cpus, boot in ways)]]
    for build in builds:
        rows.append([*build, *(verdicts.get(Cell(*build, *way), "-") for way in ways)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip()
             for row in rows]
    counts = Counter(verdicts.values())
    return "\n".join([*lines, ", ".join(f"{counts[verdict]} {verdict}"
                                        for verdict in (PASSED, FAILED, SKIPPED))])
