"""Random numbers: /dev/random of the kernel, and /dev/hwrng of the virtio entropy device."""

import pytest

SERVICE = "virtio-rng"


def digest(console, path, count):
    """sha256 of that many bytes."""
    output, status = console.run(f"head -c {count} {path} | sha256sum")
    assert status == 0, output
    return output.split()[0]


def check_random(console, path):
    """No two of them are the same, and each has the length that was asked for."""
    assert console.run(f"head -c 70000 {path} | wc -c")[0].split() == ["70000"]
    digests = {digest(console, path, count) for count in (1000, 1000, 1000, 70000, 70000)}
    assert len(digests) == 5


@pytest.mark.quick
def test_random(boot, architecture):
    """Without a device too; it cannot be written."""
    console = boot()
    check_random(console, "/dev/random")
    assert "c          0 /dev/random" in console.run("ls -l /dev/random")[0]
    assert console.run("echo x > /dev/random")[1] != 0
    assert console.run("cat /dev/hwrng")[1] == 1


@pytest.mark.parametrize("legacy", [False, True])
def test_device(boot, architecture, legacy):
    console = boot(entropy=True, legacy_virtio=legacy)
    check_random(console, "/dev/hwrng")
    check_random(console, "/dev/random")
    assert console.run("echo x > /dev/hwrng")[1] != 0


def test_bytes_of_the_device(boot, architecture, tmp_path):
    """What the device gives is what /dev/hwrng gives, after the 256 bytes for the kernel."""
    source = tmp_path / "source"
    source.write_bytes(b"".join(b"%07d\n" % line for line in range(1 << 14)))
    console = boot(extra=["-object", f"rng-random,id=source,filename={source}",
                          "-device", "virtio-rng-device,rng=source"])
    output, status = console.run("head -c 4096 /dev/hwrng | head -n 3")
    assert (output, status) == ("0000032\n0000033\n0000034\n", 0)


def test_crash_and_stop(boot, architecture):
    """Who has it open reads on after a crash; nobody hangs when it is stopped."""
    console = boot(entropy=True)
    output, status = console.run(f"{{ head -c 5000 | wc -c; svc kill {SERVICE} --fault null; "
                                 "head -c 5000 | wc -c; } < /dev/hwrng")
    assert (output.split(), status) == (["5000", "5000"], 0)
    assert console.run("cat /dev/hwrng > /dev/null &")[1] == 0
    assert console.run(f"svc stop {SERVICE} --force")[1] == 0
    assert console.run("wait; head -c 10 /dev/hwrng")[1] == 1
    check_random(console, "/dev/random")
    assert console.run(f"svc start {SERVICE}")[1] == 0
    check_random(console, "/dev/hwrng")
