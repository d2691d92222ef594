"""Services: what runs after boot, stopping and starting, crashing and coming back."""

import time

import pytest

from harness.console import ConsoleTimeout
from services import states, wait_restarted, wait_state

LIMIT = 300 # seconds for a service to come back


@pytest.mark.quick
@pytest.mark.parametrize("smp", [1, 4])
def test_boot_reaches_prompt(boot, architecture, smp):
    console = boot(smp=smp)
    assert console.run("echo hello world") == ("hello world\n", 0)
    assert console.power_off(), f"the machine is still on{console.where()}"


@pytest.mark.quick
def test_list_shows_running_services(boot, architecture):
    assert states(boot()).get("fifo") == "running"


@pytest.mark.quick
def test_stop_and_start(boot, architecture):
    console = boot()
    assert console.run("svc stop fifo")[1] == 0
    wait_state(console, "fifo", "stopped")
    output, status = console.run("cat /dev/fifo")
    assert status != 0 and "/dev/fifo" in output
    assert console.run("svc start fifo")[1] == 0
    wait_state(console, "fifo", "running")
    assert console.run("echo hi > /dev/fifo & cat /dev/fifo")[1] == 0


def test_init_script_stops_a_service(boot, architecture):
    assert "stopped" in states(boot()).values()


def test_unknown_service_is_named(boot, architecture):
    output, status = boot().run("svc start nosuchthing")
    assert status != 0 and "nosuchthing" in output


def test_long_argument_lists(boot, architecture):
    """Programs get up to 64 KiB; more is refused, and the shell goes on."""
    console = boot()
    count = len(" ".join(map(str, range(1, 10001)))) + 1
    assert console.run("echo $(seq 10000) | wc -c") == (f"{count}\n", 0)
    output, status = console.run("/boot/echo $(seq 10000) $(seq 10000)")
    assert status == 126 and "larger than the limit" in output, f"{status} {output[:200]!r}"
    assert console.run("echo alive") == ("alive\n", 0)


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("fault", ["null", "illegal", "loop", "exit"])
def test_crashed_driver_returns(boot, architecture, fault, smp):
    console = boot(smp=smp)
    assert console.run(f"svc kill fifo --fault {fault}")[1] == 0
    wait_restarted(console, "fifo")
    console.run("echo again > /dev/fifo &")
    assert console.run("cat /dev/fifo") == ("again\n", 0)


def test_console_driver_crash_keeps_the_prompt(boot, architecture):
    console = boot()
    driver = {"riscv64": "ns16550", "aarch64": "pl011"}[architecture]
    console.send(f"svc kill {driver} --fault null\n")
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        console.send('echo aw""ake\n')
        try:
            console.expect(r"awake\n", timeout=5)
            break
        except ConsoleTimeout: # what is typed while the driver is away may be lost
            continue
    else:
        pytest.fail(f"the prompt did not come back{console.where()}")
    console.wait_prompt()
    assert states(console).get(driver) == "running"
