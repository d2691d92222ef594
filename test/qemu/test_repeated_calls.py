"""A write whose server dies between carrying it out and answering is repeated by its client, and
goes where it went, not behind that. Here the answer comes, and the client acts as if it had not;
then servers die while several write, of whom one alone has to repeat its call."""

import time

import pytest

from harness import image, xv6_image
from services import status_of, wait_restarted

SERVICES = {"xv6fs": "/xv6", "fat": "/fat", "tmpfs": "/tmp", "virtio-9p": "/host"}


@pytest.fixture
def file_systems(boot, variant, tmp_path):
    """A system with all that keep positions over a crash."""
    disks = [tmp_path / "xv6.img", tmp_path / "fat.img"]
    disks[0].write_bytes(xv6_image.make({}))
    with disks[1].open("wb") as file:
        file.truncate(4 << 20)
    image.run("mkfs.fat", "--invariant", str(disks[1]))
    (tmp_path / "host").mkdir()
    console = boot(disks=disks, share=tmp_path / "host", smp=4,
                   add={"file_call.o": variant.folder / "test" / "objects" / "file_call.o"})
    console.run("svc start xv6fs args /dev/disk0; svc mount /xv6 xv6fs; "
                "svc start fat args /dev/disk1; svc mount /fat fat")
    return console


def output(console, command):
    text, status = console.run(command)
    assert status == 0, f"{command}: {text}{console.where()}"
    return text


def write_twice(console, service, path, flags, expected):
    """Writes `once`, repeats that after a crash of the service, and writes `next`."""
    output(console, f"until cat /tmp/go; do sleep 0.1; done 2> /tmp/waits | "
                    f"file_call twice {path} {flags} once &")
    assert any("once" in console.run(f"file_call read {path} 0 20")[0] for _ in range(100))
    output(console, f"svc kill {service} --fault null")
    wait_restarted(console, service, seconds=30)
    output(console, "echo go > /tmp/go; wait")
    assert output(console, f"cat {path}") == expected
    output(console, f"rm {path} /tmp/go")


def test_repeated_writes_go_where_they_went(file_systems, architecture):
    for service, folder in SERVICES.items():
        write_twice(file_systems, service, f"{folder}/file", "wc", "oncenext")


def test_repeated_appends_go_where_they_went(file_systems, architecture):
    for service, folder in SERVICES.items():
        if service != "virtio-9p": # there the host appends
            output(file_systems, f"echo -n 'old ' > {folder}/log")
            write_twice(file_systems, service, f"{folder}/log", "wa", "old oncenext")


def write_over_crashes(console, service, path, writers, command, lines):
    """Each writes `lines` numbered lines; the service dies twice meanwhile. The file's lines."""
    before = int(status_of(console, service)["restarts"])
    loops = [f"(i=0; while [ $i -lt {lines} ]; do i=$((i + 1)); echo {who}$i; done)"
             for who in writers]
    output(console, command(loops))
    for times in (1, 2):
        time.sleep(0.1)
        assert console.run("jobs")[0], "all has been written before the service died"
        output(console, f"svc kill {service}")
        wait_restarted(console, service, times=before + times, seconds=30)
    output(console, "wait")
    return output(console, f"cat {path}").splitlines()


@pytest.mark.parametrize("service, lines", [("xv6fs", 500), ("fat", 1000), ("tmpfs", 3000)])
def test_several_writers_lose_nothing(file_systems, architecture, service, lines):
    """What one repeats does not overwrite what others wrote when the server was there again."""
    path = f"{SERVICES[service]}/log"
    for command in (lambda loops: " ".join(f"{loop} >> {path} &" for loop in loops),
                    lambda loops: f"( {' & '.join(loops)} & wait ) > {path} &"):
        written = write_over_crashes(file_systems, service, path, "ABC", command, lines)
        expected = [f"{who}{number}" for who in "ABC" for number in range(1, lines + 1)]
        assert sorted(written) == sorted(expected), set(expected) ^ set(written)
