"""Programs that are not of the boot set: read from other file systems by who starts them."""

import random

import pytest


CANNOT_RUN = 126
UNKNOWN = 127
LIMIT = 120


@pytest.fixture
def build(variant):
    return variant.folder


@pytest.fixture
def console(boot, tmp_path, build):
    """Booted with tmp_path/share as /host, with echo.o in it as say.o."""
    folder = tmp_path / "share"
    folder.mkdir()
    (folder / "say.o").write_bytes((build / "echo.o").read_bytes())
    return boot(share=folder)


def run(console, command, output="", status=0):
    assert console.run(command, timeout=LIMIT) == (output, status)


def refused(console, command, why, status=CANNOT_RUN):
    output, code = console.run(command, timeout=LIMIT)
    assert code == status and why in output, output


def used_kib(console):
    output = console.run("mem")[0]
    return int(output.split("used")[1].split()[0])


@pytest.mark.quick
def test_runs(console, tmp_path, build):
    (tmp_path / "share" / "hello.o").write_bytes((build / "test/objects/hello.o").read_bytes())
    run(console, "/host/hello.o", "hello from one file\n", 7)
    run(console, "/host/say.o one 'two  words'", "one two  words\n")
    run(console, "cd /host && ./say.o here; cd /", "here\n")
    run(console, "cp /host/say.o /tmp/say && PATH=/boot:/tmp && say found | wc", "1 1 6\n")
    (tmp_path / "share" / "script").write_text("#!shell\necho \"a script says $1\"\nexit 3\n")
    run(console, "/host/script this", "a script says this\n", 3)


def test_has_no_rights_of_a_namesake(console, tmp_path, build):
    """init.rc lets /boot/svc.o command init."""
    (tmp_path / "share" / "svc.o").write_bytes((build / "svc.o").read_bytes())
    refused(console, "/host/svc.o list", "no way to the supervisor", 1)
    assert console.run("svc list")[1] == 0


def test_refusals(console, tmp_path, build):
    folder = tmp_path / "share"
    whole = (folder / "say.o").read_bytes()
    for name, data in (("half.o", whole[:len(whole) // 2]), ("empty.o", b""), ("text", b"hello\n"),
                       ("server.o", (build / "fifo.o").read_bytes())):
        (folder / name).write_bytes(data)
    refused(console, "/host/half.o", "half.o: refused: the section header table")
    refused(console, "/host/empty.o", "empty.o: refused: the file is empty")
    refused(console, "/host/text", "text: refused: not an object of Sinter, and no personality")
    refused(console, "/host/server.o", "server.o: refused: is a server, not a program")
    refused(console, "/host", "/host: refused: it is a directory")
    refused(console, "/dev/null", "/dev/null: refused: it is a device")
    refused(console, "/host/none.o", "no such name", UNKNOWN)
    with (folder / "large.o").open("wb") as file:
        file.write(whole[:64])
        file.truncate((64 << 20) + 1)
    refused(console, "/host/large.o", "the file has 67108865 bytes, the limit is 67108864")
    run(console, "/host/say.o still", "still\n")


def test_hostile(console, tmp_path):
    """Cut short and changed at random: whatever becomes of them, nothing is lost by it."""
    generator = random.Random(7)
    folder = tmp_path / "share"
    whole = (folder / "say.o").read_bytes()
    for i in range(12):
        (folder / f"cut{i}.o").write_bytes(whole[:generator.randrange(len(whole))])
        changed = bytearray(whole)
        for _ in range(40): # headers and tables are at both ends
            changed[generator.choice([generator.randrange(4096), -1 - generator.randrange(8192)])] \
                = generator.randrange(256)
        (folder / f"changed{i}.o").write_bytes(changed)
    loop = "for i in 0 1 2 3 4 5 6 7 8 9 10 11; do {}; done > /dev/null 2> /dev/null"
    for before in (None, True): # what lasts is made in the first round
        before = before and used_kib(console)
        console.run(loop.format("/host/cut$i.o x; /host/changed$i.o x; /host/say.o x"),
                    timeout=LIMIT)
    assert used_kib(console) <= before + 64
    refused(console, "/host/cut0.o", "cut0.o: refused: ")
    run(console, "/host/say.o still", "still\n")
