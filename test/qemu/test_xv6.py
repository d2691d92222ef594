"""The personality of xv6: its programs beside native ones, joined by pipes; instances of their own.
The programs are the project's (test/xv6), written to xv6's interface; `try` tries all of that."""

import hashlib
import random
import re
import subprocess
import time

import pytest

from harness import image, xv6_image
from harness.build import Variant
from harness.console import PATIENCE
from harness.places import ROOT
from harness.xv6_image import Device
from harness.xv6_programs import OLDER, PASSED, xv6_programs
from services import (check_fifo, states, status_of, wait_log, wait_no_program, wait_restarted,
                      wait_state)

CONTROL_C, CONTROL_D, CONTROL_U, DELETE = "\x03", "\x04", "\x15", "\x7f"
ERASED = "\x08 \x08"
FILE_SYSTEM_KIB = 900 # most of it a cache that is touched as it is used
DATA = random.Random(6).randbytes(50_000)
TEXT = b"".join(b"line %d of a text\n" % i for i in range(500))
MOUNT = "svc start xv6fs args /dev/disk0; svc mount /xv6 xv6fs"


@pytest.fixture
def disk(variant, tmp_path):
    """One of xv6 that holds all programs."""
    path = tmp_path / "xv6.img"
    tree = {name: program.read_bytes() for name, program in xv6_programs(variant).items()}
    path.write_bytes(xv6_image.make({**tree, "console": Device(1, 0), "data": DATA, "text": TEXT,
                                     "script": b"#!/echo interpreted\n",
                                     "broken": b"#! \n", "circle": b"#!/xv6/a\n",
                                     "a": b"#!/xv6/a\n", "lost": b"#!/xv6/none\n",
                                     "stubborn": b"#echo-personality\nstubborn\n"}))
    yield path
    path.unlink()


@pytest.fixture
def start(boot, disk):
    """Boots with the disk as /xv6."""
    def run(**machine):
        console = boot(disks=[disk], **machine)
        assert console.run(MOUNT) == ("", 0)
        return console
    return run


def output(console, command, wanted=0, timeout=100):
    told, status = console.run(command, timeout=timeout)
    assert status == wanted, f"{command} ends with {status}: {told}{console.where()}"
    return told


def wait_change(console, command, before):
    """Until the command says something else."""
    end = time.monotonic() + PATIENCE
    while (told := output(console, command)) == before:
        assert time.monotonic() < end, f"`{command}` still says {told!r}"


def wait_output(console, command, wanted):
    """Repeats a command until it tells this."""
    end = time.monotonic() + PATIENCE
    while (told := console.run(command)[0]) != wanted:
        assert time.monotonic() < end, f"{command} tells {told!r}{console.where()}"


def checked_sum(told):
    return told.split()[0]


@pytest.mark.own_build
def test_image(architecture, tmp_path):
    """./image --xv6: the programs as they are built, the console, and files of one's own."""
    path = tmp_path / "disk.img"
    (tmp_path / "notes.txt").write_bytes(TEXT)
    command = [ROOT / "image", architecture, "--output", path, "--xv6"]
    subprocess.run([*command, tmp_path / "notes.txt"], check=True, stdout=subprocess.DEVNULL)
    tree = xv6_image.read_file(path)
    assert tree.pop("notes.txt") == TEXT and tree.pop("console") == Device(1, 0)
    assert tree == {name: program.read_bytes()
                    for name, program in xv6_programs(Variant(architecture)).items()}
    for name, status in (("n" * 14, 0), ("n" * 15, 1)):
        (tmp_path / name).write_bytes(b"")
        outcome = subprocess.run([*command, tmp_path / name], capture_output=True, text=True)
        assert outcome.returncode == status and ("14 bytes" in outcome.stderr) == bool(status)


