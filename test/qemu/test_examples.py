"""The templates of a driver and a service: small, and at work on both architectures."""

import pytest

from harness.places import ROOT
from services import state_of, status_of, wait_restarted

LINES_BELOW = 100
FILES = {"fw-cfg": "driver/fw-cfg.c", "counter": "service/counter.c"}


@pytest.fixture
def objects(variant):
    return {f"{name}.o": variant.folder / "examples" / f"{name}.o" for name in FILES}


def test_small():
    for name in FILES.values():
        assert len((ROOT / "examples" / name).read_text().splitlines()) < LINES_BELOW, name


@pytest.mark.quick
def test_driver(boot, objects):
    """`devices` starts it; what it reads from the device is the same after a crash."""
    console = boot(add=objects)
    listing, status = console.run("cat /dev/fw-cfg")
    assert status == 0 and "       4 etc/boot-fail-wait\n" in listing, listing
    count = len(listing.splitlines())
    assert f"fw-cfg: has {count} files" in console.run("svc log fw-cfg")[0]
    assert console.run("svc kill fw-cfg --fault null")[1] == 0
    wait_restarted(console, "fw-cfg")
    assert console.run("cat /dev/fw-cfg") == (listing, 0)
    assert console.run("echo x > /dev/fw-cfg")[1] != 0
    assert console.run("svc stop fw-cfg; svc start fw-cfg")[1] == 0
    assert console.run("cat /dev/fw-cfg") == (listing, 0)


@pytest.mark.quick
def test_service(boot, objects):
    """The state store outlives a crash and a restart, and not a stop; two instances are apart."""
    console = boot(add=objects)
    assert console.run("svc start counter; svc start other object counter.o")[1] == 0
    assert console.run("echo hello > /dev/counter; echo x > /dev/counter; cat /dev/counter") == \
        ("2 writes, 8 bytes\n", 0)
    assert console.run("cat /dev/other") == ("0 writes, 0 bytes\n", 0)
    assert console.run("svc kill counter --fault illegal")[1] == 0
    wait_restarted(console, "counter")
    assert console.run("cat /dev/counter") == ("2 writes, 8 bytes\n", 0)
    assert console.run("svc restart counter; cat /dev/counter") == ("2 writes, 8 bytes\n", 0)
    assert console.run("svc stop counter; svc start counter; cat /dev/counter") == \
        ("0 writes, 0 bytes\n", 0)
    assert state_of(console, "other") == "running"
    assert status_of(console, "other")["restarts"] == "0"
