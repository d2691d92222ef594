"""The namespace, the boot set as files, and files in memory: mounting, changing, crashing, running
out of room."""

import pytest

from services import memory_used, status_of

ROOT_KIB = 16 # of the directory itself, once it has held more

each_smp = pytest.mark.parametrize("smp", [1, 4])


def output(console, command):
    text, status = console.run(command)
    assert status == 0, text
    return text.splitlines()


def refused(console, command, words):
    text, status = console.run(command)
    assert status != 0 and words in text, text


def test_mounts(boot):
    console = boot()
    assert {"boot/", "dev/", "tmp/"} <= set(output(console, "ls /"))
    assert "shell.o" in output(console, "ls /boot")
    assert "null" in output(console, "ls /dev")
    output(console, "svc start tmpfs as other memory 2M args 1M; svc mount /srv/deep/er other")
    assert "srv/" in output(console, "ls /")
    assert output(console, "cd /srv; ls; cd deep; ls; echo x > er/x; ls er; cat er/x") == [
        "deep/", "er/", "x", "x"]
    assert any(line.split() == ["/srv/deep/er", "other"] for line in output(console, "svc mount"))
    refused(console, "svc stop other", "the mount at /srv/deep/er")
    output(console, "sleep 10000 > /srv/deep/er/y &")
    output(console, "svc unmount /srv/deep/er")
    refused(console, "ls /srv", "No such file")
    refused(console, "svc stop other", "in use by sleep")
    output(console, "kill %1; svc mount /srv other; cat /srv/y")
    refused(console, "svc mount /srv nosuch", "no service")
    refused(console, "svc mount srv other", "no place to mount")
    refused(console, "svc mount /a//b other", "no place to mount")
    refused(console, "svc mount /a/../b other", "no place to mount")
    refused(console, "svc unmount /a", "nothing is mounted")
    output(console, "svc stop other --force")
    refused(console, "ls /srv", "No such file")
    output(console, "svc start other")
    assert output(console, "ls /srv") == [] # a new instance, with nothing in it


@each_smp
def test_a_second_server_of_the_namespace(boot, smp):
    """The first stays what programs see, and goes on hearing what is mounted."""
    console = boot(smp=smp)
    output(console, "svc start names as second allow names; svc mount /one tmpfs; ls /one")
    output(console, "svc stop second --force; svc mount /two tmpfs; ls /two /one /")


def test_only_the_supervisor_changes_the_root(boot):
    console = boot()
    for command in ("mkdir /new", "rmdir /tmp", "rm /dev", "echo x > /new", "touch /boot/new",
                    "rm /boot/init.rc", "mkdir /boot/new", "mv /boot/init.rc /boot/x",
                    "mkdir /dev/new", "rm /dev/null", "rmdir /dev/new", "mv /dev/null /dev/x"):
        refused(console, command, "Read-only" if command != "rm /dev" else "directory")
    refused(console, "mv /boot/init.rc /tmp/x", "Read-only")
    refused(console, "cat /tmp", "directory")
    refused(console, "ls /tmp/../tmp/none", "No such file")


def test_files_in_memory(boot):
    console = boot()
    assert output(console, "cd /tmp; echo one > a; echo two >> a; cat a; ls") == ["one", "two", "a"]
    output(console, "mkdir -p d/e/f; mv a d/e/g; cat d/e/g")
    refused(console, "rmdir d", "not empty")
    refused(console, "rm d", "directory")
    refused(console, "mv d d/e/h", "Invalid argument")
    refused(console, "mkdir d", "exists")
    output(console, "rm -r d")
    assert output(console, "ls; cp /boot/shell.o s; sha256sum s | head -c 64") == \
        output(console, "sha256sum /boot/shell.o | head -c 64")
    output(console, "mv s t; touch t u")
    assert output(console, "ls") == ["t", "u"]


def test_making_and_removing(boot):
    console = boot()
    output(console, "mkdir -p /tmp /boot / /tmp/a//b/ && cd /tmp/a/b && touch f")
    refused(console, "mkdir -p f", "exists")
    refused(console, "mkdir -p f/x", "f: File exists")
    refused(console, "mkdir -p ''", "No such file")
    refused(console, "rm -rf ../../../.", "name what is to go")
    assert output(console, "ls; rm -rf none; rm -rf /tmp/a; ls /tmp") == ["f"]
    refused(console, "df /", "no file system that has room")
    refused(console, "df /dev/null", "no file system that has room")


def modified(console, path):
    return int(output(console, f"file_call times {path}")[0].split()[1])


def test_calls_of_the_protocol(boot, variant):
    """What the program runtime does not send, and what nobody shows."""
    program = variant.folder / "test" / "objects" / "file_call.o"
    console = boot(add={"file_call.o": program})
    for name in (".", "..", "/a", "d/..", "n" * 256):
        refused(console, f"mkdir -p /tmp/d; file_call make_directory /tmp {name}", "argument")
        refused(console, f"file_call open /tmp rwc {name}", "argument")
    assert output(console, "ls /tmp; ls /tmp/d") == ["d/"]
    made = modified(console, "/tmp/d")
    output(console, "touch /tmp/d /tmp /dev /")
    assert modified(console, "/tmp/d") > made


