"""Runs inside gdb, for `./run --debug --service NAME`: follows one service of the running system.

Objects lie elsewhere after every load, so three places of the system are watched, all by hardware
breakpoints that gdb does not list:
  load_debug_stop   of the loader, for where the sections lie: the symbols are (re)placed
  sys_thread_start  of the kernel, for the address space: breakpoints count in that one only
  raise_fault       of the kernel, for a fault that nobody mends. The kernel is made to return from
                    it as if it had, so the instruction is begun again, and a breakpoint stands on
                    it: gdb stops where the service crashes, in user mode. When it goes on from
                    there, the fault comes a second time and takes its way.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import gdb
import gdb.unwinder

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[:2]]

from object_sections import differences, link_script, without_code_relocations # noqa: E402

SETTINGS = json.loads(os.environ["SINTER_DEBUG"])
NAME = SETTINGS["service"]
USER_TOP = 1 << 63 # the kernel's addresses lie above
HERE = "$_in_service()"
PPN_BITS = 44 # satp of Sv39
TTBR_BASE = 0x0000_FFFF_FFFF_F000
FAULTS = ("none", "read", "write", "execution", "illegal instruction", "breakpoint",
          "misaligned access", "system call from outside libsys", "single step", "hardware error")
ACCESSES = FAULTS[1:4]
TEXT = 0           # enum object_group_name
ACCESS = (4, 1, 2) # MAP_EXECUTE, MAP_READ, MAP_WRITE for each of it
FAULT_SYSCALL = 7
PAGE = 4096
CHUNK = 64
TEXT_LIMIT = 256
ECALL_SIZE = 4
CAUSE_USER_ECALL = 8


def evaluate(expression):
    return int(gdb.parse_and_eval(expression)) & ~(-1 << 64)


class RiscV:
    arguments = tuple(f"$a{i}" for i in range(8))
    return_address = "$ra"
    vector = "&entry_vector"
    vector_offset = 0
    frame_pc = "x[0]"
    registers = tuple(f"x{i}" for i in range(1, 32))
    stack_pointer = "x2"

    @staticmethod
    def root():
        return (evaluate("$satp") & ~(-1 << PPN_BITS)) << 12

    @staticmethod
    def interrupted(frame):
        """pc and sp of the user, at the first instruction of the vector."""
        call = int(frame.read_register("scause")) == CAUSE_USER_ECALL
        pc = frame.read_register("sepc")
        return pc + ECALL_SIZE if call else pc, frame.read_register("sp")


class Arm:
    arguments = tuple(f"$x{i}" for i in range(8))
    return_address = "$x30"
    vector = "&entry_vectors"
    frame_pc = "pc"
    vector_offset = 0x400 # synchronous, from a lower level, AArch64
    registers = tuple(f"x{i}" for i in range(31))
    stack_pointer = "sp"

    @staticmethod
    def root():
        return evaluate("$TTBR0_EL1") & TTBR_BASE

    @staticmethod
    def interrupted(frame):
        return frame.read_register("ELR_EL1"), frame.read_register("SP_EL0")


MACHINE = {"riscv64": RiscV, "aarch64": Arm}[SETTINGS["architecture"]]


def read_bytes(address, size):
    return gdb.selected_inferior().read_memory(address, size).tobytes()


def read_text(address):
    """Ended by NUL; the page behind its own may not be there."""
    text = b""
    while b"\0" not in text and len(text) < TEXT_LIMIT:
        here = address + len(text)
        text += read_bytes(here, min(CHUNK, PAGE - here % PAGE))
    return text.split(b"\0")[0].decode(errors="replace")


class Layout:
    """A structure of the loader, whose symbols are not kept: their names would be in the way."""

    def __init__(self, name):
        kind = gdb.lookup_type(f"struct {name}")
        self.size = kind.sizeof
        self.fields = {field.name: (field.bitpos // 8, field.type.sizeof)
                       for field in kind.fields()}

    def read(self, data, name):
        offset, size = self.fields[name]
        return int.from_bytes(data[offset:offset + size], "little")

    def parts(self, array):
        return (array[i:i + self.size] for i in range(0, len(array), self.size))


class Loader:
    """What the loader tells of the object that it has just loaded."""

    def __init__(self):
        gdb.execute(f"file {SETTINGS['loader']}", to_string=True)
        self.debug = Layout("load_debug")
        self.object = Layout("object")
        self.section = Layout("object_section")
        self.group = Layout("object_group")
        names = gdb.lookup_type("struct object_strings").fields()
        self.names_text = next(field.bitpos // 8 for field in names if field.name == "text")
        self.groups = evaluate("(int)OBJECT_GROUPS")
        self.extra_sections = evaluate("(int)EXTRA_SECTIONS")
        self.where = evaluate("&load_debug")
        self.stop = evaluate("&load_debug_stop")

    def current(self):
        """The name of the service, and the structures as bytes."""
        debug = read_bytes(self.where, self.debug.size)
        return read_text(self.debug.read(debug, "service")), debug

    def loaded(self, debug):
        """Of the object that `debug` is about."""
        data = read_bytes(self.debug.read(debug, "object"), self.object.size)
        count = self.object.read(data, "section_count")
        strings = self.object.fields["section_names"][0] + self.names_text
        names = int.from_bytes(data[strings:strings + 8], "little")
        table = read_bytes(self.object.read(data, "sections"),
                           (count + self.extra_sections) * self.section.size)
        entries = list(self.section.parts(table))
        loaded = Loaded(read_text(self.object.read(data, "name")))
        for entry in entries[:count]:
            if self.section.read(entry, "group") != self.groups:
                loaded.sections.append((read_text(names + self.section.read(entry, "name")),
                                        self.section.read(entry, "address"),
                                        self.section.read(entry, "size")))
        for entry in entries[count:]:
            if self.section.read(entry, "group") == TEXT and self.section.read(entry, "loaded"):
                loaded.stubs.append((self.section.read(entry, "address"),
                                     self.section.read(entry, "loaded")))
        offset, size = self.object.fields["group"]
        loaded.groups = [(self.group.read(group, "address"), self.group.read(group, "size"))
                         for group in self.group.parts(data[offset:offset + size])]
        return loaded


class Loaded:
    """An object in memory."""

    def __init__(self, file):
        self.file = file   # its name
        self.sections = [] # name, address, bytes in the file
        self.stubs = []    # address, bytes of what the loader added to the code
        self.groups = []   # address, bytes of text, read-only data, data


def say(text):
    gdb.write(f"[{NAME}] {text}\n")


class Service:
    """The newest instance."""

    def __init__(self):
        self.loads = 0
        self.loaded = None
        self.symbols = []      # files whose symbols are known now
        self.start_info = None # of an instance that was loaded and not started yet
        self.root = None       # physical address of its page table
        self.fault = None      # that has been shown and will come again

    def is_here(self):
        return self.root is not None and MACHINE.root() == self.root and \
            evaluate("$pc") < USER_TOP

    def take_symbols(self, loader, debug):
        for path in self.symbols:
            gdb.execute(f"remove-symbol-file {path}", to_string=True)
        self.symbols = []
        self.root = self.fault = None
        self.start_info = loader.debug.read(debug, "start_info")
        self.loaded = loader.loaded(debug)
        file, sections = self.loaded.file, self.loaded.sections
        gdb.execute(f"add-symbol-file {SETTINGS['libsys']} -o "
                    f"{loader.debug.read(debug, 'libsys'):#x}", to_string=True)
        self.symbols.append(SETTINGS["libsys"])
        path = next((path for path in map(Path, SETTINGS["objects"]) if path.name == file), None)
        if path is None:
            say(f"was loaded from {file}, which is not in the build; give it with --add FILE")
            return
        other = differences(path.read_bytes(), sections)
        if other:
            say(f"was loaded from another {file} than {path} ({other}): no symbols")
            return
        linked = self.link(path, sections)
        gdb.execute(f"add-symbol-file {linked}", to_string=True)
        self.symbols.append(linked)
        for breakpoint in gdb.breakpoints():
            confine(breakpoint)
        say(f"loaded; symbols of {path}")

    def link(self, path, sections):
        """An image for gdb, whose bfd does not know all relocations of clang's debugging
        information."""
        self.loads += 1
        folder = Path(SETTINGS["folder"])
        image = folder / f"{path.stem}-{self.loads}.elf"
        (folder / "sections.ld").write_text(link_script(sections), encoding="utf-8")
        (folder / path.name).write_bytes(without_code_relocations(path.read_bytes()))
        done = subprocess.run(["ld.lld-19", "--no-relax", "-e", "0", "-T", "sections.ld",
                               "-o", image, path.name],
                              capture_output=True, text=True, cwd=folder)
        if done.returncode != 0:
            raise gdb.error(f"{path} cannot be linked for gdb: {done.stderr.strip()}")
        return image

    def started(self):
        """In sys_thread_start(thread, pc, sp, argument, tls)."""
        if self.start_info is not None and evaluate(MACHINE.arguments[3]) == self.start_info:
            thread = f"((struct thread *){MACHINE.arguments[0]})"
            space = evaluate(f"{thread}->task->space")
            self.root = evaluate(f"((struct space *){space})->root_physical")
            self.start_info = None
            self.make_present(space)

    def make_present(self, space):
        """Pages enter the page table when they are first used. gdb can read them from the
        beginning, and no step takes a page fault of the code, when the kernel does it now."""
        start, end = (evaluate(f"((struct space *){space})->{name}")
                      for name in ("libsys", "libsys_end"))
        areas = [(start, end - start, ACCESS[TEXT]), *(
            (address, size, access)
            for (address, size), access in zip(self.loaded.groups, ACCESS))]
        for address, size, access in areas:
            for page in range(address, address + size, PAGE):
                gdb.parse_and_eval(f"space_touch((struct space *){space}, {page}, {access}, 0, 0)")

    def faulted(self):
        """In raise_fault(thread, kind, address, status): goes back to the instruction; true: it
        cannot, and gdb is to stop here."""
        thread = evaluate(MACHINE.arguments[0])
        if self.root is None or self.root != evaluate(
                f"((struct thread *){thread})->task->space->root_physical"):
            return False
        kind, address = (evaluate(argument) for argument in MACHINE.arguments[1:3])
        pc = evaluate(f"((struct thread *){thread})->frame.{MACHINE.frame_pc}")
        text = FAULTS[kind] if kind < len(FAULTS) else "fault"
        if kind == FAULT_SYSCALL: # the pc has moved on
            say(f"crashes: {text}, before {pc:#x}; gdb is in the kernel")
            return True
        fault = thread, pc, kind, address
        if self.fault == fault:
            self.fault = None
            return False
        self.fault = fault
        at = f" at {address:#x}" if text in ACCESSES else ""
        gdb.execute(f"set $pc = {MACHINE.return_address}")
        Crash(pc, f"crashes: {text}{at}; `continue` lets it")
        return False


class Place(gdb.Breakpoint):
    """Watches a place of the system; stops there if the action says so."""

    def __init__(self, address, action):
        super().__init__(f"*{address:#x}", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.action = action

    def stop(self):
        try:
            return bool(self.action())
        except gdb.MemoryError: # another space has something else at that address
            pass
        except gdb.error as error:
            say(str(error))
        return False


class Crash(gdb.Breakpoint):
    """On the instruction that faults and was begun again."""

    def __init__(self, pc, text):
        super().__init__(f"*{pc:#x}", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True,
                         temporary=True)
        self.text = text

    def stop(self):
        if not service.is_here():
            return False
        say(self.text)
        return True


class InService(gdb.Function):
    """$_in_service(): whether the service runs on the current CPU, in user mode."""

    def __init__(self):
        super().__init__("_in_service")

    def invoke(self):
        return service.is_here()


class ConsoleCommand(gdb.Command):
    """Type a line at the system's prompt: console COMMAND
