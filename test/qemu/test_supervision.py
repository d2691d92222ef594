"""Servers that misbehave: the supervisor ends them and says why; everybody else works on.

The server is test/objects/unruly.o; its first argument says in which way it misbehaves.
"""

import re
import time

import pytest

from harness.console import PATIENCE, ConsoleTimeout
from services import (check_fifo, memory_used, state_of, states, status_of, wait_log,
                      wait_restarted, wait_state)

BACKTRACE = re.compile(r"^ +0x[0-9a-f]{16}  (\S+)", re.MULTILINE)
DRIVERS = {"riscv64": "ns16550", "aarch64": "pl011"}
STACK_POINTER = {"riscv64": r"\bsp  0x[0-9a-f]{16}", "aarch64": r"\bsp +0x[0-9a-f]{16}"}


def start(console, name, way, options=""):
    return console.run(f"svc start {name} object unruly.o {options} args {way}")


def crash_report(console, name):
    """The last one in `svc log NAME`."""
    output, status = console.run(f"svc log {name}")
    assert status == 0, output
    report = re.search(rf"^---- {name} \(\S+\) has crashed$.*?^----$", output,
                       re.MULTILINE | re.DOTALL)
    assert report, f"no crash report of {name} in {output!r}"
    return report.group()


# way, options, what `svc start` and the status give as reason, restarts
ENDS = [
    ("never-ready", "start-time 300ms attempts 2", r"did not become ready in its start time", 2),
    ("exit", "attempts 3", r"exited with code 3", 3),
    ("exit", "restart never", r"exited with code 3", 0),
    ("crash-at-once", "attempts 1", r"write fault at 0x0, pc 0x[0-9a-f]+", 1),
    ("crash-by-stack", "restart never",
     r"stack overflow, write fault at 0x[0-9a-f]+, pc 0x[0-9a-f]+", 0),
    ("refuse", "", r"it would rather not", 0),
    ("nonsense", "", r"`nonsense` is no way to misbehave", 0),
]


def test_servers_that_do_not_start(unruly, architecture):
    """Restarted by policy, then failed; the command, the status and the log say why."""
    console = unruly()
    problems = []
    for number, (way, options, reason, restarts) in enumerate(ENDS):
        output, status = start(console, f"bad{number}", way, options)
        told = status_of(console, f"bad{number}")
        good = status != 0 and re.fullmatch(rf"svc: bad{number}: {reason}\n", output) \
            and told["state"].startswith("failed") and re.fullmatch(reason, told["reason"]) \
            and told["restarts"] == str(restarts)
        if not good:
            problems.append(f"{way} {options}: {status}, {output!r}, {told}")
    assert not problems, "\n".join(problems)
    log, _ = console.run("dmesg")
    for number in range(len(ENDS)):
        assert re.search(rf"\bbad{number}\b", log), f"bad{number} is not in the log"
    assert states(console)["fifo"] == "running"
    check_fifo(console, "alive")


def test_starts_that_fail_lose_nothing(unruly, architecture):
    console = unruly()
    starts = "for i in 1 2 3 4 5; do svc start bad; done"
    start(console, "bad", "exit", "attempts 1")
    console.run(starts, timeout=120) # what lasts is made now
    before = memory_used(console)
    for _ in range(3):
        console.run(starts, timeout=120)
    lost = [now - then for then, now in zip(before, memory_used(console))]
    assert max(lost) <= 16, f"{lost} KiB (pages, kernel) lost by 15 failed starts of two runs each"


@pytest.mark.quick
def test_crash_report(unruly, architecture):
    """Repeated crashes make it fail; the report has reason, registers, names and log lines."""
    console = unruly()
    start(console, "bad", "crash", "attempts 2")
    wait_state(console, "bad", "failed")
    told = status_of(console, "bad")
    assert told["restarts"] == "2"
    assert re.fullmatch(r"write fault at 0x0, pc 0x[0-9a-f]+", told["reason"]), told
    report = crash_report(console, "bad")
    assert re.search(r"^  reason: +write fault at 0x0, pc 0x", report, re.MULTILINE), report
    assert re.search(r"^  registers: pc 0x[0-9a-f]{16}", report, re.MULTILINE), report
    assert re.search(STACK_POINTER[architecture], report), report
    names = [name.partition("+")[0] for name in BACKTRACE.findall(report)]
    assert names[:3] == ["unruly_innermost", "unruly_middle", "unruly_outermost"], report
    assert re.search(r"^\[ *\d+\.\d+\] bad: about to crash$", report, re.MULTILINE), report
    assert "the service has failed" in report
    assert console.run("svc start bad")[1] == 0, "`start` has to try again"
    wait_state(console, "bad", "failed")
    check_fifo(console, "alive")


