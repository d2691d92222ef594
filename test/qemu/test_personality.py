"""What stands around personalities: starting, finding, waiting for and ending their programs.

echo_personality (test/objects) is one whose programs are files of two lines; a guest runs the code
that it makes of them.
"""

import re
import time

import pytest

from services import (memory_used, state_of, status_of, wait_no_program, wait_program,
                      wait_restarted)

CANNOT_RUN = 126
UNKNOWN = 127
KILLED = 137
TERMINATED = 143
CRASHED = 139
START = "svc start echo_personality as echo"
NOT_OWN = "refused: not an object of Sinter"


def program(line):
    return f"#echo-personality\n{line}\n".encode()


FILES = {"seven": program("exit 7"), "hello": program("print hello world"),
         "arguments": program("arguments"), "spin": program("spin"), "sleep": program("sleep"),
         "fault": program("fault"), "crash": program("crash"),
         "float": program("float"),
         "odd": program("dance"), "nonsense": b"nonsense\n",
         "script": b"#! /host/arguments  one word \n", "script2": b"#!/host/script\n",
         "loop": b"#!/host/loop\n", "lost": b"#!/host/none\n", "empty": b"#!\n",
         "false": program("native false"), "say": program("native echo one two"),
         "wait": program("native sleep 1000"), "native": b"#!shell\necho native \"$@\"\nexit 4\n"}


@pytest.fixture
def start(boot, variant, tmp_path):
    """Boots with echo_personality.o in the boot set and its programs as /host."""
    folder = tmp_path / "share"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (tmp_path / "in.rc").write_bytes(program("exit 9"))

    def run(**machine):
        add = {"echo_personality.o": variant.folder / "test/objects/echo_personality.o",
               "nine": tmp_path / "in.rc"}
        return boot(share=folder, add=add, **machine)
    return run


def refused(console, command, why, status=CANNOT_RUN):
    output, code = console.run(command)
    assert code == status and why in output, output


def inside(console):
    """INSTANCE:PID -> name, as ps tells of personalities."""
    output, status = console.run("ps")
    assert status == 0, output
    rows = [line.split() for line in output.splitlines()]
    return {row[0]: row[-1] for row in rows if ":" in row[0]}


def wait_inside(console, wanted, seconds=60):
    """Until these names run inside personalities; the pids."""
    end = time.monotonic() + seconds
    while sorted((found := inside(console)).values()) != sorted(wanted):
        assert time.monotonic() < end, f"{found} run, not {wanted}{console.where()}"
    return sorted(found)


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_runs(start, smp):
    """By path, in pipes, from the boot set, as interpreter; exit status, faults."""
    console = start(smp=smp)
    refused(console, "/host/seven", f"/host/seven: {NOT_OWN}, and no personality runs")
    assert console.run(START) == ("", 0)
    assert console.run("/host/seven") == ("", 7)
    assert console.run("nine") == ("", 9)
    assert console.run("/host/hello | wc") == ("1 2 12\n", 0)
    assert console.run("echo in | /host/hello > /tmp/out; cat /tmp/out") == ("hello world\n", 0)
    assert console.run("/host/fault") == ("", CRASHED)
    told = "/tmp\n/host/arguments\na\nb c\n"
    assert console.run("cd /tmp; X=1 /host/arguments a 'b c' | head -n 4; cd /") == (told, 0)
    told = "/\n/host/arguments\none word\n/host/script\n"
    assert console.run("/host/script x | head -n 4") == (told, 0)
    assert console.run("/host/script2 x | head -n 6")[0] == told + "/host/script2\nx\n"
    assert console.run("/host/native a b") == ("native a b\n", 4)
    assert inside(console) == {}


