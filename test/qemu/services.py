"""Asking the supervisor at the prompt, for tests."""

import time

import pytest


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


def wait_state(console, name, wanted, seconds=60):
    end = time.monotonic() + seconds
    while (state := state_of(console, name)) != wanted:
        if time.monotonic() > end:
            pytest.fail(f"{name} is {state}, not {wanted}, after {seconds} s{console.where()}")


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
