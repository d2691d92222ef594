"""Talking to a booted system through its serial console.

A command is sent between two echo commands whose words look different when typed (`@BE""GIN`
prints @BEGIN), so the terminal's echo of the line is never mistaken for its output: what lies
between the printed marks is the output, and the second mark carries `$?`. Lines of the supervisor
for people (`init: fifo runs again`), which come at any moment, are kept apart in `notices`.
"""

import codecs
import ctypes
import os
import re
import selectors
import signal
import subprocess
import time

PROMPT = "sinter# "
PANIC = re.compile(r"kernel panic[^\n]*", re.IGNORECASE)
PANIC_SECONDS = 3 # for the backtrace to come out
PATIENCE = 300 # to give up: a busy host is slow
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r(?=\n)")
UNFINISHED = re.compile(r"(\r?\x1b(\[[0-9;?]*)?|\r)\Z")
LINE_CLEARED = re.compile(r"^[^\n]*\r\x1b\[K", re.MULTILINE) # what stood there is drawn again
NOTICE = re.compile(r"^init: ([^\r\n]*)\r?\n", re.MULTILINE)
READ_SIZE = 65536
PR_SET_PDEATHSIG = 1 # prctl(2)
OVERSLEEPS = "sifive_u" # there QEMU 7.2 now and then misses that a guest has set its timer


class ConsoleError(Exception):
    """What was waited for did not come."""


class ConsoleTimeout(ConsoleError):
    pass


class SystemEnded(ConsoleError):
    """QEMU has ended, or the kernel has panicked."""


