"""./check --bench: figures in executed instructions, counted by QEMU's `-icount shift=0`.

The program `bench` in the system prints lines `bench: ROW COUNT`. With them go the bounds of
test/bench/bounds.toml and the figures of other systems in test/bench/peers.toml.
"""

import json
import re
import sys
import tomllib

from .build import Variant, build_or_exit
from .console import Console, ConsoleError
from .machine import PIPED, Machine
from .places import BUILD, LOGS, ROOT

LINE = re.compile(r"^bench: (\S+) (\d+)$", re.MULTILINE)
ICOUNT = ["-icount", "shift=0"]
SECONDS = 600


def load(name):
    return tomllib.loads((ROOT / "test" / "bench" / name).read_text(encoding="utf-8"))


def measure(architecture):
    """row -> count."""
    variant = Variant(architecture)
    build_or_exit(variant)
    machine = Machine(architecture, variant.kernel, variant.boot_set, extra=ICOUNT)
    with Console(machine.command(PIPED), LOGS / f"bench-{architecture}.log") as console:
        console.wait_prompt(SECONDS)
        output, status = console.run("bench", SECONDS)
        if status != 0:
            raise ConsoleError(f"bench ended with status {status}{console.where()}:\n{output}")
    return {row: int(count) for row, count in LINE.findall(output)}


def rows(architecture, counts, bounds, peers):
    for row, count in counts.items():
        peer = peers.get(row, {})
        yield {"row": row, "arch": architecture, "instructions": count,
               "bound": bounds.get(row, {}).get(architecture),
               "peer": peer.get("name"), "peer_instructions": peer.get(architecture)}


def run(architectures):
    bounds, peers = load("bounds.toml"), load("peers.toml")
    figures = []
    try:
        for architecture in architectures:
            figures += rows(architecture, measure(architecture), bounds, peers)
    except ConsoleError as error:
        print(error, file=sys.stderr)
        return 1
    (BUILD / "bench.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return show(figures)


def show(figures):
    """Prints the table; the status is 1 where a figure is above its bound."""
    print(f"{'row':28} {'arch':8} {'instructions':>14} {'bound':>12} {'peer':>12}")
    for figure in figures:
        print(f"{figure['row']:28} {figure['arch']:8} {figure['instructions']:14} "
              f"{figure['bound'] or '':>12} {figure['peer_instructions'] or '':>12} "
              f"{figure['peer'] or ''}")
    above = [figure for figure in figures
             if figure["bound"] is not None and figure["instructions"] > figure["bound"]]
    for figure in above:
        print(f"ABOVE ITS BOUND: {figure['row']} on {figure['arch']}")
    if not figures:
        print("The program bench printed no figures.", file=sys.stderr)
    return 1 if above or not figures else 0
