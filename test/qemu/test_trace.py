"""What programs show of the running system: `top`, `svc graph`, `trace`."""

import json
import re

import pytest

from services import wait_state

CONTROL_C = "\x03"
TASK = re.compile(r"^ *(-|\d+) +(\d+)\.\d +\d+\.\d{3} +\d+ +\w+ +(\S+)$", re.MULTILINE)


@pytest.mark.parametrize("smp", [1, 4])
def test_top_without_terminal(boot, architecture, smp):
    """One list, or as many as asked for; who computes comes first."""
    console = boot(smp=smp)
    output, status = console.run("top | cat")
    rows = TASK.findall(output)
    assert status == 0 and output.count("PID") == 1, output
    assert {"init", "loader", "console", "shell", "top"} <= {name for _, _, name in rows}
    assert f"{smp} CPU" in output
    console.run("while true; do true; done > /dev/null & sleep 1")
    output, status = console.run("top -n 2 -d 1 | cat; kill %1")
    assert output.count("PID") == 2, output
    shares = [int(share) for _, share, _ in TASK.findall(output)]
    assert max(shares) > 10, f"something computes all the time:\n{output}"


def test_top_shares(boot, architecture, variant):
    """The time that a task has had between two lists is its share of the time between them."""
    add = {"unruly.o": variant.folder / "test/objects/unruly.o"}
    console = boot(smp=2, add=add)
    console.run("svc start unruly object unruly.o start-time 60s cpu 50% args compute &")
    wait_state(console, "unruly", "starting")
    output, _ = console.run("top -n 3 -d 4 | cat")
    told = re.findall(r"(?s)^up (\d+) s,.*?^ *- +(\d+\.\d) +(\d+\.\d+) +\d+ +\w+ +unruly$", output,
                      re.MULTILINE)
    lists = [tuple(float(number) for number in numbers) for numbers in told]
    assert len(lists) == 3, output
    for (began, _, had), (ended, share, has) in zip(lists, lists[1:]):
        assert 4 <= ended - began + 1, output
        assert abs((has - had) / (share / 100) - (ended - began)) < 1.2, output # whole seconds


def test_top_on_terminal(boot, architecture):
    """q and ^C end it, and the shell's line works as before."""
    console = boot()
    for key in ("q", CONTROL_C):
        console.send("top\n")
        console.expect(r" shell\r?\n")
        console.send(key)
        console.wait_prompt(30)
        assert console.run("echo alive") == ("alive\n", 0)
    assert console.run("top -x")[1] == 2


def test_graph(boot, architecture):
    """Edges are there while somebody has the server's endpoint, and gone afterwards. The protocols
    stand in the order in which the compiler put the server's note."""
    console = boot()
    edge = r"(?m)^sleep:\d+ +fifo +1 +(file pipe|pipe file)$"
    console.run("sleep 600 < /dev/fifo &")
    output, status = console.run("svc graph")
    assert status == 0 and re.search(edge, output), output
    assert re.search(r"(?m)^shell:1 +console +\d+ +(file terminal|terminal file)$", output), output
    console.run("kill %1")
    assert not re.search(edge, console.run("svc graph")[0])
    output, status = console.run("svc graph --dot")
    assert status == 0 and re.fullmatch(r"(?s)digraph sinter {\n.*}\n", output), output
    nodes = set(re.findall(r'(?m)^  "([^"]+)" \[shape=', output))
    edges = re.findall(r'(?m)^  "([^"]+)" -> "([^"]+)" \[label="[^"]+"\];$', output)
    assert ("console", "names") in edges and {name for edge in edges for name in edge} <= nodes
    assert re.search(r'(?m)^  "spare" \[shape=component, style=dashed\];$', output), output
    assert console.run("svc graph --picture")[1] == 2


CALL = re.compile(r"^\[ *\d+\.\d{6}\] cpu\d (\S+) +-> (\S+) +([\w.]+)\((.*)\)$", re.MULTILINE)
ANSWER = re.compile(r"^\[ *\d+\.\d{6}\] cpu\d (\S+) +=> (\S+) +([\w.]+) = (\w+)(.*) \(\d+ us\)$",
                    re.MULTILINE)