def test_refusals(start):
    console = start()
    assert console.run(START)[1] == 0
    refused(console, "/host/nonsense", f"/host/nonsense: {NOT_OWN}; echo: its first line is not")
    assert console.run("svc start echo_personality as second")[1] == 0
    refused(console, "/host/nonsense", "; echo: its first line is not `#echo-personality`; second:")
    refused(console, "/host/odd", "; echo: its second line asks for nothing")
    refused(console, "/host/loop", "/host/loop: refused: more than 4 scripts run each other")
    refused(console, "/host/lost", "/host/lost: refused: its first line asks for /host/none: no")
    refused(console, "/host/empty", "/host/empty: refused: its first line names no program")
    refused(console, "in third seven", "no personality of that name runs", UNKNOWN)
    refused(console, "in echo none", "in: echo: none: no such name", UNKNOWN)
    refused(console, "kill echo:99", "`echo:99` is no job", 1)
    for _ in range(2): # what is refused stays open nowhere
        console.run("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do /host/odd; done 2> /dev/null")
    assert console.run("/host/seven") == ("", 7)
    assert console.run("svc stop echo; svc stop second") == ("", 0)
    refused(console, "/host/seven", "and no personality runs")


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_killing(start, smp):
    """Jobs, ^C, `kill INSTANCE:PID`; what was started ends with who started it, or does not."""
    console = start(smp=smp)
    assert console.run(START)[1] == 0
    for name in ("spin", "sleep"):
        assert console.run(f"/host/{name} &")[1] == 0
        pid = wait_inside(console, [name])[0]
        assert console.run("echo $!") == (f"{pid}\n", 0)
        assert pid in console.run("jobs")[0]
        assert console.run("kill $!; wait $!") == ("", TERMINATED)
        wait_inside(console, [])
        console.send(f"/host/hello; /host/{name}\n")
        console.expect(r"^hello world\n")
        console.send("\x03") # while it is being started, or later
        console.wait_prompt()
        console.send("echo is $?\n")
        console.expect(r"^is 130\n")
        console.wait_prompt()
        wait_inside(console, [])
    console.run("in echo host/sleep &")
    pid = wait_inside(console, ["sleep"])[0]
    assert console.run(f"kill {pid}; wait $!") == ("", TERMINATED)
    console.run("in echo host/sleep &")
    wait_inside(console, ["sleep"])
    assert console.run("kill $!; wait $!") == ("", TERMINATED)
    wait_inside(console, [])
    # A shell that is killed takes along what it has started; one that ends does not.
    console.run("shell -c '/host/sleep; echo no' &")
    wait_inside(console, ["sleep"])
    assert console.run("kill $!; wait $!") == ("", TERMINATED)
    wait_inside(console, [])
    console.run("shell -c '/host/sleep &'")
    pid = wait_inside(console, ["sleep"])[0]
    assert console.run(f"kill {pid}")[1] == 0
    wait_inside(console, [])


@pytest.mark.parametrize("smp", [1, 4])
def test_crashes(start, smp):
    """Its programs end with it, whoever waits is told, and the next instance serves."""
    console = start(smp=smp)
    assert console.run(START)[1] == 0
    told = ": has ended with its personality\n"
    output, status = console.run("/host/crash")
    assert status == KILLED and output.startswith("shell: echo:1") and told in output, output
    wait_restarted(console, "echo")
    output, status = console.run("in echo host/crash")
    assert status == KILLED and output.startswith("in: echo:1") and told in output, output
    wait_restarted(console, "echo", 2)
    for i, how in enumerate(("--fault null", "--fault loop", "")):
        console.run("/host/spin & spin=$!; /host/sleep | cat & sleep=$!")
        wait_inside(console, ["spin", "sleep"])
        assert console.run(f"svc kill echo {how}; wait $spin") == ("", KILLED)
        assert console.run("wait $sleep")[1] in (0, UNKNOWN) # the shell may have told of it before
        wait_restarted(console, "echo", i + 3)
        assert inside(console) == {}
        assert console.run("/host/seven") == ("", 7)
    assert console.run("/host/sleep &")[1] == 0
    wait_inside(console, ["sleep"])
    assert console.run("svc restart echo; wait $!") == ("", KILLED)
    assert console.run("/host/hello") == ("hello world\n", 0)


def test_crash_by_floating_point(start):
    """Where there is none: log and report name the cause, and where it was."""
    cause = "floating-point instruction in a server that may use none"
    console = start()
    assert console.run(START)[1] == 0
    assert console.run("/host/float")[1] == KILLED
    wait_restarted(console, "echo")
    report, status = console.run("svc crashes echo")
    assert status == 0 and f"reason:    {cause} at 0x" in report, report
    assert re.search(r"backtrace:\n *0x[0-9a-f]+ +use_float\+", report), report
    assert cause in console.run("svc log echo")[0]
    assert console.run("/host/hello") == ("hello world\n", 0)


def test_stopping_and_replacing(start):
    console = start()
    assert console.run(START)[1] == 0
    assert console.run("/host/sleep &")[1] == 0
    wait_inside(console, ["sleep"])
    refused(console, "svc stop echo", "echo: in use by shell (pid 1); stop them first", 3)
    refused(console, "svc replace echo with fifo.o",
            "echo is a personality, whose programs cannot be handed over to another object", 1)
    assert wait_inside(console, ["sleep"])
    assert console.run("svc stop echo --force; wait $!") == ("", KILLED)
    assert state_of(console, "echo") == "stopped"
    assert console.run(START)[1] == 0
    replaced = "/host/seven; svc stop echo; svc replace echo with echo_personality.o"
    assert console.run(replaced)[1] == 0
    assert console.run("/host/seven") == ("", 7)


