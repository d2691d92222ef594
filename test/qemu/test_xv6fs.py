"""xv6's file system: images that the host made are read, and what Sinter writes is sound and as it
was meant; crashes of the server and of the disk's driver in the middle change nothing."""

import hashlib
import random

import pytest

from harness import xv6_image
from harness.xv6_image import Device, Link
from services import wait_log, wait_restarted

TREE = {
    "README": b"xv6 in Sinter\n",
    "console": Device(1, 0),
    "empty": b"",
    "bin": {"cat": random.Random(1).randbytes(30_001), "also": Link("README"), "deep": {}},
}


class Disk:
    """A disk that is one xv6 file system, /xv6 in Sinter."""

    def __init__(self, folder):
        self.path = folder / "xv6.img"
        self.make(TREE)

    def make(self, tree, **geometry):
        self.path.write_bytes(xv6_image.make(tree, **geometry))

    def read(self):
        return xv6_image.read_file(self.path)


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path)
    yield made
    made.path.unlink()


START = "svc start xv6fs args /dev/disk0"


def mount(console):
    assert console.run(f"{START}; svc mount /xv6 xv6fs") == ("", 0)


def power_off(console):
    assert console.power_off(), f"the machine is still on{console.where()}"


def output(console, command, timeout=60):
    told, status = console.run(command, timeout=timeout)
    assert status == 0, f"{command}: {told}{console.where()}"
    return told


def refused(console, command, text):
    told, status = console.run(command, timeout=300)
    assert status != 0 and text in told, f"{command}: {told}{console.where()}"


def check_sum(console, path, data):
    assert output(console, f"sha256sum {path}", 300).split()[0] == hashlib.sha256(data).hexdigest()


@pytest.mark.quick(smp=1)
@pytest.mark.parametrize("smp", [1, 4])
def test_what_the_host_made_is_read_and_changed(boot, architecture, disk, smp):
    console = boot(disks=[disk.path], smp=smp)
    mount(console)
    assert output(console, "cat /xv6/README /xv6/bin/also /xv6/empty") == 2 * "xv6 in Sinter\n"
    check_sum(console, "/xv6/bin/cat", TREE["bin"]["cat"])
    assert output(console, "ls /xv6; ls /xv6/bin").split() == [
        "README", "bin/", "console", "empty", "also", "cat", "deep/"]
    assert output(console, "ls -l /xv6/bin/cat").split() == ["-", "30001", "/xv6/bin/cat"]
    assert output(console, "ls -l /xv6/console").startswith("c")
    total, used, free = map(int, output(console, "df /xv6").splitlines()[1].split()[:3])
    assert total == used + free == 1954
    output(console, "cp /xv6/bin/cat /xv6/copy && mkdir /xv6/new && echo one > /xv6/new/text && "
           "echo two >> /xv6/new/text && ln /xv6/new/text /xv6/second && ln /xv6/copy /xv6/new && "
           "mv /xv6/bin/deep /xv6/new && rm /xv6/README && touch /xv6/touched")
    refused(console, "cat /xv6/console", "Not supported")
    refused(console, "ln /xv6/bin /xv6/x", "Is a directory")
    refused(console, "ln /xv6/copy /tmp/x", "another file system")
    refused(console, "ln /xv6/copy /xv6/second", "File exists")
    refused(console, "echo x > /xv6/a.name.that.is.long", "Invalid argument")
    refused(console, "rmdir /xv6/new", "Directory not empty")
    power_off(console)
    cat = TREE["bin"]["cat"]
    assert disk.read() == {
        "bin": {"cat": cat, "also": b"xv6 in Sinter\n"},
        "console": Device(1, 0),
        "empty": b"",
        "copy": cat,
        "new": {"text": b"one\ntwo\n", "copy": Link("copy"), "deep": {}},
        "second": Link("new/text"),
        "touched": b"",
    }