@pytest.mark.quick
def test_beside_native_programs(start):
    console = start()
    output(console, "svc start xv6 allow spawn")
    assert output(console, "/xv6/echo one two") == "one two\n"
    assert output(console, "cd /xv6; ./echo here; cd /") == "here\n"
    wanted = hashlib.sha256(DATA).hexdigest()
    assert checked_sum(output(console, "/xv6/cat /xv6/data | sha256sum")) == wanted
    assert checked_sum(output(console, "cat /xv6/data | /xv6/cat | sha256sum")) == wanted
    assert checked_sum(output(console, "cat /xv6/data | /xv6/cat | cat | /xv6/cat | sha256sum")) \
        == wanted
    lines = str(len(TEXT.splitlines()))
    assert output(console, "cat /xv6/text | /xv6/wc").split()[0] == lines
    assert output(console, "/xv6/cat /xv6/text | wc").split()[0] == lines
    told = output(console, "/xv6/cat /xv6/text | head -n 1") # a broken pipe
    assert told == "line 0 of a text\ncat: cannot write\n", told
    assert "cannot open" in output(console, "/xv6/cat /xv6/missing", wanted=1)
    told = output(console, "/boot/echo '/boot/echo.o native words | /xv6/wc' | /xv6/sh")
    assert told == "$ 1 2 13 \n$ ", told
    assert output(console, "/xv6/float") == "float ok\n"
    told = output(console, "/boot/echo '/xv6/cat /xv6/text | /boot/sha256sum.o' | /xv6/sh")
    assert hashlib.sha256(TEXT).hexdigest() in told, told


def test_breaking_pipes_of_native_programs(start):
    """The reader is one of xv6's, which does not read: who writes ends, in either shell."""
    console = start()
    output(console, "svc start xv6 allow spawn")
    assert output(console, "/boot/seq.o 100000 | /xv6/echo early") == "early\n"
    assert "early\n" in output(console, "/xv6/sh -c '/boot/seq.o 100000 | /xv6/echo early'")
    output(console, "/boot/seq.o 100000 | /xv6/sleep 5") # the writer waits meanwhile
    output(console, "/xv6/sh -c '/boot/seq.o 100000 | /xv6/sleep 5'")
    wait_no_program(console, "seq")


def test_by_name(start):
    """PATH finds xv6's programs where there is no native one before them."""
    console = start()
    output(console, "svc start xv6; cp /xv6/text /tmp/text")
    output(console, "without", wanted=127)
    output(console, "PATH=/boot:/xv6")
    assert "usage" in output(console, "without", wanted=1)
    assert output(console, "/xv6/grep line /tmp/text | head -n 1").startswith("line 0 of a text\n")


def test_becoming_native_without_files(start):
    """A native program finds the end of its input, and nobody to write to, where xv6's had none."""
    console = start()
    output(console, "svc start xv6 allow spawn")
    assert output(console, "/xv6/without 0 /boot/wc.o") == "0 0 0\n"
    output(console, "/xv6/without 012 /boot/true.o")
    assert output(console, "/xv6/without 1 /boot/echo.o lost > /tmp/lost; cat /tmp/lost") == ""
    for _ in range(2): # what stands for them goes with the program
        assert output(console, "i=0; while [ $i -lt 60 ]; do /xv6/without 012 /boot/true.o || "
                               "echo $i; i=$((i + 1)); done") == ""


def test_status_of_a_native_child(start):
    """The xv6 program that waits for it sees how it ended."""
    console = start()
    output(console, "svc start xv6 allow spawn")
    output(console, "/xv6/sh -c '/boot/false.o'", wanted=1)
    output(console, "/xv6/sh -c '/boot/true.o'")
    output(console, "/xv6/sh -c '/boot/true.o | /boot/false.o'", wanted=1)
    for program, status in (("/boot/false.o", 1), ("/boot/true.o", 0), ("/xv6/sh -c 'exit 4'", 4),
                            ("/boot/shell.o -c 'exit 7'", 7), ("/boot/shell.o -c none", 127)):
        told = output(console, f"/xv6/waits {program} 2> /dev/null")
        assert told == f"it: status {status}\n", f"{program}: {told}"


def test_log_of_a_refused_exec(start):
    """It tells each reason, once."""
    console = start()
    output(console, "svc start xv6 allow spawn")
    not_known = "not an object of Sinter; xv6: is not an ELF file"
    too_many = "is a script as well, and it has too many before it"
    for name, reason in (("text", not_known), ("broken", "names no interpreter after #!"),
                         ("circle", f"/xv6/a, its interpreter: {too_many}"),
                         ("lost", "/xv6/none, its interpreter: no such name")):
        output(console, f"/xv6/without '' /xv6/{name}", wanted=1)
        wait_log(console, "xv6", f"): exec of /xv6/{name}: {reason}\n")
    output(console, "svc stop xv6; svc start alone object xv6.o")
    output(console, "/xv6/without '' /xv6/text", wanted=1)
    wait_log(console, "alone", ": is not an ELF file; this instance may start no programs of other")


