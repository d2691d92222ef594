"""The kernel's interface: kernel_test boots in the place of init, prints a line for each test, and
switches off. Needs no supervisor, no driver and no disk."""

import re

import pytest

from harness.build import Variant
from harness.console import before

SECONDS = 600 # to give up
STORM_SECONDS = 4 * 3600
TOTALS = r"kernel_test: (\d+) ok, (\d+) failed"
LEAST = 280 # tests; fewer means that some were left out


def run_kernel_test(boot, variant, files=None, seconds=SECONDS, **machine):
    path = variant.folder / "test" / "kernel_test.o"
    console = boot(compiler=variant.compiler, build_type=variant.build_type,
                   add={"init.o": path, **(files or {})}, prompt=False, **machine)
    match = console.expect(TOTALS, seconds)
    failures = re.findall(r"FAILED [^\n]*", before(match))
    passed, failed = int(match.group(1)), int(match.group(2))
    assert not failures and failed == 0, "\n".join(failures) + console.where()
    assert passed >= LEAST
    assert console.wait_end(), f"the machine is still on{console.where()}"


@pytest.mark.early
@pytest.mark.quick(smp=1)
@pytest.mark.parametrize("smp", [1, 4])
def test_kernel(boot, variant, smp):
    run_kernel_test(boot, variant, smp=smp)


@pytest.mark.long
@pytest.mark.early
@pytest.mark.parametrize("smp", [1, 4])
def test_storm(boot, variant, smp, tmp_path):
    """Ten million random instructions that made a guest leave, then everything else."""
    (tmp_path / "storm").touch()
    run_kernel_test(boot, variant, {"storm": tmp_path / "storm"}, STORM_SECONDS, smp=smp)


@pytest.mark.own_build
@pytest.mark.late
def test_kernel_of_the_other_compiler(boot, architecture):
    variant = Variant(architecture, "gcc")
    variant.build()
    run_kernel_test(boot, variant, smp=2)
