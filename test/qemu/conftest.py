"""Fixtures of the system tests: booting variants of the system in QEMU, and talking to them.

A test is given the architecture by the parameter `architecture`, which makes it run on both. Its
serial log is build/logs/TEST.log. Options: see the end.
"""

import re
import shutil

import pytest

import initrd
from harness.build import BUILD_TYPES, Variant
from harness.console import Console
from harness.machine import PIPED, Machine, scratch_contents
from harness.places import ALL_COMPILERS, ARCHITECTURES, LOGS
from harness.report import SERIAL_LOG


def pytest_addoption(parser):
    parser.addoption("--arch", choices=ARCHITECTURES, help="only this architecture")
    parser.addoption("--compiler", choices=ALL_COMPILERS, default="clang",
                     help="whose build is tested where the test does not choose")
    parser.addoption("--soak", type=float, metavar="MINUTES", help="how long test_soak goes on")
    parser.addoption("--build-type", choices=BUILD_TYPES, default="default", help="likewise")
    parser.addoption("--only-build", action="store_true",
                     help="only tests of the build so chosen, not those that choose for themselves")


def chosen_variant(request, architecture, compiler=None, build_type=None):
    """Of what a test does not choose, the options of pytest tell."""
    return Variant(architecture, compiler or request.config.getoption("compiler"),
                   build_type or request.config.getoption("build_type"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        keep_quick(item)
    if config.getoption("only_build"):
        kept = [item for item in items if {"boot", "variant", "unruly"} & set(item.fixturenames)
                and not {"compiler", "build_type"} & set(item.fixturenames)
                and not item.get_closest_marker("own_build")]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    items.sort(key=place)


def place(item):
    """What takes long begins first, so that no CPU idles at the end; what wants builds of other
    compilers, which `./check` makes meanwhile, comes last."""
    return bool(item.get_closest_marker("late")) - bool(item.get_closest_marker("early"))


def keep_quick(item):
    """`quick(smp=4)`: only the case with that parameter is part of ./check --quick."""
    mark = item.get_closest_marker("quick")
    if mark and any(item.callspec.params[name] != value for name, value in mark.kwargs.items()):
        if mark not in item.own_markers:
            raise pytest.UsageError(f"{item.nodeid}: `quick` with a parameter is for a test, "
                                    "not for its class or module")
        item.own_markers.remove(mark)


def pytest_generate_tests(metafunc):
    if "architecture" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("arch")
        metafunc.parametrize("architecture", [chosen] if chosen else ARCHITECTURES)


@pytest.fixture
def variant(request, architecture):
    """The build that `boot` boots."""
    return chosen_variant(request, architecture)


@pytest.fixture
def scratch(tmp_path):
    """Makes disk images with the contents of the scratch disk; gone after the test."""
    def make(name="disk.img", contents=None):
        path = tmp_path / name
        path.write_bytes(scratch_contents() if contents is None else contents)
        return path
    yield make
    shutil.rmtree(tmp_path, ignore_errors=True)


def log_path(test, suffix=""):
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", test.name).strip("-")
    return LOGS / f"{name}{suffix}.log"


@pytest.fixture
def boot(request, architecture, tmp_path):
    """Boots a system and waits for its prompt: boot(smp=4, disks=[path], add={name: path}, ...).

    add: further files for /boot by name; a name that is there already is replaced.
    prompt=False: does not wait. Further arguments are those of harness.machine.Machine.
    """
    consoles = []

    def start(compiler=None, build_type=None, add=None, prompt=True, **machine):
        variant = chosen_variant(request, architecture, compiler, build_type)
        if not variant.kernel.exists() or not variant.boot_set.exists():
            pytest.fail(f"{variant.name} is not built")
        boot_set = variant.boot_set
        if add:
            files = initrd.read_archive(boot_set.read_bytes())
            files.update({name: path.read_bytes() for name, path in add.items()})
            boot_set = tmp_path / f"boot{len(consoles)}.cpio"
            boot_set.write_bytes(initrd.make_archive(files))
        suffix = f"-{len(consoles) + 1}" if consoles else ""
        command = Machine(architecture, variant.kernel, boot_set, **machine).command(PIPED)
        console = Console(command, log_path(request.node, suffix))
        consoles.append(console)
        if prompt:
            console.wait_prompt()
        return console

    yield start
    for console in consoles:
        console.close()


@pytest.fixture
def unruly(boot, architecture, request):
    """Boots with unruly.o in the boot set; takes the arguments of `boot`."""
    def start(**machine):
        variant = chosen_variant(request, architecture)
        return boot(add={"unruly.o": variant.folder / "test" / "objects" / "unruly.o"}, **machine)
    return start


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure says where the serial log is."""
    report = (yield).get_result()
    log = log_path(item)
    if report.failed and log.exists():
        report.sections.append(("serial log", str(log)))
        for properties in (item.user_properties, report.user_properties): # the last report's count
            properties.append((SERIAL_LOG, str(log)))