@pytest.mark.parametrize("smp", [1, 4])
def test_interrupting_what_it_became(boot, disk, variant, smp):
    """^C is for a program of another kind to heed or not; then it can be killed."""
    add = {"echo_personality.o": variant.folder / "test/objects/echo_personality.o"}
    console = boot(disks=[disk], add=add, smp=smp)
    output(console, f"{MOUNT}; svc start xv6 allow spawn; svc start echo_personality as echo")
    for code in (143, 137):
        output(console, "/xv6/without '' /xv6/stubborn > /tmp/told & job=$!")
        for times in range(3):
            wait_output(console, "cat /tmp/told", "ready\n" + times * "interrupted\n")
            output(console, "kill -INT $job" if times < 2 else "true")
        output(console, f"kill -{code - 128} $job; wait $job", wanted=code)
        assert "stubborn" not in output(console, "ps")
    output(console, "/xv6/without '' /xv6/stubborn > /tmp/told & job=$!")
    wait_output(console, "cat /tmp/told", "ready\n")
    output(console, "kill -INT $job")
    wait_output(console, "cat /tmp/told", "ready\ninterrupted\n")
    output(console, "svc kill echo; wait $job", wanted=137)
    output(console, "/xv6/without '' /boot/sleep.o 1000 & kill -INT $!; wait $!", wanted=130)


@pytest.mark.parametrize("smp", [1, 4])
def test_killing_what_was_interrupted(boot, disk, variant, smp):
    """A kill is not lost behind ^C, also while a program of another kind is being started."""
    add = {"echo_personality.o": variant.folder / "test/objects/echo_personality.o"}
    console = boot(disks=[disk], add=add, smp=smp)
    output(console, f"{MOUNT}; svc start xv6 allow spawn; svc start echo_personality as echo")
    for turns in range(0, 300, 5): # the moment is found by one of them
        console.run(f"/xv6/without '' /xv6/stubborn > /tmp/told & i=0; while [ $i -lt {turns} ]; "
                    "do i=$((i + 1)); done; kill -INT $!; kill -KILL $!; wait $!", timeout=100)


def state_of_job(console):
    """As `ps` has it, of what was started last."""
    name = output(console, "echo $!").strip()
    return re.search(rf"(?m)^{name} +(\w+) ", output(console, "ps"))[1]


@pytest.mark.parametrize("smp", [1, 4])
def test_stopping_and_going_on(boot, disk, smp):
    """Whatever it is at: computing, waiting for a time, for a pipe, for a child; and ends."""
    console = boot(disks=[disk], smp=smp)
    output(console, f"{MOUNT}; svc start xv6 allow spawn")
    output(console, "/xv6/ticks > /tmp/ticks &")
    size = "wc -c /tmp/ticks"
    for _ in range(20):
        output(console, "kill -STOP $!; sleep 0.1")
        assert state_of_job(console) == "stopped"
        before = output(console, size)
        output(console, "sleep 0.1")
        assert output(console, size) == before
        output(console, "kill -CONT $!")
        wait_change(console, size, before)
    output(console, "kill -STOP $!; kill $!; wait $!", wanted=143)
    output(console, "/xv6/sleep 3 & kill -STOP $!; sleep 1")
    assert state_of_job(console) == "stopped"
    output(console, "kill -CONT $!; wait $!")
    output(console, "{ sleep 1; echo late; } | /xv6/cat > /tmp/copy & kill -STOP $!; sleep 1.5")
    assert state_of_job(console) == "stopped" and output(console, "cat /tmp/copy") == ""
    output(console, "kill -CONT $!; wait $!")
    assert output(console, "cat /tmp/copy") == "late\n"
    output(console, "/xv6/sh -c '/xv6/sleep 2; /xv6/echo after' > /tmp/told & kill -STOP $!")
    output(console, "sleep 1")
    assert output(console, "cat /tmp/told") == ""
    output(console, "kill -CONT $!; wait $!")
    assert output(console, "cat /tmp/told") == "after\n"
    told = output(console, "sleep 100 & kill -STOP $!", wanted=1)
    assert "has native programs, which cannot be stopped" in told, told
    output(console, "kill $!; /xv6/ticks > /dev/null & kill -STOP $!")
    output(console, "svc stop xv6 --force; wait $!", wanted=137)


