"""The real-time clock: the time of day for everybody, set by `date -s` in the device as well."""

import pytest

from services import status_of

SERVICES = {"riscv64": "goldfish", "aarch64": "pl031"}
BASE = ["-rtc", "base=2001-02-03T04:05:06"]


@pytest.mark.quick
def test_time_of_the_device(boot, architecture):
    """The clock of the machine starts where QEMU was told, and the boot takes no hour."""
    console = boot(extra=BASE)
    output, status = console.run("date")
    assert (output[:14], output[-5:], status) == ("2001-02-03 04:", " UTC\n", 0)
    assert console.run("date '+%A %d %B %Y, day %j%%'") == ("Saturday 03 February 2001, day 034%\n",
                                                          0)
    assert console.run("date +") == ("\n", 0)
    assert status_of(console, SERVICES[architecture])["files"] == "/dev/rtc0"


def test_setting(boot, architecture):
    """What is set is in the device too, and a driver that starts again makes no step."""
    console = boot(extra=BASE)
    assert console.run("date -s '2030-12-31 23:00:00'; date '+%F %H'") == ("2030-12-31 23\n", 0)
    assert console.run("date -c '+%F %H'") == ("2030-12-31 23\n", 0)
    service = SERVICES[architecture]
    for command in (f"svc kill {service} --fault null", f"svc restart {service}"):
        assert console.run(command)[1] == 0
        assert console.run(f"svc wait {service}")[1] == 0
        assert console.run("date '+%F %H'; date -c '+%F %H'") == ("2030-12-31 23\n" * 2, 0)
        assert console.run("date -s '2031-01-01 00:00:00'; date -c +%Y") == ("2031\n", 0)
        assert console.run("date -s '2030-12-31 23:00:00'; date +%Y") == ("2030\n", 0)


def test_time_of_a_board(boot, architecture):
    """Versal's clock; the model takes no other time, which is told. sifive_u has none."""
    if architecture == "riscv64":
        pytest.skip("sifive_u has no clock that goes on while it is off")
    console = boot(machine="xlnx-versal-virt", smp=2, extra=BASE)
    for command in ("date", "date -c", "svc kill zynqmp-rtc --fault null; date -c"):
        output, status = console.run(command)
        assert (output[:14], status) == ("2001-02-03 04:", 0), output
    assert status_of(console, "zynqmp-rtc")["files"] == "/dev/rtc0"
    output, status = console.run("date -s '2030-12-31 23:00:00'")
    assert status == 1 and output.startswith("date: /dev/rtc0: "), output
    assert console.run("date '+%F %H'; date -c '+%F %H'") == ("2001-02-03 04\n" * 2, 0)


def test_refusals(boot, architecture):
    console = boot(extra=BASE)
    output, status = console.run("date -s '2030-02-30 00:00:00'")
    assert (output, status) == ("date: `2030-02-30 00:00:00` is no time from 1970 to 2553; "
                                "write YYYY-MM-DD HH:MM:SS\n", 2)
    output, status = console.run("date -s '1970-01-01 00:00:00'")
    assert status == 1 and "or would put the boot before 1970" in output, output
    assert console.run("date now")[1] == 2
    assert console.run(f"svc stop {SERVICES[architecture]}")[1] == 0
    output, status = console.run("date -s '2030-01-01 00:00:00'")
    assert (output, status) == ("date: /dev/rtc0: No such file or directory\n", 1)
    assert console.run("date +%F") == ("2001-02-03\n", 0)
