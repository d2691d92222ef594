"""A folder of the host as a file system: virtio-9p. What the guest does, the host sees."""

import hashlib
import os
import socket
import subprocess

import pytest

from harness.places import ROOT
from services import status_of, wait_state, write_together

SERVICE = "virtio-9p"
SHARE = "/host"
LIMIT = 120
BIG = b"".join(b"%07d\n" % line for line in range(100000))


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "with, comma"
    path.mkdir()
    return path


@pytest.fixture
def share(boot, variant, folder):
    """Boots with the folder; call(METHOD, PATH, ...) is one call of the file protocol."""
    def start(**machine):
        program = variant.folder / "test" / "objects" / "file_call.o"
        console = boot(share=folder, add={"file_call.o": program}, **machine)

        def call(method, path, *arguments):
            words = " ".join(f"'{word}'" for word in arguments)
            output, status = console.run(f"file_call {method} '{SHARE}{path}' {words}")
            return output.rstrip("\n"), status
        return console, call
    return start


def run(console, command, output="", **options):
    assert console.run(command, **options) == (output, 0)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- reading --------------------------------------------------------------------------------


@pytest.mark.quick
def test_reading(share, folder):
    (folder / "file").write_text("hello\n")
    (folder / "empty").touch()
    (folder / "big").write_bytes(BIG)
    deep = folder.joinpath(*(f"d{i}" for i in range(40)))
    deep.mkdir(parents=True)
    (deep / "bottom").write_text("deep\n")
    console, call = share()
    run(console, f"cat {SHARE}/file {SHARE}/empty", "hello\n")
    path = "/".join(f"d{i}" for i in range(40))
    run(console, f"cat {SHARE}/{path}/bottom", "deep\n")
    output, status = console.run(f"sha256sum {SHARE}/big")
    assert (output.split()[0], status) == (sha256(BIG), 0)
    assert console.run(f"ls -l {SHARE}")[0].split() == [
        "-", str(len(BIG)), "big", "d", "0", "d0", "-", "0", "empty", "-", "6", "file"]
    assert call("read", "/file", 3, 100) == ("lo", 0)
    assert call("read", "/file", 6, 100) == ("", 0)
    assert call("read", "/file", 1 << 40, 100) == ("", 0)
    assert call("read", "/big", 399997, 6) == (BIG[399997:400003].decode().rstrip("\n"), 0)
    for name, words in (("missing", "no such name"), ("missing/file", "no such name"),
                        ("file/file", "not a directory"), ("./file", "no such name"),
                        ("d0/../file", "no such name"), ("d0//x", "no such name"),
                        ("x" * 256, "no such name"), ("y/" * 600 + "y", "no such name")):
        assert call("open", "", "r", name) == (words, 1)


def test_legacy_transport(share, folder):
    (folder / "big").write_bytes(BIG)
    console, _ = share(legacy_virtio=True)
    run(console, f"cp {SHARE}/big {SHARE}/copy")
    assert (folder / "copy").read_bytes() == BIG


def test_many_entries(share, folder):
    """More than one message holds, with names of every length."""
    names = [f"{i}-".ljust(4 + i % 252, "n") for i in range(300)]
    for name in names:
        (folder / name).touch()
    console, call = share()
    output, status = call("list", "")
    assert status == 0
    assert sorted(output.splitlines()) == sorted(f"0 0 {name}" for name in names)


def test_what_is_left_out(share, folder, tmp_path):
    """Links are not followed, out of the folder or within, and nothing is created through them."""
    secret = tmp_path / "secret"
    secret.write_text("outside\n")
    (folder / "file").write_text("inside\n")
    (folder / "out").symlink_to(secret)
    (folder / "in").symlink_to("file")
    (folder / "nowhere").symlink_to(tmp_path / "new")
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket"))
    console, call = share()
    run(console, f"ls {SHARE}", "file\n")
    for name in ("out", "in", "nowhere", "up", "fifo", "socket"):
        assert call("open", "", "r", name) == ("no such name", 1)
        assert call("open", "", "wc", name) == ("the name exists already", 1)
    assert call("open", "", "r", "up/secret")[1] == 1
    assert secret.read_text() == "outside\n" and not (tmp_path / "new").exists()
    assert call("remove", "", "out") == ("", 0)
    assert secret.exists() and not (folder / "out").is_symlink()


