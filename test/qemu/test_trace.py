"""What programs show of the running system: `top`, `svc graph`."""

import re

import pytest

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


def test_top_on_terminal(boot, architecture):
    """q and ^C end it, and the shell's line works as before."""
    console = boot()
    for key in ("q", CONTROL_C):
        console.send("top\n")
        console.expect(r" shell\r?\n", 30)
        console.send(key)
        console.wait_prompt(30)
        assert console.run("echo alive") == ("alive\n", 0)
    assert console.run("top -x")[1] == 2


def test_graph(boot, architecture):
    """Edges are there while somebody has the server's endpoint, and gone afterwards."""
    console = boot()
    edge = r"(?m)^sleep:\d+ +fifo +1 +file pipe$"
    console.run("sleep 600 < /dev/fifo &")
    output, status = console.run("svc graph")
    assert status == 0 and re.search(edge, output), output
    assert re.search(r"(?m)^shell:1 +console +\d+ +file terminal$", output), output
    console.run("kill %1")
    assert not re.search(edge, console.run("svc graph")[0])
    output, status = console.run("svc graph --dot")
    assert status == 0 and output.startswith("digraph sinter {\n") and output.endswith("}\n"), output
    nodes = set(re.findall(r'(?m)^  "([^"]+)" \[shape=', output))
    edges = re.findall(r'(?m)^  "([^"]+)" -> "([^"]+)" \[label="[^"]+"\];$', output)
    assert ("console", "names") in edges and {name for edge in edges for name in edge} <= nodes
    assert re.search(r'(?m)^  "spare" \[shape=component, style=dashed\];$', output), output
    assert console.run("svc graph --picture")[1] == 2
