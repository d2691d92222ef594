"""Building one variant: architecture, compiler and build type each have their folder."""

import contextlib
import fcntl
import os
import re
import subprocess
import sys
from dataclasses import dataclass

from .places import BUILD, ROOT

BUILD_TYPES = {
    "default": [],
    "release": ["-Dbuildtype=custom", "-Doptimization=3", "-Ddebug=true", "-Db_ndebug=true"],
    "debug": ["-Dbuildtype=debug"], # -O0
}
JOBS = str(min(os.cpu_count() or 1, 8))
PROGRESS = re.compile(r"\[(\d+/\d+)\] ") # how ninja begins its lines
NINJA_FAILURE = "FAILED: " # begins what ninja says of a step that failed
CLEAR_LINE = "\r\033[K"


class BuildError(Exception):
    """The build failed; the text is the command and what the tools said."""

    def first_error(self):
        lines = str(self).splitlines()
        return next((line for line in lines if "error:" in line.lower()), lines[0])


@dataclass(frozen=True)
class Variant:
    architecture: str
    compiler: str = "clang"
    build_type: str = "default"

    @property
    def name(self):
        suffix = "" if self.build_type == "default" else f"-{self.build_type}"
        return f"{self.architecture}-{self.compiler}{suffix}"

    @property
    def folder(self):
        return BUILD / self.name

    @property
    def kernel(self):
        return self.folder / "kern" / f"sinter-{self.architecture}.img"

    @property
    def kernel_elf(self):
        return self.folder / "kern" / f"sinter-{self.architecture}.elf"

    @property
    def boot_set(self):
        return self.folder / "boot.cpio"

    @property
    def boots(self):
        """Targets of ninja: what it takes to boot, without the tests' objects."""
        return [str(path.relative_to(self.folder))
                for path in (self.kernel, self.kernel_elf, self.boot_set)]

    def object(self, name):
        """The relocatable object of a server, driver or program."""
        return self.folder / f"{name}.o"

    def build(self, log=None, targets=()):
        cross = ROOT / "cross" / f"{self.architecture}-{self.compiler}.ini"
        with locked(self.folder):
            setup(self.folder, ["--cross-file", str(cross), *BUILD_TYPES[self.build_type]], log)
            ninja(self.folder, log, targets)


@contextlib.contextmanager
def locked(folder):
    """Two that build the same take turns."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def setup(folder, options, log=None, environment=None):
    """Configures a build folder unless that has been done."""
    if not (folder / "build.ninja").exists():
        folder.parent.mkdir(exist_ok=True)
        wipe = ["--wipe"] if (folder / "meson-private").exists() else []
        execute(["meson", "setup", *wipe, *options, str(folder), str(ROOT)], log, environment,
                f"Configuring {folder.name}")


def ninja(folder, log=None, targets=()):
    execute(["ninja", "-C", str(folder), "-j", JOBS, *targets], log,
            title=f"Building {folder.name}")


def watch(lines, title):
    """All that a tool prints; on a terminal, one line meanwhile tells how far it is."""
    show(title)
    text = []
    for line in lines:
        text.append(line)
        if progress := PROGRESS.match(line):
            show(f"{title}: {progress[1]}")
    show("")
    return "".join(text)


def show(progress):
    if sys.stderr.isatty():
        print(f"{CLEAR_LINE}{progress}", end="", file=sys.stderr, flush=True)


def execute(command, log=None, environment=None, title=""):
    """Runs a tool, whose output is shown only if it fails. With `log` it goes there as well."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", cwd=ROOT,
                               env={**os.environ, **environment} if environment else None)
    with process:
        try:
            output = watch(process.stdout, title)
        except BaseException: # a signal ends us
            process.terminate()
            raise
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ {' '.join(command)}\n{output}")
    if process.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{output[max(output.find(NINJA_FAILURE), 0):]}")


def build_or_exit(variant, targets=None):
    """What it takes to boot; all of it for no targets: ()."""
    try:
        variant.build(targets=variant.boots if targets is None else targets)
    except BuildError as error:
        sys.exit(f"The build of {variant.name} failed.\n{error}")