# ---- writing --------------------------------------------------------------------------------


@pytest.mark.quick
def test_writing(share, folder):
    (folder / "big").write_bytes(BIG)
    (folder / "sub").mkdir()
    console, call = share()
    run(console, f"echo one > {SHARE}/new; echo two > {SHARE}/sub/new; cp {SHARE}/big {SHARE}/copy")
    assert (folder / "new").read_text() == "one\n"
    assert (folder / "sub" / "new").read_text() == "two\n"
    assert (folder / "copy").read_bytes() == BIG
    run(console, f"echo x > {SHARE}/copy")
    assert (folder / "copy").read_text() == "x\n"
    run(console, f"echo y >> {SHARE}/copy; echo z >> {SHARE}/copy; cat {SHARE}/copy", "x\ny\nz\n")
    assert call("write", "/new", "w", 2, "E") == ("count 1", 0)
    assert call("write", "/new", "w", 10, "far") == ("count 3", 0)
    assert (folder / "new").read_bytes() == b"onE\n" + bytes(6) + b"far"
    assert call("write", "/new", "r", 0, "x") == ("cannot be written", 1)
    assert call("write", "/made", "wc", 0, "x") == ("count 1", 0)
    assert call("write", "/made", "wca", 0, "y") == ("count 1", 0)
    assert (folder / "made").read_text() == "xy"
    for directory, flags, name, words in (
            ("", "wcx", "made", "the name exists already"),
            ("", "wcx", "sub", "the name exists already"),
            ("", "w", "missing", "no such name"), ("", "wc", "missing/x", "no such name"),
            ("", "wc", "made/x", "not a directory"), ("", "w", "sub", "is a directory"),
            ("", "rd", "made", "not a directory"), ("/made", "r", "x", "not a directory"),
            ("", "wcd", "none", "no such name")):
        assert call("open", directory, flags, name) == (words, 1)
    assert call("open", "", "wcx", "sub/exclusive") == ("kind 0 rest 0", 0)
    assert call("open", "/sub", "rd", "../sub")[1] == 1
    assert call("open", "", "rd", "sub") == ("kind 1 rest 0", 0)
    assert sorted(path.name for path in folder.rglob("*")) == [
        "big", "copy", "exclusive", "made", "new", "new", "sub"]


def test_in_parallel(share, folder):
    """Several programs at once, through more calls than the driver runs side by side."""
    (folder / "big").write_bytes(BIG)
    console, _ = share(smp=4)
    run(console, f"shell -c 'for i in $(seq 12); do cp {SHARE}/big {SHARE}/copy$i & done; wait'",
        timeout=300)
    for number in range(1, 13):
        assert (folder / f"copy{number}").read_bytes() == BIG


def test_read_only_folder(share, folder):
    """What nobody may write on the host can only be read."""
    (folder / "file").write_text("file\n")
    (folder / "sub").mkdir()
    folder.chmod(0o555)
    console, call = share()
    run(console, f"cat {SHARE}/file", "file\n")
    for method, *arguments in (("open", "w", "file"), ("open", "wc", "new"), ("open", "wt", "file"),
                               ("make_directory", "new"), ("remove", "file"),
                               ("remove_directory", "sub"), ("rename", "file", "new")):
        assert call(method, "", *arguments) == ("cannot be written", 1)
    assert [path.name for path in sorted(folder.iterdir())] == ["file", "sub"]
    assert (folder / "file").read_text() == "file\n"


# ---- names and attributes -------------------------------------------------------------------