@pytest.mark.quick(smp=4)
@pytest.mark.parametrize("smp", [1, 4])
def test_starts_native_programs(start, smp):
    """`allow spawn`; they end with who started them, and with the personality."""
    console = start(smp=smp)
    assert console.run(START)[1] == 0
    assert console.run("/host/say") == ("", CANNOT_RUN)
    assert console.run(f"svc restart echo; svc stop echo; {START} allow spawn")[1] == 0
    assert console.run("/host/say | wc; /host/false") == ("1 2 8\n", 1)
    for end in ("kill $!; wait $!", "svc kill echo --fault null; wait $!", "svc restart echo",
                "svc stop echo --force"):
        assert console.run("/host/wait &")[1] == 0
        wait_program(console, "sleep")
        console.run(end)
        wait_no_program(console, "sleep")


@pytest.mark.parametrize("smp", [1, 4])
def test_killing_while_it_becomes_another(start, smp):
    """However far an exec of a native program has come, that ends too."""
    console = start(smp=smp)
    assert console.run(f"{START} allow spawn")[1] == 0
    told, status = console.run(
        "i=0; while [ $i -lt 60 ]; do /host/wait & j=0; while [ $j -lt $((i * 4)) ]; do "
        "j=$((j + 1)); done; kill $!; wait $!; i=$((i + 1)); done", timeout=100)
    assert status == 0, told
    wait_no_program(console, "sleep")
    wait_inside(console, [])
    assert console.run("/host/say") == ("one two\n", 0)


def test_on_demand(start):
    """The first program of another kind starts it."""
    console = start()
    assert console.run(START + " demand")[1] == 0
    assert state_of(console, "echo") == "idle"
    assert console.run("/host/seven") == ("", 7)
    assert state_of(console, "echo") == "running"


@pytest.mark.quick
def test_own_root(start):
    """An instance with a root of its own sees that and nothing else."""
    console = start()
    assert console.run("svc start tmpfs as files args 1M; svc mount /lab1 files")[1] == 0
    assert console.run("cp /host/hello /lab1")[1] == 0
    lab = "svc start echo_personality as lab1 --root /lab1 --memory 4M"
    assert console.run(lab) == ("", 0)
    assert console.run("in lab1 hello; in lab1 /hello | wc") == ("hello world\n1 2 12\n", 0)
    refused(console, "in lab1 /host/hello", "no such name", UNKNOWN)
    refused(console, "in lab1 lab1/hello", "no such name", UNKNOWN)
    refused(console, "/lab1/hello", "; lab1: has a root of its own")
    assert console.run(START)[1] == 0 # it comes first, although it was started later
    refused(console, "/host/nonsense", "`; lab1: has a root of its own")
    assert console.run("/lab1/hello") == ("hello world\n", 0)
    refused(console, "svc stop files", "lab1 (service)", 3)
    assert console.run("svc kill lab1 --fault null")[1] == 0
    wait_restarted(console, "lab1")
    assert console.run("in lab1 hello") == ("hello world\n", 0)
    assert console.run("svc kill files --fault null")[1] == 0
    assert console.run("in lab1 hello") == ("hello world\n", 0)


def test_root_errors(start):
    console = start()
    refused(console, "svc start echo_personality as lab1 --root /lab1",
            "lab1: its root: nothing is mounted at /lab1; `mount /lab1 SERVICE` before it", 1)
    assert state_of(console, "lab1") == "failed"
    assert console.run("svc service files tmpfs.o; svc mount /lab1 files")[1] == 0
    refused(console, "svc start lab1", "files, which is mounted at /lab1, does not run", 1)
    assert console.run("svc start files; svc start lab1") == ("", 0)
    refused(console, "svc start fifo as other root /lab1", "which is for personalities", 1)
    refused(console, "svc start echo_personality as third root /lab1 allow spawn",
            "`root` and `allow spawn` exclude one another", 1)
    refused(console, "svc start echo_personality as fourth --root disk7",
            "this was: start disk7-root object xv6fs.o args /dev/disk7", 1)


def test_many_leave_nothing(start):
    console = start()
    assert console.run(START)[1] == 0
    loop = "for i in $(seq 40); do /host/hello; in echo host/seven; /host/odd; done > /dev/null " \
           "2> /dev/null"
    console.run(loop)
    before = memory_used(console)[0]
    console.run(loop, timeout=120)
    assert memory_used(console)[0] <= before + 64
    assert status_of(console, "echo")["restarts"] == "0"