@each_smp
def test_random_calls(boot, variant, smp):
    """Whatever a client sends, no server of files falls, and none keeps what it was given."""
    folder = variant.folder / "test" / "objects"
    console = boot(smp=smp, add={"file_storm.o": folder / "file_storm.o"})
    output(console, "mkdir /tmp/d; echo x > /tmp/f")
    before = memory_used(console)
    output(console, "file_storm 20000 1 /tmp /tmp/f /tmp/d & file_storm 20000 2 /boot "
           "/boot/init.rc / & file_storm 20000 3 /dev /dev/null /dev/log /dev/random & wait; "
           "rm -r /tmp/*")
    for name in ("names", "bootfs", "tmpfs"):
        told = status_of(console, name)
        assert told["state"].startswith("running") and told["restarts"] == "0", told
    assert int(output(console, "df /tmp")[1].split()[1]) <= ROOT_KIB
    assert all(after < was + 1024 for was, after in zip(before, memory_used(console)))


def test_copies_and_moves(boot):
    console = boot()
    output(console, "svc start tmpfs as other memory 2M args 1M; svc mount /srv other; cd /tmp")
    assert output(console, "echo one > a; cp a a; cp a ./a; cat a") == ["one"]
    assert output(console, "echo longer > b; cp a b; cat b") == ["one"], "the rest is cut"
    assert output(console, "mkdir d e; mv d/ e/; cp a e/; mv a e; ls e; mv e/../e/a .; ls") == [
        "a", "d/", "a", "b", "e/"]
    assert output(console, "mv a /srv/x; mv b /srv; ls; ls /srv; cat /srv/x") == [
        "e/", "b", "x", "one"]
    output(console, "mkdir in; echo two > c; svc mount /tmp/in other; mv c in/c; ls in; "
           "svc unmount /tmp/in")
    assert output(console, "ls in; mv /srv/c in; mv in/c .; rmdir in; cat c; rm c") == ["two"]
    output(console, "echo kept > k; svc mount /again tmpfs")
    for target in ("/again", "/again/k", "/srv/x"):
        refused(console, f"mv k {target}", "is there already")
    assert output(console, "cat k /srv/x; rm k; svc unmount /again") == ["kept", "one"]
    refused(console, "mv e /srv", "only files go to another file system")
    refused(console, "mv none /srv", "No such file")
    long = "n" * 250
    output(console, f"mkdir {long}; cd {long}; mkdir {long}; cd {long}; mkdir {long}; cd {long}")
    output(console, f"mkdir {long}; touch {long[:25]}")
    for program in ("mv", "cp"):
        refused(console, f"{program} {long[:25]} /tmp/{long}/{long}/{long}/{long}", "too long")
    assert len(output(console, f"ls; ls {long}")) == 2


@each_smp
def test_crashes_lose_nothing(boot, smp):
    """A file stays open across a crash of names and tmpfs, and what was written is there."""
    console = boot(smp=smp)
    output(console, "cp /boot/shell.o /tmp/s; sleep 10000 > /dev/fifo &")
    output(console, "cat /dev/fifo > /tmp/out &")
    before = output(console, "sha256sum /boot/shell.o | head -c 64")
    for fault in ("null", "exit"):
        for name in ("names", "bootfs", "tmpfs"):
            output(console, f"svc kill {name} --fault {fault}; svc wait {name}")
            assert output(console, "cd /tmp; sha256sum s | head -c 64") == before
            assert "true.o" in output(console, "ls /boot")
    output(console, "echo written > /dev/fifo; kill %1; wait")
    assert output(console, "cat /tmp/out") == ["written"]


@each_smp
def test_positions_are_shared(boot, scratch, smp):
    """Who is given the same open file goes on where the other ended; also after a crash."""
    console = boot(smp=smp, disks=[scratch()])
    assert output(console, "cd /tmp; (echo a; svc kill tmpfs; svc wait tmpfs; echo b) > k; cat k") \
        == ["a", "b"]
    assert output(console, "for i in 1 2 3; do echo $i; done > l; (head -c 2; echo; cat) < l") == [
        "1", "", "2", "3"]
    assert output(console, "(echo one; echo two) > /dev/disk0; head -n 2 /dev/disk0") == [
        "one", "two"]
    assert output(console, "(head -n 1 > /dev/null; cat) < l; echo 0 > l; (cat; cat) < l") == ["0"]


def test_running_out_of_room(boot, scratch):
    """Neither the service's own memory nor the machine's is a fault."""
    console = boot(memory="32M", disks=[scratch()])
    refused(console, "cd /tmp; (for i in 1 2 3 4 5 6 7 8; do cat /dev/disk0 || exit 1; done) > big",
            "No space left")
    status = output(console, "svc status tmpfs | head -n 3")
    assert status[1].startswith("state:      running") and status[2].split()[1] == "0"
    output(console, "rm big; echo x > y; cat y")
    output(console, "svc start tmpfs as small memory 1M args 512M; svc mount /small small")
    refused(console, "cat /dev/disk0 > /small/big", "No space left")
    output(console, "echo x > /small/y || rm /small/big; echo x > /small/y; cat /small/y")
    for size in ("12X", "255K", "1025M"):
        refused(console, f"svc start tmpfs as wrong args {size}", f"`{size}` is no size")
    output(console, "svc start tmpfs as least args 256K; svc mount /least least; echo x > /least/x")


def test_script_without_names(boot, tmp_path):
    """Nothing can be opened then, and the log says what would do."""
    script = tmp_path / "init.rc"
    script.write_text("devices allow registers,irq,dma,firmware\nstart fifo\n")
    console = boot(add={"init.rc": script}, prompt=False)
    console.expect("let it begin with `start names allow names`")
