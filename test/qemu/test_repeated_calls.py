"""A write whose server dies between carrying it out and answering is repeated by its client, and
goes where it went, not behind that. Here the answer comes, and the client acts as if it had not."""

import pytest

from harness import image, xv6_image
from services import wait_restarted

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
    console = boot(disks=disks, share=tmp_path / "host",
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
