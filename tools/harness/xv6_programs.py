"""The programs of test/xv6, which are written to the interface of xv6, as they are built.

A system image of xv6 needs at least `init`, `sh` and what a test runs; `try` runs `echo` and
itself, which have to be in the root.
"""

from pathlib import Path

from .build import Variant

NAMES = ("cat", "echo", "float", "forktest", "greedy", "grep", "init", "kill", "ln", "ls",
         "measure", "mkdir", "orphan", "readers", "rm", "sh", "sleep", "stressfs", "ticks", "try",
         "waits", "wc", "wild", "without", "zombie")
PASSED = "ALL TESTS PASSED" # the last line of `try`, whose status is then 0
OLDER = ": older xv6: " # in a line of `try` that accepts what only an older xv6 does


def xv6_programs(variant: Variant) -> dict[str, Path]:
    """Name of each program -> its ELF file in the build folder of `variant`."""
    folder = variant.folder / "test" / "xv6"
    programs = {name: folder / name for name in NAMES}
    missing = [name for name, path in programs.items() if not path.is_file()]
    if missing:
        raise FileNotFoundError(f"{', '.join(missing)} not in {folder}; `ninja -C "
                                f"{variant.folder}` builds them")
    return programs
