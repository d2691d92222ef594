"""Where things are, and what there is to choose from."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
JUNIT = BUILD / "junit"
ARCHITECTURES = ("riscv64", "aarch64")
COMPILERS = ("clang", "gcc")
ALL_COMPILERS = ("clang14", "clang", "gcc") # clang is clang 19; clang 14 is for the matrix
