"""/dev/fifo: bytes come out in the order they went in, readers and writers wake each other."""

import pytest


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_writer_then_reader(boot, architecture, smp):
    console = boot(smp=smp)
    assert console.run("echo hi > /dev/fifo &")[1] == 0
    assert console.run("cat /dev/fifo") == ("hi\n", 0)


def test_reader_waits_for_an_open_writer(boot, architecture):
    """A first reader may come before the writer, and reads nothing; the other reads all."""
    console = boot()
    console.run("{ echo early; sleep 2; echo late; } > /dev/fifo &")
    read = "x=; while [ -z \"$x\" ]; do x=$(cat /dev/fifo); done; echo $x"
    assert console.run(read) == ("early late\n", 0)


def test_order_is_kept(boot, architecture):
    console = boot()
    console.run("for i in 1 2 3 4 5 6 7 8 9; do echo $i; done > /dev/fifo &")
    output, status = console.run("cat /dev/fifo")
    assert (output.split(), status) == (list("123456789"), 0)


def test_no_writer_is_end_of_file(boot, architecture):
    assert boot().run("cat /dev/fifo") == ("", 0)