def test_names(share, folder):
    (folder / "file").write_text("file\n")
    console, call = share()
    assert call("make_directory", "", "one") == ("", 0)
    assert call("make_directory", "", "one/two") == ("", 0)
    assert call("make_directory", "/one", "three") == ("", 0)
    assert sorted(path.name for path in folder.rglob("*")) == ["file", "one", "three", "two"]
    for path, name, words in (("", "one", "the name exists already"),
                              ("", "file", "the name exists already"),
                              ("", "file/x", "not a directory"), ("", "no/x", "no such name"),
                              ("", "x" * 256, "an argument is outside the values that the call "
                               "accepts"), ("/file", "x", "not a directory")):
        assert call("make_directory", path, name) == (words, 1)
    assert call("remove_directory", "", "one") == ("the directory is not empty", 1)
    assert call("remove", "", "one/two") == ("is a directory", 1)
    assert call("remove_directory", "", "file") == ("not a directory", 1)
    assert call("remove_directory", "/one", "two") == ("", 0)
    assert call("rename", "", "file", "one/three/moved") == ("", 0)
    assert (folder / "one" / "three" / "moved").read_text() == "file\n"
    assert call("rename", "", "one", "one/three/four")[1] == 1
    assert call("rename", "", "none", "other") == ("no such name", 1)
    (folder / "target").write_text("replaced\n")
    assert call("rename", "", "one/three/moved", "target") == ("", 0)
    assert (folder / "target").read_text() == "file\n"
    assert call("rename", "", "target", "one") == ("is a directory", 1)
    assert call("rename", "", "one", "target") == ("not a directory", 1)
    assert call("remove", "", "target") == ("", 0)
    assert call("remove", "", "target") == ("no such name", 1)
    assert sorted(path.name for path in folder.rglob("*")) == ["one", "three"]


def test_open_files_stay(share, folder):
    """What is open cannot be removed or replaced; when it is renamed, its readers go on."""
    (folder / "file").write_text("one\ntwo\n")
    (folder / "other").write_text("other\n")
    console, call = share()
    busy = "in use by somebody else\n"
    run(console, f"{{ file_call remove {SHARE} file; file_call rename {SHARE} other file; "
                 f"file_call rename {SHARE} file moved; head -c 4; "
                 f"svc kill {SERVICE} --fault null; cat; }} < {SHARE}/file",
        busy + busy + "one\ntwo\n")
    assert call("remove", "", "moved") == ("", 0)
    assert [path.name for path in folder.iterdir()] == ["other"]


def test_attributes(share, folder):
    (folder / "file").write_text("0123456789")
    (folder / "sub").mkdir()
    console, call = share()
    assert call("stat", "/file") == ("kind 0 size 10", 0)
    assert call("stat", "/sub") == ("kind 1 size 0", 0)
    assert call("stat", "") == ("kind 1 size 0", 0)
    assert call("resize", "/file", 4) == ("", 0)
    assert (folder / "file").read_text() == "0123"
    assert call("resize", "/file", 6) == ("", 0)
    assert (folder / "file").read_bytes() == b"0123\0\0"
    assert call("resize", "/file", 1 << 63) == ("no room left on the device", 1)
    assert call("set_modified", "/file", 981173106000000000) == ("", 0)
    assert (folder / "file").stat().st_mtime_ns == 981173106000000000
    words = call("times", "/file")[0].split()
    other = call("times", "/sub")[0].split()
    assert words[:2] == ["modified", "981173106000000000"] and words[3] not in ("0", other[3])
    assert int(other[1]) == (folder / "sub").stat().st_mtime_ns
    assert call("sync", "/file") == ("", 0)
    space = call("space", "")[0].split()
    host = os.statvfs(folder)
    assert abs(int(space[1]) - host.f_blocks * host.f_bsize) < 1 << 20 # QEMU counts in messages
    assert 0 < int(space[3]) <= int(space[1])


# ---- crashes --------------------------------------------------------------------------------


