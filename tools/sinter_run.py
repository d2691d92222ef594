#!/usr/bin/python3
"""./run: builds Sinter and boots it in QEMU, to the prompt or for some commands."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import initrd
import sinter_push
from harness import debug, graph, image, options as checks, packages, push
from harness.build import Variant, build_or_exit
from harness.console import Console, ConsoleError, ConsoleTimeout, end_with_parent
from harness.machine import (BUS_LIMIT, INTERACTIVE, MEMORY, PIPED, REBOOTS, UBOOT, UBOOT_MEMORY,
                             Machine, default_disks, has_buses, taken, with_uboot_disk)
from harness.places import ALL_COMPILERS, ARCHITECTURES, LOGS

STATUS_TIMEOUT = 124
STATUS_SYSTEM_ENDED = 125
STATUS_SIGNAL = 128
END_SECONDS = 5 # that QEMU has to restore the terminal
SCRIPT = "commands" # of --exec, in /boot
CHANGED_BOOT_SET = "boot-changed.cpio" # for --print beside the one that is built

EPILOGUE = """\
With --exec the exit status is that of the last command; 124: the time was up; 125: the system
ended before the commands did. The serial log is then in build/logs.
Without --exec: `poweroff` or Ctrl-A X ends QEMU, Ctrl-A C switches to its monitor and back.
`./run push NAME FILE.o`, in another terminal, puts an object into the system: ./run push --help.
"""


def parse_arguments():
    parser = checks.Parser(prog="./run", description=__doc__.split(": ", 1)[1], epilog=EPILOGUE,
                           formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("architecture", nargs="?", choices=ARCHITECTURES, default="riscv64")
    parser.add_argument("--exec", dest="commands", metavar="COMMANDS",
                        help="run this text as a script of the shell, print its output, power off")
    parser.add_argument("--graph", type=Path, metavar="FILE",
                        help="draw who uses which server once the system is up, and power off; "
                             "FILE.dot for Graphviz, or FILE.svg, which needs it")
    parser.add_argument("--timeout", type=checks.seconds, default=120, metavar="SECONDS",
                        help="for --exec, from power-on (default %(default)s)")
    parser.add_argument("--log", type=Path, metavar="FILE",
                        help="where --exec keeps what the serial line said (default: in "
                             "build/logs)")
    parser.add_argument("--disk", action="append", default=[], type=checks.readable_file,
                        metavar="FILE",
                        help="disk image, repeatable: /dev/disk0, /dev/disk1, ...; read-only if "
                             "the file is (default: a scratch disk in build/)")
    parser.add_argument("--smp", type=checks.cpu_count, metavar="N",
                        help="CPUs (default 1, or the fewest that the machine has)")
    parser.add_argument("--memory", type=checks.memory_size, metavar="SIZE",
                        help=f"as for QEMU -m (default {MEMORY})")
    parser.add_argument("--add", action="append", default=[], type=checks.readable_file,
                        metavar="FILE", help="put a file into the boot set as /boot/NAME, in place "
                                             "of one that is there; repeatable")
    parser.add_argument("--share", type=checks.folder, metavar="DIR",
                        help="share a folder of this machine, read and write, as /host; its "
                             "symbolic links and special files are left out")
    parser.add_argument("--machine", default="", metavar="NAME",
                        help="as for QEMU -M; virt, sifive_u and xlnx-versal-virt are tested; "
                             "disks of the latter are SD cards")
    parser.add_argument("--cpu", default="", metavar="NAME", help="as for QEMU -cpu")
    parser.add_argument("--uboot", action="store_true",
                        help="boot through U-Boot from a disk image, as ./image makes it; its boot "
                             "partition is made anew, its root partition kept (in build/)")
    parser.add_argument("--reboots", action="store_true",
                        help="let `reboot` and a panic start the machine again, with what its "
                             "memory keeps, instead of ending QEMU")
    parser.add_argument("--debug", action="store_true",
                        help="wait for gdb, and print the command that attaches it")
    parser.add_argument("--service", metavar="NAME",
                        help="with --debug: run gdb here, to the start of this service's "
                             "server_main, and follow it through crashes and restarts")
    parser.add_argument("--print", dest="print_only", action="store_true",
                        help="print the QEMU command instead of running it")
    parser.add_argument("--compiler", choices=ALL_COMPILERS, default="clang",
                        help="clang 19, clang 14 or gcc (default %(default)s)")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--release", dest="build_type", action="store_const", const="release",
                      help="optimised further (-O3)")
    kind.add_argument("--debug-build", dest="build_type", action="store_const", const="debug",
                      help="not optimised (-O0)")
    parser.set_defaults(build_type="default")
    options = parser.parse_args()
    if options.service and not options.debug:
        parser.error("argument --service: goes with --debug")
    if options.service and (options.commands is not None or options.print_only):
        parser.error("argument --service: gdb has the terminal, so neither --exec nor --print; its "
                     "command `console` types at the prompt")
    names = [file.name for file in options.add]
    for name in {name for name in names if names.count(name) > 1}:
        parser.error(f"argument --add: two files would be /boot/{name}")
    if options.graph is not None:
        if problem := graph.complaint(options.graph):
            parser.error(problem)
        options.commands = graph.COMMAND
    return parser, options


def changes_boot_set(options):
    return options.add or options.commands is not None


def boot_set(variant, options, folder):
    """The built boot set, or a copy with more files in `folder`."""
    if not changes_boot_set(options):
        return variant.boot_set
    folder = folder or variant.folder
    files = initrd.collect(variant.boot_set, options.add)
    if options.commands is not None:
        files[SCRIPT] = options.commands.encode() + b"\n"
    path = folder / CHANGED_BOOT_SET
    path.write_bytes(initrd.make_archive(files))
    return path


def uboot_disk(options, variant, folder):
    """The disk that U-Boot boots from; of a run that adds to the boot set, one of its own."""
    files = variant.kernel, boot_set(variant, options, folder)
    path = image.place(options.architecture)
    if changes_boot_set(options):
        path = (folder or variant.folder) / path.name
    else:
        path = taken(path, folder)
    try:
        image.refresh(path, *files)
    except image.ImageError as error:
        sys.exit(f"./run: the disk image could not be made: {error}")
    return path


def machine_for(options, variant, folder, extra):
    common = {"smp": options.smp, "machine": options.machine, "cpu": options.cpu, "extra": extra,
              "share": options.share}
    room = BUS_LIMIT if has_buses(options.machine) else 0
    if options.uboot:
        disks = with_uboot_disk(options.architecture, uboot_disk(options, variant, folder),
                                options.disk)
        files = {"kernel": None, "boot_set": None, "firmware": UBOOT[options.architecture]}
        memory = UBOOT_MEMORY[options.architecture]
    else:
        disks = options.disk or default_disks(options.architecture, options.machine, folder)
        files = {"kernel": variant.kernel, "boot_set": boot_set(variant, options, folder)}
        memory = MEMORY
    entropy = (used := len(disks) + bool(options.share)) < room
    port = push.port(options.architecture, folder) if folder and used + entropy < room else None
    return Machine(options.architecture, memory=options.memory or memory, disks=disks,
                   entropy=entropy, port=port, **files, **common)


def show(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def execute(machine, timeout, log):
    """Runs the script of --exec; its status."""
    try:
        with Console(machine.command(PIPED), log) as console:
            console.start_clock(timeout)
            console.wait_prompt()
            output, status = console.run(f"shell /boot/{SCRIPT}", emit=show)
            show(output)
            if machine.switches_off() and not console.power_off():
                print("The system did not switch off and was ended.", file=sys.stderr)
    except ConsoleTimeout as error:
        print(f"./run: {error}", file=sys.stderr)
        return STATUS_TIMEOUT
    except ConsoleError as error:
        print(f"./run: {error}", file=sys.stderr)
        return STATUS_SYSTEM_ENDED
    return status


def interact(command):
    """QEMU on this terminal; it is ended, and the terminal restored, also when a signal ends us."""
    print("Booting in QEMU; `poweroff` or Ctrl-A X ends it.", file=sys.stderr, flush=True)
    process = subprocess.Popen(command, preexec_fn=lambda: end_with_parent(signal.SIGTERM))
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def run(options, variant, folder):
    waits = options.debug and not options.service
    extra = debug.wait_for_gdb(variant.kernel_elf) if waits else []
    extra += REBOOTS if options.reboots else []
    machine = machine_for(options, variant, folder, extra)
    if options.service:
        return debug.follow_service(machine.command(PIPED), variant, options.service,
                                    [*options.add, *variant.folder.glob("*.o")], folder,
                                    LOGS / f"debug-{variant.name}.log")
    if options.print_only:
        print(shlex.join(machine.command(INTERACTIVE)))
        return 0
    log = options.log or LOGS / f"exec-{variant.name}.log"
    if options.graph is not None:
        return graph.draw(options.graph, lambda: execute(machine, options.timeout, log))
    if options.commands is not None:
        return execute(machine, options.timeout, log)
    return interact(machine.command(INTERACTIVE))


def main():
    parser, options = parse_arguments()
    variant = Variant(options.architecture, options.compiler, options.build_type)
    packages.ensure(packages.for_target(options.architecture, options.compiler)
                    + (packages.DEBUGGER if options.debug else ())
                    + (packages.UBOOT + packages.IMAGE_TOOLS if options.uboot else ()))
    checks.check_emulated(parser, options)
    checks.check_board(parser, options)
    checks.check_uboot(parser, options)
    checks.check_devices(parser, options)
    if not variant.kernel.exists() and not sys.stderr.isatty():
        print(f"Building {variant.name} ...", file=sys.stderr, flush=True)
    build_or_exit(variant)
    if options.print_only:
        return run(options, variant, None)
    with tempfile.TemporaryDirectory(prefix="sinter-") as folder:
        return run(options, variant, Path(folder))


def end_by_signal(number, _):
    sys.exit(STATUS_SIGNAL + number)


if __name__ == "__main__":
    command = sinter_push.main if sys.argv[1:2] == ["push"] else None
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    try:
        sys.exit(command(sys.argv[2:]) if command else main())
    except KeyboardInterrupt:
        sys.exit(STATUS_SIGNAL + signal.SIGINT)
    except BrokenPipeError: # whoever read the output has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(STATUS_SIGNAL + signal.SIGPIPE)