def test_starting_over_a_crash_of_the_files(start):
    """Programs are started although the server of their files dies meanwhile."""
    console = start(smp=4)
    output(console, "svc start xv6; cd /tmp; for i in $(seq 400); do echo /xv6/echo $i; done > all")
    output(console, "/xv6/sh < all > told &")
    for turn in range(4):
        output(console, "svc kill xv6fs")
        wait_restarted(console, "xv6fs", turn + 1)
    output(console, "wait $!", timeout=PATIENCE)
    output(console, "seq 400 > wanted")
    assert output(console, "cat told") == output(console, "cat wanted")


def test_opening_over_a_crash_of_the_files(start):
    """A program goes on opening although the server dies in the middle of it."""
    console = start(smp=4)
    output(console, "svc start xv6")
    console.run("while /xv6/measure open 500 /xv6/measure; do true; done > /tmp/told &")
    for turn in range(4):
        output(console, "svc kill xv6fs")
        wait_restarted(console, "xv6fs", turn + 1)
    assert "running" in output(console, "jobs").lower(), "an open has failed"
    output(console, "kill $!; wait $!", wanted=143)
    assert output(console, "cat /tmp/told") == ""


def test_ends(start):
    """Kill, ^C, and the end of the personality."""
    console = start()
    output(console, "svc start xv6")
    console.run("sleep 1000 > /dev/fifo &") # so that the fifo has no end
    output(console, "/xv6/cat < /dev/fifo & kill %2; wait %2", wanted=143)
    console.run("/xv6/cat < /dev/fifo &")
    output(console, "svc kill xv6 --fault null; wait %2", wanted=137)
    wait_restarted(console, "xv6")
    assert output(console, "/xv6/echo again") == "again\n"
    told, status = console.run("svc replace xv6 with xv6.o")
    assert status != 0 and "stop" in told, told
    output(console, "svc stop xv6 --force")
    told, status = console.run("/xv6/echo gone")
    assert status == 126 and "/xv6/echo" in told, told
    output(console, "kill %1")
    check_fifo(console, "alive")


@pytest.mark.parametrize("smp", [1, 4])
def test_killing_while_it_becomes_another(start, smp):
    """However far an exec of a native program has come, that ends too."""
    console = start(smp=smp)
    output(console, "svc start xv6 allow spawn; echo /boot/sleep.o 1000 > /tmp/sleeps")
    output(console, "i=0; while [ $i -lt 60 ]; do /xv6/sh < /tmp/sleeps > /dev/null & j=0; "
           "while [ $j -lt $((i * 4)) ]; do j=$((j + 1)); done; kill $!; wait $!; "
           "i=$((i + 1)); done")
    wait_no_program(console, "sleep")
    assert output(console, "/xv6/echo alive") == "alive\n"


@pytest.mark.parametrize("smp", [1, 4])
def test_interrupting_a_shell(start, smp):
    """^C ends what its sh runs in the foreground, but neither the sh nor its background jobs."""
    console = start(smp=smp)
    output(console, "svc start xv6")
    output(console, "sleep 1000 > /dev/fifo & cd /xv6") # so that the fifo has no end

    def prompt():
        console.expect(r"\$ ", what="the prompt of xv6's sh")

    console.send("./sh\n")
    prompt()
    console.send("cat < /dev/fifo &\n")
    prompt()
    for word in ("one", "two"):
        console.send(f"cat\n{word}\n")
        console.expect(rf"^{word}\n{word}\n") # typed, and told by cat
        console.send(CONTROL_C)
        prompt()
        for _ in range(3):
            console.send(CONTROL_C)
        console.send("cd .\n")
        prompt()
        console.send(f"echo {word}-told > /dev/fifo\n")
        console.expect(rf"^(\$ {word}-told\n|{word}-told\$ \n|{word}-told\n\$ )") # both write
    console.send("exit\n")
    console.wait_prompt()
    output(console, "cd /; kill %1")
    console.send("/xv6/cat\nthree\n") # no shell
    console.expect(r"^three\n") # told at least; whether it is echoed depends on when it was typed
    console.send(CONTROL_C)
    console.wait_prompt()
    assert output(console, "/xv6/echo alone") == "alone\n"


