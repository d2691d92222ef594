"""Objects of other compilers than the one that made the system: they load, and answer right."""

import pytest

import compilers
from harness.build import Variant
from harness.machine import scratch_contents

OTHER = {"clang": "gcc", "gcc": "clang"}
MIXED = ("fifo.o", "virtio-blk.o", "ns16550.o", "pl011.o")
COMPILERS = ("gcc", "clang-19", "clang-14", "g++", "clang++-19", "tcc", "rustc")


@pytest.mark.own_build
@pytest.mark.late
@pytest.mark.parametrize("system", OTHER)
def test_drivers_of_the_other_compiler(boot, architecture, scratch, system):
    for compiler in OTHER:
        Variant(architecture, compiler).build()
    objects = {name: Variant(architecture, OTHER[system]).folder / name for name in MIXED}
    console = boot(compiler=system, disks=[scratch()], add=objects)
    console.run("echo mixed > /dev/fifo &")
    assert console.run("cat /dev/fifo") == ("mixed\n", 0)
    output, status = console.run("cat /dev/disk0 > /dev/fifo & cat /dev/fifo | wc -c", timeout=300)
    assert (output.split()[-1], status) == (str(len(scratch_contents())), 0)


@pytest.mark.early
@pytest.mark.parametrize("compiler", COMPILERS)
def test_servers_of_compilers(boot, architecture, compiler, variant, tmp_path):
    """Each object is started as a service, answers reads of its file, and stops."""
    generated = variant.folder / "generated"
    try:
        made = compilers.Maker(architecture, compiler, generated, tmp_path).make_all()
    except compilers.Absent as absent:
        pytest.skip(str(absent))
    number = compilers.expected(compiler, tmp_path)
    console = boot(add={path.name: path for _, path in made})
    wrong = []
    for recipe, path in made:
        name = path.stem
        output, _ = console.run(f"svc start {name} && cat /dev/{name} && svc stop {name}")
        if output != f"{number}\n":
            wrong.append(f"{recipe}: {output!r}, expected {number}")
    assert not wrong, "\n".join(wrong)