@pytest.mark.quick
@pytest.mark.parametrize("smp", [1, 4])
def test_trace(boot, architecture, smp):
    """Calls and answers by name and with their words; who ends; nothing of the tracer itself."""
    console = boot(smp=smp)
    output, status = console.run("trace head -n 1 /boot/init.rc")
    calls, answers = CALL.findall(output), ANSWER.findall(output)
    assert status == 0 and output.startswith("# The"), output
    reads = [words for *call, words in calls if call == ["head", "bootfs", "file.read"]]
    assert re.fullmatch(r"offset=0 flags=0x[0-9a-f]+0200 lent\(1\)", reads[0]), output
    opened = [words for *call, words in calls if call == ["head", "names", "file.open"]]
    assert any(words.endswith(' path="boot/init.rc"') for words in opened), output
    assert ("names", "head", "file.open", "OK") in [answer[:4] for answer in answers], output
    assert [answer[4] for answer in answers if answer[2:4] == ("file.read", "OK")], output
    assert re.search(r"(?m) init +-> loader +loader\.load\(", output), output
    assert re.search(r"(?m) \+\+ task head$", output), output
    assert re.search(r"(?m) head +-- thread \d+ ends$", output), output
    assert not re.search(r"(?m)cpu\d trace ", output) and "lost" not in output, output
    assert len([call for call in calls if call[0] == "head"]) == \
        len([answer for answer in answers if answer[1] == "head"]) > 3, output


def test_trace_filters(boot, architecture, scratch):
    """By service and by kind; a fault with its place; the status of the command."""
    console = boot(disks=[scratch()])
    output, _ = console.run("trace -s tmpfs cp /boot/init.rc /tmp/copy")
    lines = [line for line in output.splitlines() if line]
    assert len(CALL.findall(output)) > 2 and all(" tmpfs " in line for line in lines), output
    assert console.run("trace -k fault -k task true; echo $?")[0].count(" -> ") == 0
    output, _ = console.run("trace -k fault svc kill fifo --fault null; svc wait")
    assert re.search(r"(?m)cpu0 fifo +!! fault: \w+ at 0, pc 0x[0-9a-f]+$", output), output
    output, _ = console.run("trace -k switch -t 1")
    assert " .. idle\n" in output and " .. runs thread " in output, output
    output, _ = console.run("trace -k interrupt head -c 1 /dev/disk0")
    assert " ** interrupt line " in output, output
    output, _ = console.run("trace -k call echo hi")
    assert ("echo", "console") in [call[:2] for call in CALL.findall(output)], output
    assert " ++ " not in output, output
    output, _ = console.run("trace -s fifo svc restart fifo; svc wait")
    assert re.search(r"(?m) \+\+ task fifo$", output), output
    assert console.run("trace false")[1] == 1
    assert console.run("trace nosuch")[1] == 1
    for line in ("trace", "trace -k nonsense true", "trace -t 1 true"):
        assert console.run(line)[1] == 2, line
    output, _ = console.run("trace sleep 600 > /dev/null & sleep 1; trace true; kill %1")
    assert "another trace is running" in output, output
    assert console.run("trace true")[1] == 0, "a trace that is killed ends"


def check_pairs(events):
    """Every piece that begins on a track ends there, in order; asynchronous ones by their id."""
    stacks, pieces = {}, {}
    for event in sorted(events, key=lambda event: event["ts"]):
        place = event["pid"], event["tid"]
        if event["ph"] == "B":
            stacks.setdefault(place, []).append(event)
        elif event["ph"] == "E":
            assert stacks.get(place), f"nothing has begun: {event}"
            stacks[place].pop()
        elif event["ph"] in "be":
            piece = event["id"], event["name"], *place
            pieces[piece] = pieces.get(piece, 0) + (1 if event["ph"] == "b" else -1)
            assert pieces[piece] in (0, 1), event
    assert not any(stacks.values()) and not any(pieces.values()), (stacks, pieces)


@pytest.mark.parametrize("smp", [1, 4])
def test_chrome(boot, architecture, smp, tmp_path):
    """JSON that the host reads, through the shared folder."""
    console = boot(smp=smp, share=tmp_path)
    output, status = console.run("trace --chrome -o /host/trace.json ls /boot | wc -l; svc wait")
    assert status == 0, output
    trace = json.loads((tmp_path / "trace.json").read_text(encoding="ascii"))
    events = trace["traceEvents"]
    assert trace["otherData"] == {"lost_records": 0}
    check_pairs(events)
    names = {event["pid"]: event["args"]["name"] for event in events
             if event["ph"] == "M" and event["name"] == "process_name"}
    begun = [event for event in events if event["ph"] == "B" and event.get("cat") == "call"]
    assert {names[event["pid"]] for event in begun} >= {"ls", "init"}, names
    assert any(event["name"] == "file.list" and event["args"]["to"] == "bootfs" for event in begun)
    cpus = {event["tid"] for event in events if event["ph"] == "B" and "cat" not in event}
    assert 1 <= len(cpus) <= smp
    assert any(event["ph"] == "b" and names[event["pid"]] == "bootfs" for event in events)