def inner_prompt(console):
    console.expect(r"\$ ", what="the prompt of xv6's sh")


def last_ended(console, status):
    """The status of what was typed without run()."""
    console.send("echo is $?\n")
    console.expect(rf"^is {status}\n")
    console.wait_prompt()


def terminal_is_native(console):
    """The line discipline is the native console's: it edits and echoes, and ^C ends a program."""
    console.send('echo rea""dy; cat\n')
    console.expect(r"^ready\n") # what is typed from here on is for the command
    console.send(f"not{DELETE}w\n")
    console.expect(rf"^not{ERASED}w\nnow\n")
    console.send(CONTROL_C)
    console.wait_prompt()
    last_ended(console, 130)


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_terminal_of_a_session(start, smp):
    """A shell inside: echo and editing, ^D, ^C, a job of the background; then the native one."""
    console = start(smp=smp)
    output(console, "svc start lab object xv6.o root /xv6 memory 8M")
    console.send("in lab /sh\n")
    inner_prompt(console)
    console.send(f"echo ont{DELETE}e\n")
    console.expect(rf"^echo ont{ERASED}e\none\n")
    inner_prompt(console)
    console.send(f"echo no{CONTROL_U}echo yes\n")
    console.expect(rf"^echo no({ERASED}){{7}}echo yes\nyes\n")
    inner_prompt(console)
    console.send("sleep 1000000 &\n")
    inner_prompt(console)
    for word in ("once", "twice"):
        console.send(f"cat\n{word}\n")
        console.expect(rf"^{word}\n{word}\n") # typed, and told by cat
        console.send(CONTROL_C)
        console.expect(r"^\^C")
        inner_prompt(console)
        console.send("echo lost")
        console.expect("echo lost")
        console.send(CONTROL_C) # it drops output that waits as well
        console.expect(r"^\^C")
        console.send("echo kept\n")
        console.expect(r"^echo kept\nkept\n")
        inner_prompt(console)
    console.send(f"cat | wc\none two\n{CONTROL_D}")
    console.expect(r"^1 2 8\s*\n")
    inner_prompt(console)
    console.send(CONTROL_D)
    console.wait_prompt()
    last_ended(console, 0)
    terminal_is_native(console)
    programs = [line.split() for line in output(console, "ps").splitlines() if "lab:" in line]
    assert [row[-1] for row in programs] == ["sleep"], programs
    output(console, f"kill {programs[0][0]}")
    console.send("in lab /cat\nthree\n")
    console.expect(r"^three\nthree\n")
    console.send(CONTROL_C)
    console.wait_prompt()
    last_ended(console, 130)
    terminal_is_native(console)
    assert output(console, "echo piped | in lab /cat | cat") == "piped\n"


# Until no xv6 `sh` is there any more: what is typed while it ends can be read by it.
GONE = "there=1; while [ $there ]; do " \
    "there=; for word in $(ps); do [ $word = sh ] && there=1; done; done"


@pytest.mark.parametrize("how", ["svc kill xv6 --fault null", "svc kill xv6", "kill $job"])
def test_terminal_comes_back(start, how):
    """After a crash of the personality, or of `in`, with a shell in front."""
    console = start()
    output(console, "svc start xv6; sleep 100000 > /dev/fifo &") # so that the fifo has no end
    for turn in range(2):
        console.send("shell -c 'in xv6 /xv6/sh < /dev/console > /dev/console & job=$!; "
                     f"head -n 1 < /dev/fifo > /dev/null; {how}; {GONE}; wait $job'\n")
        inner_prompt(console)
        console.send("/xv6/echo go > /dev/fifo\n")
        console.wait_prompt()
        last_ended(console, 143 if "job" in how else 137)
        if "svc" in how:
            wait_restarted(console, "xv6", turn + 1)
        terminal_is_native(console)
        assert output(console, "/xv6/echo again") == "again\n"


