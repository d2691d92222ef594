"""Builds that are not optimised (-O0), and optimised further (-O3), boot and work."""

import hashlib

import pytest

from harness.build import BuildError, Variant
from harness.machine import scratch_contents
from harness.places import COMPILERS
from services import check_fifo, states, wait_restarted

TYPE_OF = {"riscv64": "debug", "aarch64": "release"} # where one has to do


def smoke(boot, scratch, variant, smp):
    try:
        variant.build(targets=variant.boots)
    except BuildError as error:
        pytest.fail(str(error))
    console = boot(compiler=variant.compiler, build_type=variant.build_type, smp=smp,
                   disks=[scratch()])
    assert set(states(console).values()) <= {"running", "stopped", "idle"}
    check_fifo(console, "works")
    output, status = console.run("sha256sum /dev/disk0", timeout=300)
    assert (output.split()[0], status) == (hashlib.sha256(scratch_contents()).hexdigest(), 0)
    assert console.run("svc kill fifo --fault null")[1] == 0
    wait_restarted(console, "fifo")
    assert "backtrace:" in console.run("svc log fifo")[0]
    check_fifo(console, "again")
    assert console.power_off(), f"the machine is still on{console.where()}"


@pytest.mark.early
@pytest.mark.own_build
def test_build_type(boot, architecture, scratch):
    smoke(boot, scratch, Variant(architecture, "clang", TYPE_OF[architecture]), 2)


@pytest.mark.long
@pytest.mark.parametrize("build_type", ["debug", "release"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_build_type(boot, architecture, compiler, build_type, scratch):
    smoke(boot, scratch, Variant(architecture, compiler, build_type), 4)
