"""Asking the supervisor at the prompt, for tests."""

import time

import pytest

from harness.console import PATIENCE


def states(console):
    """name -> state, from `svc list`."""
    output, status = console.run("svc list")
    assert status == 0, output
    rows = [line.split() for line in output.splitlines()[1:]]
    return {row[0]: row[1] for row in rows if len(row) >= 2}


def status_of(console, name):
    """The lines `key: value` of `svc status`."""
    output, status = console.run(f"svc status {name}")
    assert status == 0, output
    pairs = [line.partition(":") for line in output.splitlines() if not line.startswith((" ", "-"))]
    return {key: value.strip() for key, _, value in pairs}


def state_of(console, name):
    return status_of(console, name)["state"].partition(",")[0]


def wait_state(console, name, wanted, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while (state := state_of(console, name)) != wanted:
        if time.monotonic() > end or state == "failed":  # that does not change by itself
            pytest.fail(f"{name} is {state}, not {wanted}, after {seconds} s{console.where()}")


def wait_restarted(console, name, times=1, seconds=PATIENCE):
    """Until it has been restarted so often since it was last started by hand, and runs."""
    end = time.monotonic() + seconds
    while (told := status_of(console, name))["restarts"] != str(times):
        assert time.monotonic() < end, f"not restarted in {seconds} s: {told}{console.where()}"
    wait_state(console, name, "running", seconds)


def wait_log(console, name, text, seconds=PATIENCE):
    """Until the service has said this."""
    end = time.monotonic() + seconds
    while text not in (output := console.run(f"svc log {name}")[0]):
        assert time.monotonic() < end, f"{name} has not said {text!r}: {output}{console.where()}"


def names_of_programs(console):
    output, status = console.run("ps")
    assert status == 0, output
    return [line.split()[-1] for line in output.splitlines() if line[:1].isdigit()]


def wait_program(console, name, seconds=PATIENCE):
    """Until it runs: what was opened for it by the shell, it has."""
    end = time.monotonic() + seconds
    while name not in (names := names_of_programs(console)):
        assert time.monotonic() < end, f"{name} is not among {names}{console.where()}"


def wait_no_program(console, name, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while name in (names := names_of_programs(console)):
        assert time.monotonic() < end, f"{name} is still among {names}{console.where()}"


def memory_used(console):
    """KiB of the machine: (pages, kernel objects)."""
    output, status = console.run("mem")
    assert status == 0, output
    values = {line.split()[0]: int(line.split()[-2]) for line in output.splitlines()
              if line.endswith(" KiB")}
    return values["used"], values["kernel"]


def check_fifo(console, text):
    """The rest of the system works: two programs, a driver, a pipe of bytes."""
    assert console.run(f"echo {text} > /dev/fifo &")[1] == 0
    assert console.run("cat /dev/fifo") == (f"{text}\n", 0)


def write_together(console, path, count):
    """Three programs that were given one opening write so many lines each to it: all of them,
    sorted."""
    loops = [f"(i=0; while [ $i -lt {count} ]; do i=$((i + 1)); echo {who}$i; done)"
             for who in "ABC"]
    assert console.run(f"( {' & '.join(loops)} & wait ) > {path}", timeout=300) == ("", 0)
    return sorted(f"{who}{number}" for who in "ABC" for number in range(1, count + 1))