@pytest.mark.parametrize("smp", [1, pytest.param(4, marks=pytest.mark.long)])
def test_whole_interface(start, smp):
    """`try` asks for what xv6's own tests are known to ask for."""
    console = start(smp=smp, memory="512M")
    output(console, "svc start lab object xv6.o root /xv6 memory 160M")
    told = output(console, "in lab /try", timeout=900)
    assert told.rstrip().endswith(PASSED), told
    assert OLDER not in told, told
    assert console.power_off(), f"the machine is still on{console.where()}"


def test_sharing_a_directory(start):
    """Several processes read it by one descriptor."""
    console = start(smp=4)
    output(console, "svc start lab object xv6.o root /xv6 memory 16M")
    for _ in range(4):
        told = output(console, "in lab /try shared_directory", timeout=300)
        assert told.rstrip().endswith(PASSED), told


def test_killed_starters_leave_nothing(boot, disk, variant):
    """A file that cannot be read keeps a worker (there are 4) only as long as somebody waits."""
    add = {"unruly.o": variant.folder / "test/objects/unruly.o"}
    console = boot(disks=[disk], add=add)
    output(console, f"{MOUNT}; svc start xv6; svc start unruly0 object unruly.o args slow-program")
    for times in range(1, 6):
        console.run("in xv6 /dev/unruly0 & job=$!")
        wait_output(console, "svc log unruly0 | wc -l", f"{times}\n") # a line for each read
        console.run("kill -KILL $job; wait $job")
    assert output(console, "/xv6/echo alive") == "alive\n"


def test_terminal_that_ends(boot, disk, variant):
    """A device that answers reads with nothing has hung up."""
    add = {"unruly.o": variant.folder / "test/objects/unruly.o"}
    console = boot(disks=[disk], add=add)
    output(console, f"{MOUNT}; svc start lab object xv6.o root /xv6 memory 8M")
    output(console, "svc start unruly0 object unruly.o args ended-terminal")
    output(console, "in lab /cat < /dev/unruly0 > /dev/unruly0", wanted=129)
    assert output(console, "in lab /echo back") == "back\n"


def test_instances(start):
    """Each sees its root only, and what one takes hurts no other."""
    console = start(memory="256M")
    output(console, "svc start lab1 object xv6.o root /xv6 memory 8M")
    output(console, "svc start lab2 object xv6.o root /xv6 memory 8M")
    assert output(console, "in lab1 /echo inside") == "inside\n"
    assert "lab1:" not in output(console, "ps") # who has ended and been waited for
    assert "text" in output(console, "in lab1 /ls")
    assert "cannot open" in output(console, "in lab1 /cat /boot/init.rc", wanted=1)
    assert "cannot open" in output(console, "in lab1 /cat ../../boot/init.rc", wanted=1)
    told, status = console.run("/xv6/echo refused")
    assert status == 126 and "root of its own" in told, told
    output(console, "in lab1 /forktest", timeout=300)
    assert output(console, "in lab2 /echo beside") == "beside\n"
    output(console, "svc kill lab1 --fault null")
    wait_restarted(console, "lab1")
    assert output(console, "in lab1 /echo back") == "back\n"
    output(console, "svc stop lab1")
    wait_state(console, "lab1", "stopped")
    assert output(console, "in lab2 /echo still") == "still\n"
    assert states(console)["lab2"] == "running"


@pytest.mark.parametrize("smp", [1, 4])
def test_ends_of_an_instance_touch_no_other(start, smp):
    """Programs of another, and what native programs hand through it, go on meanwhile."""
    console = start(memory="256M", smp=smp)
    for name in ("lab1", "lab2"):
        output(console, f"svc start {name} object xv6.o root /xv6 memory 8M")
    numbers = "".join(f"{number}\n" for number in range(1, 100001)).encode()
    for times, end in enumerate(["svc kill lab1", "svc kill lab1 --fault null",
                                 "svc stop lab1 --force; svc start lab1"], 1):
        output(console, "in lab2 /sleep 100000 & sleeper=$!")
        output(console, "in lab1 /sleep 100000 & other=$!")
        output(console, "seq 100000 | in lab2 /cat | sha256sum > /tmp/sum &")
        output(console, f"{end}; wait $other", wanted=137)
        if times < 3:
            wait_restarted(console, "lab1", times)
        assert output(console, "in lab1 /echo back") == "back\n"
        wait_output(console, "wc -l /tmp/sum", "1 /tmp/sum\n")
        assert checked_sum(output(console, "cat /tmp/sum")) == hashlib.sha256(numbers).hexdigest()
        output(console, "in lab1 /kill 1 2 3 4 5 6 7 8 9", wanted=137) # it meets itself only
        sleeper = re.search(r"(?m)^(lab2:\d) +sleeps .* sleep$", output(console, "ps"))[1]
        output(console, f"kill {sleeper}; wait $sleeper", wanted=143)
    assert status_of(console, "lab2")["restarts"] == "0"


