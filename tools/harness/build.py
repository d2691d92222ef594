"""Building one variant: architecture, compiler and build type each have their folder."""

import os
import subprocess
import sys
from dataclasses import dataclass

from .places import BUILD, ROOT

BUILD_TYPES = {
    "default": [],
    "release": ["-Dbuildtype=custom", "-Doptimization=2", "-Ddebug=true", "-Db_ndebug=true"],
    "debug": ["-Dbuildtype=custom", "-Doptimization=g", "-Ddebug=true"],
}
JOBS = str(min(os.cpu_count() or 1, 8))


class BuildError(Exception):
    """The build failed; the text is what the tools said."""


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

    def object(self, name):
        """The relocatable object of a server, driver or program."""
        return self.folder / f"{name}.o"

    def build(self, log=None):
        cross = ROOT / "cross" / f"{self.architecture}-{self.compiler}.ini"
        setup(self.folder, ["--cross-file", str(cross), *BUILD_TYPES[self.build_type]], log)
        ninja(self.folder, log)


def setup(folder, options, log=None, environment=None):
    """Configures a build folder unless that has been done."""
    if not (folder / "build.ninja").exists():
        folder.parent.mkdir(exist_ok=True)
        wipe = ["--wipe"] if (folder / "meson-private").exists() else []
        execute(["meson", "setup", *wipe, *options, str(folder), str(ROOT)], log, environment)


def ninja(folder, log=None, targets=()):
    execute(["ninja", "-C", str(folder), "-j", JOBS, *targets], log)


def execute(command, log=None, environment=None):
    """Runs a tool; silent unless it fails. With `log` its output goes there as well."""
    outcome = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors="replace", cwd=ROOT,
                             env={**os.environ, **environment} if environment else None)
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ {' '.join(command)}\n{outcome.stdout}")
    if outcome.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{outcome.stdout}")


def build_or_exit(variant):
    try:
        variant.build()
    except BuildError as error:
        sys.exit(f"The build of {variant.name} failed.\n{error}")