def test_restart_begins_the_count_anew(unruly):
    """Crashes soon after a restart that somebody asked for are no row with those before it."""
    console = unruly()
    assert console.run("svc start fragile object fifo.o attempts 1")[1] == 0
    for times in range(1, 4):
        console.run("svc kill fragile --fault null")
        wait_restarted(console, "fragile", times)
        assert console.run("svc restart fragile")[1] == 0
    console.run("svc kill fragile --fault null")
    wait_restarted(console, "fragile", 4)
    console.run("svc kill fragile --fault null")
    wait_state(console, "fragile", "failed")


def test_placement_differs_from_run_to_run(unruly, architecture):
    console = unruly()
    places = []
    for _ in range(2):
        start(console, "bad", "crash-at-once", "restart never")
        places.append(status_of(console, "bad")["reason"])
    assert places[0] != places[1]


FAULTS = {
    "null": r"write fault at 0x0, pc 0x[0-9a-f]+",
    "illegal": r"illegal instruction at 0x[0-9a-f]+, pc 0x[0-9a-f]+",
    "exit": r"exited with code 1",
    "loop": r"no heartbeat",
}


def test_worker_that_loops(unruly, architecture):
    """Its server ends with the reason, and is started again; a poisonous call does not go on."""
    console = unruly()
    assert console.run("svc start bad object unruly.o args worker-loops")[1] == 0
    console.run("cat /dev/bad &")
    wait_restarted(console, "bad", seconds=60)
    assert re.search(r"bad: worker \d hangs", console.run("svc log bad")[0])
    console.run("kill $!; svc stop bad --force; wait")
    check_fifo(console, "alive")


def test_faults_on_demand(boot, architecture):
    """Each fault has its reason in the report, and the function where it happened."""
    console = boot()
    for fault, reason in FAULTS.items():
        assert console.run(f"svc kill fifo --fault {fault}")[1] == 0
        end = time.monotonic() + PATIENCE
        while True:
            output, _ = console.run("svc log fifo")
            if re.search(rf"^  reason: +{reason}$", output, re.MULTILINE):
                break
            assert time.monotonic() < end, f"{fault}: {output}"
        wait_state(console, "fifo", "running")
        report = crash_report(console, "fifo")
        assert "restart " in report, report
        names = [name.partition("+")[0] for name in BACKTRACE.findall(report)]
        if fault != "exit":
            assert {"fail_on_purpose", "server_event"} & set(names), report
            assert names[-1] == "task_enter", f"libsys is not named: {report}"
        check_fifo(console, fault)
    assert status_of(console, "fifo")["restarts"] == "4"
    output, status = console.run("svc kill fifo --fault boredom")
    assert status != 0 and "null|illegal|loop|exit" in output


@pytest.mark.parametrize("smp", [1, 2, 4])
def test_deaf_servers(unruly, architecture, smp):
    """One loops, one floods the log and the supervisor; both miss their heartbeats."""
    console = unruly(smp=smp)
    start(console, "babbler", "babble", "attempts 0")
    start(console, "looper", "deaf", "attempts 0")
    if smp > 1: # with CPUs to spare nobody notices
        check_fifo(console, "meanwhile")
    for name, function in (("babbler", "life_babbles"), ("looper", "life_is_deaf")):
        wait_state(console, name, "failed")
        assert status_of(console, name)["reason"] == "no heartbeat"
        report = crash_report(console, name) # wherever it ran
        assert re.search(STACK_POINTER[architecture], report), report
        assert function in [text.partition("+")[0] for text in BACKTRACE.findall(report)], report
    files = console.run("ls /dev")[0].split()
    assert "not-its-name" not in files and len(files) < 20, files
    check_fifo(console, "afterwards")


COUNTED = ["-icount", "shift=2,sleep=off"] # an instruction takes 4 ns, on any host