def test_crash_while_open(share, folder):
    """Who has a file or a directory open goes on, reading and writing."""
    (folder / "file").write_text("1\n2\n3\n")
    console, _ = share()
    run(console, f"{{ head -c 2; svc kill {SERVICE} --fault null; head -c 2; "
                 f"svc restart {SERVICE}; cat; cat; }} < {SHARE}/file", "1\n2\n3\n")
    run(console, f"{{ svc kill {SERVICE} --fault null; echo written; }} > {SHARE}/new")
    run(console, f"{{ svc kill {SERVICE} --fault null; echo added; }} >> {SHARE}/new")
    assert (folder / "new").read_text() == "written\nadded\n"
    run(console, f"cd {SHARE}; svc kill {SERVICE} --fault null; ls; cd /", "file\nnew\n")


def test_crash_while_copying(share, folder):
    (folder / "big").write_bytes(BIG * 8)
    console, _ = share()
    run(console, f"shell -c 'cp {SHARE}/big {SHARE}/copy & for i in 1 2 3; do "
                 f"svc kill {SERVICE} --fault null; svc wait {SERVICE}; done; wait'", timeout=300)
    assert (folder / "copy").read_bytes() == BIG * 8
    assert sha256(BIG * 8) == console.run(f"sha256sum {SHARE}/copy", timeout=300)[0].split()[0]


def test_another_file_in_its_place(share, folder):
    """After a crash an opening never means another file than before."""
    (folder / "file").write_text("file\n")
    (folder / "other").write_text("secret\n")
    (folder / "go").write_text("not yet\n")
    console, _ = share()
    assert console.run(f"{{ cat; while [ \"$(cat {SHARE}/go)\" != go ]; do sleep 0.1; done; "
                       f"svc kill {SERVICE} --fault null; cat; echo ended; }} < {SHARE}/file "
                       "> /dev/fifo 2>&1 &")[1] == 0
    run(console, "head -n 1 /dev/fifo", "file\n")
    (folder / "other").rename(folder / "file")
    (folder / "go").write_text("go\n")
    run(console, "cat /dev/fifo", "cat: -: I/O error\nended\n")


def test_openings_are_given_back(share, folder):
    """More than there are places for, one after the other; and who has one open is named."""
    (folder / "file").write_text("file\n")
    console, _ = share()
    for _ in range(3):
        output, status = console.run(f"for i in $(seq 60); do cat {SHARE}/file; done | wc -l",
                                     timeout=300)
        assert (output.split(), status) == (["60"], 0)
    output, status = console.run(f"{{ svc stop {SERVICE}; }} < {SHARE}/file")
    assert "in use" in output and status == 3
    run(console, f"svc stop {SERVICE} --force")
    assert console.run(f"cat {SHARE}/file")[1] == 1
    run(console, f"svc start {SERVICE}")
    wait_state(console, SERVICE, "running")
    run(console, f"cat {SHARE}/file", "file\n")
    assert status_of(console, SERVICE)["state"].startswith("running")


def test_writers_take_turns_at_a_position(share, folder):
    """Programs that were given the same opening, on several CPUs, do not write over one another."""
    console, _ = share(smp=4)
    lines = write_together(console, f"{SHARE}/log", 500)
    assert sorted((folder / "log").read_text().splitlines()) == lines


# ---- ./run ----------------------------------------------------------------------------------


def execute(architecture, *arguments):
    return subprocess.run([ROOT / "run", architecture, *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=LIMIT)


def test_option(architecture, folder):
    (folder / "file").write_text("hello\n")
    outcome = execute(architecture, "--share", folder, "--exec",
                      f"cat {SHARE}/file; echo back > {SHARE}/new")
    assert (outcome.stdout, outcome.returncode) == ("hello\n", 0), outcome.stderr
    assert (folder / "new").read_text() == "back\n"


def test_refused_options(architecture, folder):
    (folder / "file").touch()
    for arguments, words in ((["--share", folder / "none"], "is no folder"),
                             (["--share", folder / "file"], "is no folder"),
                             (["--share", folder] + ["--disk", folder / "file"] * 8,
                              "these machines take 8")):
        outcome = execute(architecture, *arguments, "--print")
        assert outcome.returncode == 2 and words in outcome.stderr