def test_instances_of_one_disk(boot, disk, tmp_path):
    """One server of its files for both: each sees at once what the other writes."""
    other = tmp_path / "other.img"
    other.write_bytes(b"no file system".ljust(65536, b"\0"))
    console = boot(disks=[other, disk], memory="256M")
    for name in ("lab1", "lab2"):
        output(console, f"svc start xv6 as {name} --root disk1 --memory 8M")
    assert [name for name in states(console) if "disk1" in name] == ["disk1-root"]
    output(console, "echo first | in lab1 /sh -c '/cat > /shared'")
    assert output(console, "in lab2 /cat /shared") == "first\n"
    output(console, "echo second | in lab2 /sh -c '/cat >> /shared'")
    assert output(console, "in lab1 /cat /shared") == "first\nsecond\n"
    assert output(console, "cat /disk1/shared") == "first\nsecond\n"
    told, status = console.run("svc stop disk1-root")
    assert status != 0 and "lab1" in told and "lab2" in told, told
    output(console, "svc stop lab1")
    wait_state(console, "lab1", "stopped")
    assert output(console, "echo third | in lab2 /sh -c '/cat >> /shared'; "
                           "in lab2 /cat /shared") == "first\nsecond\nthird\n"
    output(console, "svc kill disk1-root --fault null")
    wait_restarted(console, "disk1-root")
    assert output(console, "in lab2 /cat /shared | wc") == "3 3 19\n"
    output(console, "svc start lab1")
    assert output(console, "in lab1 /cat /shared | wc") == "3 3 19\n"
    assert console.power_off(), f"the machine is still on{console.where()}"
    assert xv6_image.read_file(disk)["shared"] == b"first\nsecond\nthird\n"


def test_instance_on_a_disk_that_is_served(boot, disk, tmp_path):
    """By hand: the same server is used, if it is one of xv6's file systems on all of that disk."""
    other = tmp_path / "fat.img"
    image.run("mkfs.fat", "--invariant", "-C", str(other), "1024")
    console = boot(disks=[disk, other], memory="256M")
    output(console, "svc start mine object xv6fs.o args /dev/disk0; svc mount /xv6 mine")
    for name in ("lab1", "lab2"):
        output(console, f"svc start xv6 as {name} --root disk0 --memory 8M")
    assert [name for name in states(console) if "root" in name] == []
    output(console, "echo first | in lab1 /sh -c '/cat > /shared'; echo second >> /xv6/shared")
    assert output(console, "in lab2 /cat /shared") == "first\nsecond\n"
    output(console, "svc start files object fat.o args /dev/disk1")
    told = output(console, "svc start xv6 as lab3 --root disk1 --memory 8M", wanted=1)
    assert told.startswith("svc: disk1-root: /dev/disk1, or part of it, is in use by another file "
                           "system, `files`; stop that first: "), told
    assert "lab3" not in states(console)
    assert console.power_off(), f"the machine is still on{console.where()}"
    assert xv6_image.read_file(disk)["shared"] == b"first\nsecond\n"


def kib(console, service):
    """What its account has taken."""
    lines = output(console, "svc list").splitlines()
    return next(int(line.split()[3]) for line in lines if line.split()[0] == service)


def until(console, command, wanted):
    """Repeats a command until it ends with a status."""
    for _ in range(100):
        told, status = console.run(command)
        if status == wanted:
            return told
        console.run("sleep 0.2")
    raise AssertionError(f"{command} still ends with {status}: {told}{console.where()}")