It waits until the prompt is there, so it may be given before the system goes on."""

    def __init__(self):
        super().__init__("console", gdb.COMMAND_RUNNING)

    def invoke(self, argument, _):
        os.write(SETTINGS["console"], argument.encode() + b"\n")


class FrameUnwinder(gdb.unwinder.Unwinder):
    """For code that has no debugging information and that steps come to. What the loader added is
    left like a function of no instructions. The kernel's first instruction is left to the user's:
    so a step that takes a page fault, or a system call, looks like a call, which gdb steps over."""

    def __init__(self):
        super().__init__("sinter")
        self.vector = evaluate(MACHINE.vector) + MACHINE.vector_offset

    def __call__(self, frame):
        pc = int(frame.read_register("pc")) & ~(-1 << 64)
        if pc == self.vector:
            return self.caller(frame, *MACHINE.interrupted(frame))
        if service.loaded and any(pc - start in range(size)
                                  for start, size in service.loaded.stubs):
            return self.caller(frame, frame.read_register(MACHINE.return_address[1:]),
                               frame.read_register("sp"))
        return None

    def caller(self, frame, pc, stack):
        info = frame.create_unwind_info(FrameId(stack, frame.read_register("pc")))
        for register in MACHINE.registers:
            info.add_saved_register(register, frame.read_register(register))
        info.add_saved_register(MACHINE.stack_pointer, stack)
        info.add_saved_register("pc", pc)
        return info


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


def confine(breakpoint):
    """Breakpoints in user code count in the service only; what the user says of them stays. One
    that is pending has to wait: gdb disables it if it has a condition when other symbols come."""
    if breakpoint.type not in (gdb.BP_BREAKPOINT, gdb.BP_HARDWARE_BREAKPOINT) or \
            breakpoint.number < 0 or breakpoint.condition is not None:
        return
    if any(location.address < USER_TOP for location in breakpoint.locations):
        breakpoint.condition = HERE


def symbol_address(name):
    return evaluate(f"&{name}")


def begin():
    for line in ("set confirm off", "set breakpoint pending on", "set print symbol off",
                 "set riscv use-compressed-breakpoints on", "skip -file entry.S"):
        gdb.execute(line, to_string=True)
    loader = Loader()
    gdb.execute(f"file {SETTINGS['kernel']}", to_string=True)
    gdb.execute(f"target remote {SETTINGS['gdb']}", to_string=True)

    def loaded():
        name, debug = loader.current()
        if name == NAME:
            service.take_symbols(loader, debug)
    Place(loader.stop, loaded)
    Place(symbol_address("sys_thread_start"), service.started)
    Place(symbol_address("raise_fault"), service.faulted)
    InService()
    ConsoleCommand()
    gdb.unwinder.register_unwinder(None, FrameUnwinder())
    gdb.events.breakpoint_created.connect(confine)
    gdb.execute("hbreak server_main", to_string=True)
    try:
        gdb.execute("continue")
    except KeyboardInterrupt: # the system is stopped, and the user has the prompt
        pass


service = Service()
begin()
