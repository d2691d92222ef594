"""The kernel against its budget (10,000 lines without interrupt controllers, 1,500 for those,
64 KiB of text) and against what it has come to: who raises a limit below says why in the commit."""

import pytest

from harness import kernel_size
from harness.build import Variant
from harness.places import COMPILERS

LINES = {"kernel": 13360, "controllers": 670} # both architectures together
TEXT = { # bytes
    ("riscv64", "clang"): 75 << 10, ("riscv64", "gcc"): 75 << 10,
    ("aarch64", "clang"): 97 << 10, ("aarch64", "gcc"): 95 << 10,
}


@pytest.mark.quick
def test_lines():
    counts = kernel_size.count_lines()
    print(f"lines: {counts}")
    assert all(counts[part] <= most for part, most in LINES.items()), f"{counts}, above {LINES}"


@pytest.mark.late
@pytest.mark.parametrize("compiler", COMPILERS)
def test_text(architecture, compiler):
    variant = Variant(architecture, compiler)
    variant.build()
    size = kernel_size.text_bytes(variant.kernel_elf)
    most = TEXT[architecture, compiler]
    print(f"text: {size} bytes")
    assert size <= most, f"{size} bytes of text, above {most}"


def test_counting():
    """Blank lines and comments do not count; what looks like one in a string does."""
    text = 'int a; // one\n\n/* two\n   three */\n/**/ int b;\nchar *c = "/*";\nint d; /* e\n*/\n'
    assert kernel_size.code_lines(text) == 4
