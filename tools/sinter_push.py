"""./run push: puts an object into a running system, where its service goes on with it."""

import argparse
import shutil
import subprocess
import sys
import time

import initrd
from harness import options as checks, push
from harness.places import ARCHITECTURES

LOOK_SECONDS = 0.1 # between two looks at a watched file
OBJCOPY = {architecture: ("llvm-objcopy-19", "llvm-objcopy", f"{architecture}-linux-gnu-objcopy")
           for architecture in ARCHITECTURES}

EPILOGUE = """\
The loop: edit, compile, push, see the log. A second terminal does, while ./run goes on in the
first:

    ninja -C build/riscv64-clang fifo.o && ./run push fifo build/riscv64-clang/fifo.o

The exit status is 0 if the service runs with the object, and 1 if it does not: then it goes on as
before, and what is printed says why. Debug sections stay here.
"""


def parse_arguments(words):
    parser = checks.Parser(prog="./run push", description=__doc__.split(": ", 1)[1],
                           epilog=EPILOGUE, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", help="of the service, as `svc list` shows it")
    parser.add_argument("file", metavar="FILE", type=checks.readable_file, help="the object")
    parser.add_argument("--arch", choices=ARCHITECTURES,
                        help="of the system, if several run")
    parser.add_argument("--to", metavar="SYSTEM", help="which system, if several run")
    parser.add_argument("--timeout", type=checks.seconds, default=30, metavar="SECONDS",
                        help="that an answer may take (default %(default)s)")
    parser.add_argument("--watch", action="store_true",
                        help="push now, and again whenever the file has changed, until ^C")
    options = parser.parse_args(words)
    if len(options.name.encode()) > push.NAME_MOST:
        parser.error(f"argument NAME: {options.name!r} is longer than the {push.NAME_MOST} bytes "
                     "that a service's name may have")
    return options


def choose(options):
    """(name, socket) of the system that is meant."""
    found = push.systems(options.arch)
    if options.to is not None:
        found = {name: path for name, path in found.items() if name == options.to}
    if not found:
        which = options.to or options.arch
        sys.exit(f"./run push: no system{f' {which}' if which else ''} runs here; start one in "
                 f"another terminal with ./run{f' {options.arch}' if options.arch else ''}")
    if len(found) > 1:
        sys.exit(f"./run push: {len(found)} systems run: {', '.join(found)}; choose one with --to "
                 "(or --arch)")
    return next(iter(found.items()))


def contents(path, architecture):
    """The object without debug sections; as it is if it cannot be read as one: the loader, which
    knows better, says why."""
    tool = next(filter(shutil.which, OBJCOPY[architecture]), None)
    if tool is not None:
        try:
            return initrd.strip(path, tool, stderr=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            pass
    return path.read_bytes()


def push_once(options):
    system, path = choose(options)
    began = time.monotonic()
    try:
        data = contents(options.file, system.partition("-")[0])
        print(f"{options.file}: {len(data)} bytes to {system}", flush=True)
        outcome = push.send(path, options.name, push.shown_file(options.file), data,
                            options.timeout)
    except (push.PushError, OSError) as error:
        print(f"./run push: {error}", file=sys.stderr)
        return 1
    print(outcome.text + outcome.log, end="")
    if outcome.good:
        print(f"{outcome.told - began:.2f} s from the file to running")
    return 0 if outcome.good else 1


def change_of(path):
    """What tells one version of a file from the next; None: it is not there, perhaps not yet."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def wait_change(path, seen):
    """Until it is another file than `seen`, and stays the same from one look to the next."""
    last = seen
    while True:
        time.sleep(LOOK_SECONDS)
        now = change_of(path)
        if now is not None and now != seen and now == last:
            return now
        last = now


def main(words):
    options = parse_arguments(words)
    if not options.watch:
        return push_once(options)
    seen = change_of(options.file)
    while True:
        push_once(options)
        seen = wait_change(options.file, seen)
