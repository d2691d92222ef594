#!/usr/bin/python3
"""./run: builds Sinter and boots it in QEMU, to the prompt or for one command line."""

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import initrd
from harness import packages
from harness.build import Variant, build_or_exit
from harness.console import Console, ConsoleError, ConsoleTimeout
from harness.machine import INTERACTIVE, MEMORY, PIPED, Machine, scratch_disk
from harness.places import ARCHITECTURES, COMPILERS, LOGS

STATUS_TIMEOUT = 124
STATUS_SYSTEM_ENDED = 125
GDB_PORT = 1234

EPILOGUE = """\
With --exec the exit status is that of the last command; 124: the time was up; 125: the system
ended before the commands did. The serial log is then in build/logs.
Without --exec: Ctrl-A X ends QEMU, Ctrl-A C switches to its monitor and back.
"""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./run", description=__doc__.split(": ", 1)[1],
                                     epilog=EPILOGUE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("architecture", nargs="?", choices=ARCHITECTURES, default="riscv64")
    parser.add_argument("--exec", dest="commands", metavar="COMMANDS",
                        help="run these at the prompt, print their output, power off")
    parser.add_argument("--timeout", type=float, default=120, metavar="SECONDS",
                        help="for --exec, from power-on (default %(default)s)")
    parser.add_argument("--disk", action="append", default=[], type=Path, metavar="FILE",
                        help="disk image, repeatable: /dev/disk0, /dev/disk1, ... "
                             "(default: a scratch disk in build/)")
    parser.add_argument("--smp", type=int, default=1, metavar="N", help="CPUs (default 1)")
    parser.add_argument("--memory", default=MEMORY, metavar="SIZE",
                        help="as for QEMU -m (default %(default)s)")
    parser.add_argument("--add", action="append", default=[], type=Path, metavar="FILE",
                        help="put a file into the boot set as /boot/NAME, repeatable")
    parser.add_argument("--machine", default="", metavar="NAME", help="as for QEMU -M")
    parser.add_argument("--cpu", default="", metavar="NAME", help="as for QEMU -cpu")
    parser.add_argument("--debug", action="store_true",
                        help="wait for gdb, and print the command that attaches it")
    parser.add_argument("--print", dest="print_only", action="store_true",
                        help="print the QEMU command instead of running it")
    parser.add_argument("--compiler", choices=COMPILERS, default="clang")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--release", dest="build_type", action="store_const", const="release",
                      help="without assertions")
    kind.add_argument("--debug-build", dest="build_type", action="store_const", const="debug",
                      help="optimised for debugging")
    parser.set_defaults(build_type="default")
    options = parser.parse_args()
    for file in options.disk + options.add:
        if not file.is_file():
            parser.error(f"{file}: no such file")
    if options.smp < 1:
        parser.error(f"--smp {options.smp}: at least one CPU is needed")
    return options


def boot_set(variant, added, folder):
    """The built boot set, or a copy with more files in `folder`."""
    if not added:
        return variant.boot_set
    path = folder / "boot.cpio"
    path.write_bytes(initrd.make_archive(initrd.collect(variant.boot_set, added)))
    return path


def machine_for(options, variant, folder):
    extra = ["-S", "-gdb", f"tcp::{GDB_PORT}"] if options.debug else []
    return Machine(options.architecture, variant.kernel, boot_set(variant, options.add, folder),
                   smp=options.smp, memory=options.memory, machine=options.machine,
                   cpu=options.cpu, extra=extra,
                   disks=options.disk or [scratch_disk(options.architecture)])


def execute(machine, commands, timeout, log):
    """Runs each line of `commands` at the prompt; the status of the last."""
    status = 0
    try:
        with Console(machine.command(PIPED), log) as console:
            console.start_clock(timeout)
            console.wait_prompt()
            for line in filter(str.strip, commands.split("\n")):
                output, status = console.run(line)
                sys.stdout.write(output)
                sys.stdout.flush()
            if not console.power_off():
                print("The system did not switch off and was ended.", file=sys.stderr)
    except ConsoleTimeout as error:
        print(error, file=sys.stderr)
        return STATUS_TIMEOUT
    except ConsoleError as error:
        print(error, file=sys.stderr)
        return STATUS_SYSTEM_ENDED
    return status & 0xff


def main():
    options = parse_arguments()
    variant = Variant(options.architecture, options.compiler, options.build_type)
    packages.ensure(packages.for_target(options.architecture, options.compiler)
                    + (packages.DEBUGGER if options.debug else ()))
    if not variant.kernel.exists():
        print(f"Building {variant.name} ...", file=sys.stderr, flush=True)
    build_or_exit(variant)
    with tempfile.TemporaryDirectory(prefix="sinter-") as folder:
        machine = machine_for(options, variant,
                              variant.folder if options.print_only else Path(folder))
        if options.print_only:
            print(shlex.join(machine.command(INTERACTIVE)))
            return 0
        if options.debug:
            print("Waiting for gdb. In another terminal:\n    gdb-multiarch -ex 'target remote "
                  f":{GDB_PORT}' {variant.kernel_elf}", file=sys.stderr, flush=True)
        if options.commands is not None:
            return execute(machine, options.commands, options.timeout,
                           LOGS / f"exec-{variant.name}.log")
        return subprocess.run(machine.command(INTERACTIVE)).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