@pytest.mark.parametrize("what", ["processes", "memory", "descriptors"])
def test_greedy_program_hurts_its_instance_only(start, what):
    console = start(memory="256M")
    for name in ("lab1", "lab2"):
        output(console, f"svc start {name} object xv6.o root /xv6 memory 8M")
    for end in ("kill %1; wait %1 || true", "svc restart lab1"):
        console.run(f"in lab1 /greedy {what} > /tmp/greedy &")
        until(console, "in lab1 /echo inside", wanted=126)
        for command in ("/echo inside", "/sh -c '/echo a | /cat'", "/forktest"):
            console.run(f"in lab1 {command} > /tmp/refused")
        assert kib(console, "lab1") <= 8 << 10
        assert output(console, "in lab2 /echo beside") == "beside\n"
        assert output(console, "in lab2 /cat /text | wc").split()[0] == str(len(TEXT.splitlines()))
        assert output(console, "in lab2 /forktest", timeout=300) == "forktest ok\n"
        check_fifo(console, "native")
        assert checked_sum(output(console, "sha256sum /xv6/data")) == \
            hashlib.sha256(DATA).hexdigest()
        assert status_of(console, "lab1")["restarts"] == "0" # what it has itself it has for good
        output(console, end)
        assert until(console, "in lab1 /echo back", wanted=0) == "back\n"
    assert states(console)["lab2"] == "running"


def run_wild(console, seed, rounds):
    """The rounds of `wild`; then ends what they have left. KiB of the personality and the files."""
    told = output(console, f"in lab /wild {seed} {rounds}", timeout=100 + 10 * rounds)
    assert sum(int(count) for count in re.findall(r"\d+", told)) == rounds, told
    for name in re.findall(r"(?m)^lab:\d+", output(console, "ps")):
        console.run(f"kill {name}") # it may have ended by itself
    end = time.monotonic() + PATIENCE
    while "lab:" in output(console, "ps"):
        assert time.monotonic() < end, f"they do not end{console.where()}"
    return kib(console, "lab"), kib(console, "xv6fs")


def be_wild(start, disk, smp, turns, rounds):
    """Calls with any arguments hurt nobody: who serves them goes on, and nothing is lost."""
    console = start(memory="256M", smp=smp)
    output(console, "svc start lab object xv6.o root /xv6 memory 16M")
    used = []
    for turn in range(turns):
        output(console, "seq 100000 | sha256sum > /tmp/sum &")
        used.append(run_wild(console, 1000 * turn + 1, rounds))
        numbers = "".join(f"{number}\n" for number in range(1, 100001)).encode()
        wait_output(console, "wc -l /tmp/sum", "1 /tmp/sum\n")
        assert checked_sum(output(console, "cat /tmp/sum")) == hashlib.sha256(numbers).hexdigest()
        assert output(console, "in lab /echo well") == "well\n"
    for service in ("lab", "xv6fs"):
        assert status_of(console, service)["restarts"] == "0"
    before, after = used[0], used[-1]
    assert after[0] <= before[0] + 64, f"{used}: KiB of the personality are left behind"
    assert after[1] <= FILE_SYSTEM_KIB, f"{used}: KiB of the file system are left behind"
    assert console.power_off(), f"the machine is still on{console.where()}"
    assert xv6_image.read_file(disk)["text"] == TEXT


@pytest.mark.parametrize("smp", [1, 4])
def test_random_calls(start, disk, smp):
    be_wild(start, disk, smp, 3, 4)


@pytest.mark.long
@pytest.mark.parametrize("smp", [1, 4])
def test_many_random_calls(start, disk, smp):
    be_wild(start, disk, smp, 20, 50)


def test_many_programs_leave_nothing(start):
    console = start()
    output(console, "svc start lab object xv6.o root /xv6 memory 8M")

    def work():
        output(console, "for i in 1 2 3 4 5 6 7 8; do in lab /echo $i > /tmp/out; done; "
                        "in lab /cat /text | in lab /wc > /tmp/out; in lab /forktest > /tmp/out",
               timeout=300)
    work()
    before = kib(console, "lab")
    for _ in range(3):
        work()
    after = kib(console, "lab")
    assert after <= before + 32, (before, after)