@pytest.mark.early
def test_looping_driver_leaves_time(unruly, architecture):
    """More urgent than terminal, shell and init's services; programs still start and end."""
    console = unruly(extra=COUNTED)
    output, status = console.run("svc start looper object unruly.o priority 22 attempts 0 "
                                 "args deaf; seq 1; ls /boot > /dev/null; svc list", timeout=120)
    assert status == 0 and output.startswith("1\n"), output
    assert re.search(r"^looper +running", output, re.MULTILINE), \
        f"it was ended before two programs could run: {output}"
    wait_state(console, "looper", "failed")
    assert not [notice for notice in console.notices if not notice.startswith("looper ")], \
        f"others were taken to hang too: {console.notices}"


def test_starved_servers_are_not_deaf(unruly, architecture):
    """Without a limit the looper has the CPU to itself; those that it keeps waiting live on."""
    console = unruly()
    console.run("svc start looper object unruly.o priority 22 cpu all attempts 0 args deaf")
    wait_state(console, "looper", "failed")
    assert len(console.notices) == 1 and console.notices[0].startswith("looper crashed"), \
        console.notices
    restarts = {name: status_of(console, name)["restarts"] for name in states(console)}
    assert set(restarts.values()) == {"0"}, restarts


def wait_notices(console, count):
    end = time.monotonic() + PATIENCE
    while len(console.notices) < count:
        assert time.monotonic() < end, f"only {console.notices}{console.where()}"
        console.read(1)


def test_notices(unruly, architecture):
    """People are told of a crash and of what follows, in the middle of what they type."""
    console = unruly()
    console.run("{ sleep 1; svc kill fifo --fault null; } &")
    console.send("echo be")
    wait_notices(console, 2)
    crashed, again = console.notices
    assert re.fullmatch(r"fifo crashed \(write to address 0x0 in \w+\+0x[0-9a-f]+\); "
                        r"restarting \(1 of 5\)", crashed), crashed
    assert again == "fifo runs again"
    console.send("fore\n")
    console.expect(r"sinter# echo before\nbefore\n")
    assert b"\r\x1b[Kinit: fifo crashed" in console.log_path.read_bytes()
    console.notices.clear()
    start(console, "bad", "crash", "attempts 1")
    wait_state(console, "bad", "failed")
    wait_notices(console, 2) # that it runs again is not said when that is over already
    ends = [notice for notice in console.notices if notice != "bad runs again"]
    assert len(ends) == 2 and ends[0].endswith("; restarting (1 of 1)") and \
        ends[1].endswith("; it has failed; `svc log bad` says more"), console.notices


@pytest.mark.early
def test_notice_amid_long_output(unruly, architecture):
    """It does not wait until the program that writes has ended."""
    console = unruly()
    console.run("svc kill fifo --fault null & seq 1 12000", timeout=120)
    wait_notices(console, 2)
    written = console.log_path.read_bytes()
    assert written.index(b"init: fifo crashed") < written.rindex(b"12000"), "it came at the end"


@pytest.mark.quick
def test_full_accounts(unruly, architecture):
    """Exhaustion is an error to who asked, and to nobody else."""
    console = unruly()
    for way in ("pages", "kernel", "touch"):
        assert start(console, f"h-{way}", f"hoard-{way}", "memory 512K attempts 0")[1] == 0
    logs = {way: console.run(f"svc log h-{way}")[0] for way in ("pages", "kernel")}
    assert re.search(r"hoarded [1-9]\d* pieces, then: the account has no pages left", logs["pages"])
    assert re.search(r"hoarded [1-9]\d+ events, then: the account has no kernel memory left",
                     logs["kernel"])
    wait_state(console, "h-touch", "failed")
    told = status_of(console, "h-touch")
    assert told["reason"].startswith("write fault at "), told
    assert "hoard_by_touch" in crash_report(console, "h-touch")
    assert (state_of(console, "h-pages"), state_of(console, "h-kernel")) == ("running", "running")
    assert int(status_of(console, "h-pages")["memory"].split()[0]) <= 512
    check_fifo(console, "meanwhile")
    for way in ("pages", "kernel"):
        assert console.run(f"svc stop h-{way}")[1] == 0
    check_fifo(console, "afterwards")


MORE_NAMES = 64 - 1 # under /dev, of one service, beside that of the service itself


