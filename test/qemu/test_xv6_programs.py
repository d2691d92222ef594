"""The programs of test/xv6 are as xv6 wants them: static, at address 0, small enough for a file."""

import re
import struct

import pytest

from harness.build import Variant
from harness.places import COMPILERS, ROOT
from harness.xv6_programs import NAMES, xv6_programs

PAGE = 4096
LARGEST_FILE = (12 + 256) * 1024 # MAXFILE blocks
EXECUTABLE = 2 # ET_EXEC
MACHINES = {"riscv64": 243, "aarch64": 183}
LOAD = 1 # PT_LOAD
TEXT, DATA = 5, 6 # flags: read and execute, read and write


@pytest.fixture(params=COMPILERS)
def programs(request, architecture):
    return xv6_programs(Variant(architecture, request.param))


def segments(elf):
    """Flags, address, bytes in the file and in memory of each that is loaded."""
    start, = struct.unpack_from("<Q", elf, 32)
    count, = struct.unpack_from("<H", elf, 56)
    headers = [struct.unpack_from("<IIQQQQQQ", elf, start + 56 * i) for i in range(count)]
    return [(flags, address, in_file, in_memory)
            for kind, flags, _, address, _, in_file, in_memory, _ in headers if kind == LOAD]


def test_layout(programs, architecture):
    for name, path in programs.items():
        elf = path.read_bytes()
        kind, machine, _, entry = struct.unpack_from("<HHIQ", elf, 16)
        assert (kind, machine, entry) == (EXECUTABLE, MACHINES[architecture], 0), name
        assert len(elf) <= LARGEST_FILE, name
        text, *data = segments(elf)
        assert text[:2] == (TEXT, 0) and text[2] == text[3], name
        assert [flags for flags, *_ in data] in ([], [DATA]), name
        for _, address, in_file, in_memory in data:
            assert address % PAGE == 0 and address >= text[3] and in_file <= in_memory, name


def test_all_are_named():
    build = (ROOT / "test" / "xv6" / "meson.build").read_text(encoding="utf-8")
    block = build[build.index("xv6_programs = {"):build.index("xv6_script")]
    built = set(re.findall(r"^    '(\w+)': files", block, re.MULTILINE))
    built |= set(re.findall(r"'(\w+)'", block[block.index("foreach"):].split("]")[0]))
    assert built == set(NAMES)