class Model:
    """What the disk should hold: files by their paths, so that links are the same list."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.files = {}
        self.folders = [""]

    def path(self):
        folder = self.random.choice(self.folders)
        return f"{folder}{self.random.choice('abcdefgh')}{self.random.randrange(4)}"

    def step(self):
        """A command that succeeds, or None."""
        path, other = self.path(), self.path()
        known = self.random.choice(sorted(self.files)) if self.files else None
        text = f"{self.random.getrandbits(64):x}" * self.random.randrange(1, 20)
        choice = self.random.randrange(8)
        if path + "/" in self.folders or other + "/" in self.folders:
            return None
        if choice == 0 and path not in self.files and len(self.folders) < 6:
            self.folders.append(path + "/")
            return f"mkdir /xv6/{path}"
        if choice == 1:
            self.files.setdefault(path, [b""])[0] = f"{text}\n".encode()
            return f"echo {text} > /xv6/{path}"
        if choice == 2:
            self.files.setdefault(path, [b""])[0] += f"{text}\n".encode()
            return f"echo {text} >> /xv6/{path}"
        if choice == 3 and known:
            del self.files[known]
            return f"rm /xv6/{known}"
        if choice == 4 and known and other not in self.files:
            self.files[other] = self.files.pop(known)
            return f"mv /xv6/{known} /xv6/{other}"
        if choice == 5 and known and other not in self.files:
            self.files[other] = self.files[known]
            return f"ln /xv6/{known} /xv6/{other}"
        if choice == 6 and known and path not in self.files and path != known:
            content = self.random.randrange(1, 200) * b"0123456789" + self.files[known][0]
            repeats = (len(content) - len(self.files[known][0])) // 10
            self.files[path] = [content]
            return (f"{{ for i in $(seq {repeats}); do echo -n 0123456789; done; "
                    f"cat /xv6/{known}; }} > /xv6/{path}")
        if choice == 7 and known and other in self.files and self.files[other] is not \
                self.files[known]:
            self.files[other] = self.files.pop(known)
            return f"mv /xv6/{known} /xv6/{other}"
        return None


def flat(tree, above=""):
    """path -> contents, or Link, of the files of a tree."""
    result = {}
    for name, node in tree.items():
        path = f"{above}{name}"
        result.update(flat(node, f"{path}/") if isinstance(node, dict) else {path: node})
    return result


def test_random_operations_leave_a_sound_image(boot, architecture, disk):
    model = Model(4)
    disk.make({})
    console = boot(disks=[disk.path])
    mount(console)
    commands = [command for command in (model.step() for _ in range(300)) if command]
    assert len(commands) > 120
    for at in range(0, len(commands), 4):
        output(console, " && ".join(commands[at:at + 4]))
    power_off(console)
    found = flat(disk.read())
    contents = {path: found[node.path] if isinstance(node, Link) else node
                for path, node in found.items()}
    assert contents == {path: box[0] for path, box in model.files.items()}
    boxes = {}
    for path, box in model.files.items():
        boxes.setdefault(id(box), []).append(path)
    linked = sum(len(paths) - 1 for paths in boxes.values())
    assert sum(isinstance(node, Link) for node in found.values()) == linked > 0


@pytest.mark.quick
def test_the_largest_file_and_a_full_disk(boot, architecture, disk, tmp_path):
    data = random.Random(2).randbytes(xv6_image.MOST)
    source = tmp_path / "source.img"
    source.write_bytes(xv6_image.make({"big": data, "more": data}))
    disk.make({"old": b"stays\n"}, size=500, inodes=32)
    console = boot(disks=[disk.path, source])
    mount(console)
    output(console, "svc start source object xv6fs.o args /dev/disk1; svc mount /source source")
    output(console, "cp /source/big /xv6/big", 300)
    check_sum(console, "/xv6/big", data)
    refused(console, "echo x >> /xv6/big", "No space left")
    refused(console, "cp /source/more /xv6/more", "No space left")
    refused(console, "mkdir /xv6/dir", "No space left")
    assert output(console, "df /xv6").splitlines()[1].split()[2] == "0"
    assert output(console, "cat /xv6/old") == "stays\n"
    output(console, "rm /xv6/more && mkdir /xv6/dir && echo room > /xv6/dir/text")
    power_off(console)
    assert disk.read() == {"old": b"stays\n", "big": data, "dir": {"text": b"room\n"}}


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("victim", ["xv6fs", "virtio-blk"])
def test_crashes_while_files_are_written(boot, architecture, disk, smp, victim):
    data = random.Random(3).randbytes(xv6_image.MOST)
    disk.make({"big": data})
    console = boot(disks=[disk.path], smp=smp)
    mount(console)
    console.run("{ for i in 1 2 3 4 5; do cp /xv6/big /xv6/copy$i; done; echo ended $?; } "
                "> /dev/fifo &")
    assert any(" cp" in console.run("ps")[0] for _ in range(100)) # it is being started at first
    for times in range(1, 4): # the last may find it done
        assert console.run(f"svc kill {victim} --fault null") == ("", 0)
        wait_restarted(console, victim, times)
    assert output(console, "cat /dev/fifo", 300) == "ended 0\n"
    for number in range(1, 6):
        check_sum(console, f"/xv6/copy{number}", data)
    power_off(console)
    assert disk.read() == {"big": data} | {f"copy{number}": data for number in range(1, 6)}


@pytest.mark.quick
def test_what_is_open_outlives_a_crash(boot, architecture, disk):
    disk.make({})
    console = boot(disks=[disk.path])
    mount(console)
    for times, operator in enumerate((">", ">>"), 1):
        group = "{ echo before; svc kill xv6fs --fault null; echo after; }"
        output(console, f"{group} {operator} /xv6/log.txt")
        wait_restarted(console, "xv6fs", times)
    assert output(console, "cat /xv6/log.txt") == 2 * "before\nafter\n"
    output(console, "{ rm /xv6/log.txt; svc kill xv6fs --fault null; cat; } < /xv6/log.txt"
           " > /tmp/kept")
    assert output(console, "cat /tmp/kept") == 2 * "before\nafter\n"
    wait_restarted(console, "xv6fs", 3)
    assert output(console, "ls /xv6; svc restart xv6fs; echo new > /xv6/new; cat /xv6/new") == \
        "new\n"
    power_off(console)
    assert disk.read() == {"new": b"new\n"}


def test_power_is_cut(boot, architecture, disk):
    """The machine ends in the middle of writing; the next one replays the log."""
    disk.make({"old": b"stays\n"})
    console = boot(disks=[disk.path])
    mount(console)
    console.run("while true; do for i in 1 2 3; do seq 3000 > /xv6/f$i; ln /xv6/f$i /xv6/l$i; "
                "mv /xv6/f$i /xv6/g; rm /xv6/l$i; done; done &")
    assert any("g\n" in output(console, "ls /xv6") for _ in range(200))
    console.close()
    console = boot(disks=[disk.path])
    mount(console)
    assert output(console, "cat /xv6/old") == "stays\n"
    power_off(console)
    tree = disk.read()
    assert tree.pop("old") == b"stays\n" and tree
    lines = "".join(f"{number}\n" for number in range(1, 3001)).encode()
    assert all(isinstance(node, Link) or lines.startswith(node) for node in tree.values())


def spoil(image, offset, *words):
    result = bytearray(image)
    for index, word in enumerate(words):
        result[offset + 4 * index:offset + 4 * index + 4] = word.to_bytes(4, "little")
    return bytes(result)


REFUSED = {
    "no magic number": ((xv6_image.BLOCK, 0), "no xv6 file system"),
    "too large": ((xv6_image.BLOCK + 4, 1 << 30), "larger than the device"),
    "overlapping": ((xv6_image.BLOCK + 24, 3), "do not follow each other"),
    "log": ((2 * xv6_image.BLOCK, 1, 1), "the log names blocks"),
    "root": ((32 * xv6_image.BLOCK + 64, 2), "the root is no directory"),
}


@pytest.mark.parametrize("lie", REFUSED)
def test_hostile_images_are_refused(boot, architecture, disk, lie):
    change, text = REFUSED[lie]
    disk.path.write_bytes(spoil(disk.path.read_bytes(), *change))
    console = boot(disks=[disk.path])
    refused(console, START, text)
    assert console.run("echo goes on") == ("goes on\n", 0)


def test_lies_inside_end_in_errors(boot, architecture, disk):
    """Only the use of what leads nowhere fails."""
    inodes = 32 * xv6_image.BLOCK
    image = disk.path.read_bytes()
    image = spoil(image, inodes + 2 * 64 + 12, 5)  # README's block is one of the log
    image = spoil(image, inodes + 6 * 64 + 8, 1 << 31)  # bin/cat's size
    disk.path.write_bytes(image)
    console = boot(disks=[disk.path])
    mount(console)
    refused(console, "cat /xv6/README", "I/O error")
    refused(console, "cat /xv6/bin/cat", "I/O error")
    output(console, "ls -l /xv6 /xv6/bin; rm /xv6/README /xv6/bin/also")
    output(console, "echo x > /xv6/README; svc stop xv6fs --force; svc start xv6fs")
    wait_log(console, "xv6fs", "2000 blocks")
    assert output(console, "cat /xv6/README") == "x\n"


def test_read_only_disk(boot, architecture, disk):
    before = disk.path.read_bytes()
    disk.path.chmod(0o444)
    console = boot(disks=[disk.path])
    mount(console)
    assert output(console, "cat /xv6/README") == "xv6 in Sinter\n"
    for command in ("echo more > /xv6/README", "echo more > /xv6/new", "rm /xv6/README",
                    "mkdir /xv6/new", "ln /xv6/README /xv6/new", "mv /xv6/README /xv6/new"):
        refused(console, command, "Read-only file system")
    power_off(console)
    assert disk.path.read_bytes() == before