def test_names_are_shared(unruly, architecture):
    """However many names some servers want, a service that has none gets one."""
    console = unruly()
    log = ""
    for i in range(1, 6):
        assert start(console, f"hoard{i}", f"hoard-names {i}")[1] == 0
        log = console.run(f"svc log hoard{i}")[0]
        count = int(re.search(r"hoarded (\d+) names, then: no room left", log)[1])
        assert count == MORE_NAMES if i == 1 else 0 <= count <= MORE_NAMES
    assert count < MORE_NAMES, "there is room for all of them"
    said = re.findall(r"/dev/\w+ and more are refused to (\w+): a service has at most 64 names",
                      console.run("dmesg")[0])
    assert said == [f"hoard{i}" for i in range(1, 6)]
    assert len([name for name in console.run("ls /dev")[0].split() if name.startswith("unruly1")]) \
        >= MORE_NAMES
    assert console.run("svc start late object fifo.o") == ("", 0)
    assert "late" in console.run("ls /dev")[0].split()
    command = "svc stop hoard1; svc start hoard6 object unruly.o args hoard-names 6"
    assert console.run(command)[1] == 0
    assert f"hoarded {MORE_NAMES} names" in console.run("svc log hoard6")[0]
    check_fifo(console, "alive")


def test_hoards_are_given_back(unruly, architecture):
    console = unruly()
    before = memory_used(console)
    for way in ("pages", "kernel"):
        for _ in range(3):
            assert start(console, "bad", f"hoard-{way}", "memory 1M")[1] == 0
            assert console.run("svc kill bad")[1] == 0
            wait_state(console, "bad", "running")
            assert console.run("svc stop bad")[1] == 0
    lost = [now - then for then, now in zip(before, memory_used(console))]
    assert max(lost) <= 64, f"{lost} KiB (pages, kernel) lost by 12 servers with full accounts"


def test_servers_that_break_the_protocol(unruly, architecture):
    """A client gets an error, not a fault, and nothing that it did not ask for."""
    console = unruly()
    for name, way in (("lie", "lie"), ("hands", "give-handles"), ("flood", "flood")):
        assert start(console, name, way)[1] == 0
    for command in ("cat /dev/lie", "echo text > /dev/lie", "cat /dev/hands"):
        output, status = console.run(command)
        assert status == 1 and output.strip(), f"{command}: {status} {output!r}"
    assert console.run("head -c 100000 /dev/flood | wc -c") == ("100000\n", 0)
    assert [states(console)[name] for name in ("lie", "hands", "flood")] == ["running"] * 3
    check_fifo(console, "alive")


@pytest.mark.parametrize("smp", [1, 2])
def test_flooded_client(unruly, architecture, smp):
    """A server that always has more for its client takes no more than that client's share."""
    console = unruly(smp=smp)
    assert start(console, "flood", "flood")[1] == 0
    console.run("cat /dev/flood > /dev/null &")
    check_fifo(console, "meanwhile")
    assert console.run("svc stop flood --force")[1] == 0
    check_fifo(console, "afterwards")


def start_blocked_reader(console, file):
    """In the background; its words go to the fifo's neighbour, the terminal."""
    console.run(f"{{ cat {file}; echo reader en\"\"ded $?; }} &")
    wait_log(console, "mute", "took a read")


@pytest.mark.parametrize("command", ["svc stop mute --force", "svc kill mute", "svc restart mute"])
def test_reader_of_a_server_that_ends(unruly, architecture, command):
    """The read ends with an error, not with a hang."""
    console = unruly()
    assert start(console, "mute", "never-answer", "stop-time 500ms")[1] == 0
    start_blocked_reader(console, "/dev/mute")
    console.send(f"{command}\n")
    match = console.expect(r"cat: /dev/mute: [^\n]+\n.*?reader ended (?P<status>\d+)")
    assert match["status"] == "1", match.group()


@pytest.mark.parametrize("fault", ["null", "illegal", "exit"])
def test_terminal_survives_its_servers(boot, architecture, fault):
    """Driver and console crash in turn; what is typed afterwards runs, in the same shell."""
    console = boot()
    console.run("kept=yes")
    for server in (DRIVERS[architecture], "console"):
        console.send(f"svc kill {server} --fault {fault}\n")
        retype_until_answered(console, server)
        console.wait_prompt()
        assert console.run("echo $kept") == ("yes\n", 0), "it is another shell"
        wait_state(console, server, "running")
        assert status_of(console, server)["restarts"] == "1"
    check_fifo(console, "alive")


def retype_until_answered(console, server):
    """What is typed while the driver is away may be lost."""
    for _ in range(PATIENCE):
        console.send('echo aw""ake\n')
        try:
            console.expect(r"awake\n", timeout=1)
            return
        except ConsoleTimeout:
            continue
    pytest.fail(f"no prompt after the crash of {server}{console.where()}")