def end_with_parent(number=signal.SIGKILL):
    """For a child, before it becomes QEMU: it gets the signal when whoever started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def run_apart():
    """For a child without a terminal: ^C is for whoever started it, which then ends it."""
    end_with_parent()
    os.setpgrp()


def before(match):
    """The text before a match."""
    return match.string[:match.start()]


class Console:
    def __init__(self, command, log=None):
        """Starts QEMU. `log`: a path that everything printed goes to."""
        self.log_path = log
        self.text = ""
        self.panicked = False # perhaps in what has been taken from `text` since
        self.unfinished = ""
        self.notices = []
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.commands = 0
        self.deadline = None
        self.panic_ends = True # a test that wants one says otherwise
        self.log = None
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            self.log = log.open("wb")
            self.log.write(("$ " + " ".join(command) + "\n").encode())
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, preexec_fn=run_apart)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start_clock(self, seconds):
        """From now on every wait ends when this time is up, and only then."""
        self.deadline = time.monotonic() + seconds

    def end_of(self, timeout):
        return self.deadline or time.monotonic() + timeout

    def where(self):
        return f" (serial log: {self.log_path})" if self.log_path else ""

    def processor_seconds(self):
        """What QEMU has had of the host's processors (proc_pid_stat(5), in steps of 10 ms)."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def read(self, seconds):
        """Takes what comes within the time; false at the end of QEMU's output."""
        if not self.selector.select(max(seconds, 0)):
            self.wake()
            return True
        data = os.read(self.process.stdout.fileno(), READ_SIZE)
        if self.log:
            self.log.write(data)
            self.log.flush()
        self.take(self.decoder.decode(data))
        return bool(data)

    def wake(self):
        """QEMU's main loop looks at its timers anew. It waits for SIGIO too, and ignores it; the
        guest gets an interrupt by that only if the time for it has come."""
        if OVERSLEEPS in self.process.args:
            with open(f"/proc/{self.process.pid}/comm", encoding="utf-8") as name:
                if name.read().startswith("qemu-system-"): # ./run becomes QEMU
                    self.process.send_signal(signal.SIGIO)

    def take(self, text):
        """Adds to what has been printed, without terminal control and carriage returns."""
        text = self.unfinished + text
        cut = UNFINISHED.search(text)
        self.unfinished = cut.group() if cut else ""
        line = self.text.rfind("\n") + 1 # what stands before is not changed any more
        new = LINE_CLEARED.sub("", self.text[line:] + (text[:cut.start()] if cut else text))
        new = ESCAPE.sub("", new)
        if "init: " in new:
            new = self.take_notices(new)
        self.panicked = self.panicked or PANIC.search(new) is not None
        self.text = self.text[:line] + new

    def take_notices(self, text):
        """The text without them. Only whole lines: the rest of one may still come."""
        self.notices += NOTICE.findall(text)
        return NOTICE.sub("", text)

    def expect(self, pattern, timeout=PATIENCE, what=None, emit=None):
        """Waits for a regular expression; answers the match, and drops the text up to its end.
        Text before it is better taken from the match (`before()`) than by a pattern like `.*`,
        which is tried from every character on, whenever some more has come.

        what: a name of what is awaited, for errors. emit: a function that is given each line
        before the match as soon as it is complete, and then is not part of the match.
        """
        wanted = re.compile(pattern, re.MULTILINE | re.DOTALL)
        what = what or repr(pattern)
        end = self.end_of(timeout)
        alive = True
        while True:
            match = wanted.search(self.text)
            if match:
                self.text = self.text[match.end():]
                return match
            self.check_alive(what, alive)
            if emit:
                lines = self.text.rfind("\n") + 1
                emit(self.text[:lines])
                self.text = self.text[lines:]
            if time.monotonic() > end:
                raise ConsoleTimeout(f"the time was up while {what} was awaited{self.where()}"
                                     f"{self.tail()}")
            alive = self.read(min(end - time.monotonic(), 1))

    def check_alive(self, what, alive):
        if self.panic_ends and self.panicked and PANIC.search(self.text):
            end = time.monotonic() + PANIC_SECONDS
            while time.monotonic() < end and self.read(end - time.monotonic()):
                pass
            raise SystemEnded(f"the kernel panicked while {what} was awaited{self.where()}:\n"
                              + self.text[PANIC.search(self.text).start():])
        if not alive:
            raise SystemEnded(f"QEMU ended while {what} was awaited{self.where()}{self.tail()}")

    def tail(self):
        lines = self.text.strip().splitlines()[-15:]
        return "; last output:\n" + "\n".join(lines) if lines else ""

    def send(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise SystemEnded(f"QEMU has ended{self.where()}") from error

    def wait_prompt(self, timeout=PATIENCE):
        self.expect(re.escape(PROMPT), timeout, "the prompt")

    def run(self, command, timeout=PATIENCE, emit=None):
        """Runs a command line at the prompt: (what it printed, its status).

        emit: a function that is given the output as it comes; only its last line is answered.
        """
        self.commands += 1
        number = self.commands
        separator = " " if command.rstrip().endswith("&") else "; "
        self.send(f'echo "@BE""GIN-{number}"; {command}{separator}echo "@E""ND-{number}" $?\n')
        end = self.end_of(timeout)
        started = self.expect(rf'@BEGIN-{number}\n|ND-{number}" \$\?\n(?P<refused>'
                              rf'(?:(?!@BEGIN-{number}\n).)*?)^{re.escape(PROMPT)}', timeout,
                              f"the start of `{command}`")
        if started.group("refused") is not None: # the shell did not accept the line
            self.send(f'echo "@E""ND-{number}" $?\n')
        match = self.expect(rf"@END-{number} (?P<status>-?\d+)\n",
                            max(end - time.monotonic(), 1), f"the end of `{command}`", emit)
        self.wait_prompt(max(end - time.monotonic(), 1))
        output = before(match) if started.group("refused") is None else started["refused"]
        return output, int(match.group("status"))

    def catch_up(self, timeout=PATIENCE):
        """Until the shell has taken all that was sent to it, and shows its prompt. run() is for a
        prompt that is there: what is typed before is printed as typed, and again at the prompt.
        """
        self.commands += 1
        self.send(f'echo "@CAUGHT""UP-{self.commands}"\n')
        end = self.end_of(timeout)
        self.expect(rf"@CAUGHTUP-{self.commands}\n", timeout, "the end of what was sent")
        self.wait_prompt(max(end - time.monotonic(), 1))

    def power_off(self, timeout=PATIENCE):
        """Asks the system to switch off; true if it did."""
        self.send("poweroff\n")
        return self.wait_end(timeout)

    def wait_end(self, timeout=PATIENCE):
        end = time.monotonic() + timeout
        while self.read(min(end - time.monotonic(), 1)):
            if time.monotonic() > end:
                return False
        self.process.wait()
        return True

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.selector.close()
        if self.log:
            self.log.close()
