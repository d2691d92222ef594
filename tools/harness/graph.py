"""./run --graph: the graph of servers, as the system prints it for Graphviz, into a file."""

import contextlib
import io
import shutil
import subprocess
import sys

COMMAND = "svc wait; svc graph --dot"
DOT = "dot" # of Graphviz


def complaint(path):
    """Why the file cannot be written; None: nothing is known against it."""
    if path.suffix not in (".dot", ".svg"):
        return f"argument --graph: {path}: the name has to end in .dot or .svg"
    if path.suffix == ".svg" and not shutil.which(DOT):
        return ("argument --graph: SVG needs Graphviz (`apt-get install graphviz`); a file that "
                "ends in .dot does not")
    return None


def draw(path, execute):
    """Writes what execute() prints, which answers a status, if that is 0."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = execute()
    if status != 0:
        sys.stdout.write(output.getvalue())
        return status
    try:
        if path.suffix == ".dot":
            path.write_text(output.getvalue(), encoding="ascii")
        else:
            subprocess.run([DOT, "-Tsvg", "-o", path], input=output.getvalue(), text=True,
                           check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"./run: {path} could not be written: {error}", file=sys.stderr)
        return 1
    return 0
