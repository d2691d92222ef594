"""Talking to a booted system through its serial console.

A command is sent between two echo commands whose words look different when typed (`@BE""GIN`
prints @BEGIN), so the terminal's echo of the line is never mistaken for its output: what lies
between the printed marks is the output, and the second mark carries `$?`.
"""

import codecs
import os
import re
import selectors
import subprocess
import time

PROMPT = "sinter# "
PANIC = re.compile(r"kernel panic[^\n]*", re.IGNORECASE)
PANIC_SECONDS = 3 # for the backtrace to come out
QUIT_SECONDS = 10
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r(?=\n)")
UNFINISHED = re.compile(r"(\x1b(\[[0-9;?]*)?|\r)\Z")
READ_SIZE = 65536


class ConsoleError(Exception):
    """What was waited for did not come."""


class ConsoleTimeout(ConsoleError):
    pass


class SystemEnded(ConsoleError):
    """QEMU has ended, or the kernel has panicked."""


class Console:
    def __init__(self, command, log=None):
        """Starts QEMU. `log`: a path that everything printed goes to."""
        self.log_path = log
        self.text = ""
        self.unfinished = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.commands = 0
        self.deadline = None
        self.log = None
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            self.log = log.open("wb")
            self.log.write(("$ " + " ".join(command) + "\n").encode())
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
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

    def read(self, seconds):
        """Takes what comes within the time; false at the end of QEMU's output."""
        if not self.selector.select(max(seconds, 0)):
            return True
        data = os.read(self.process.stdout.fileno(), READ_SIZE)
        if self.log:
            self.log.write(data)
            self.log.flush()
        self.take(self.decoder.decode(data))
        return bool(data)

    def take(self, text):
        """Adds to what has been printed, without terminal control and carriage returns."""
        text = self.unfinished + text
        cut = UNFINISHED.search(text)
        self.unfinished = cut.group() if cut else ""
        self.text += ESCAPE.sub("", text[:cut.start()] if cut else text)

    def expect(self, pattern, timeout=60):
        """Waits for a regular expression; answers the match, and drops the text up to its end."""
        wanted = re.compile(pattern, re.MULTILINE | re.DOTALL)
        end = self.end_of(timeout)
        alive = True
        while True:
            match = wanted.search(self.text)
            if match:
                self.text = self.text[match.end():]
                return match
            self.check_alive(pattern, alive)
            if time.monotonic() > end:
                raise ConsoleTimeout(f"the time was up while {pattern!r} was awaited"
                                     f"{self.where()}; last output:\n{self.tail()}")
            alive = self.read(min(end - time.monotonic(), 1))

    def check_alive(self, pattern, alive):
        if PANIC.search(self.text):
            end = time.monotonic() + PANIC_SECONDS
            while time.monotonic() < end and self.read(end - time.monotonic()):
                pass
            raise SystemEnded(f"the kernel panicked while {pattern!r} was awaited{self.where()}:\n"
                              + self.text[PANIC.search(self.text).start():])
        if not alive:
            raise SystemEnded(f"QEMU ended while {pattern!r} was awaited{self.where()}:\n"
                              f"{self.tail()}")

    def tail(self):
        return "\n".join(self.text.splitlines()[-15:])

    def send(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise SystemEnded(f"QEMU has ended{self.where()}") from error

    def wait_prompt(self, timeout=120):
        self.expect(re.escape(PROMPT), timeout)

    def run(self, command, timeout=60):
        """Runs a command line at the prompt: (what it printed, its status)."""
        self.commands += 1
        number = self.commands
        separator = " " if command.rstrip().endswith("&") else "; "
        self.send(f'echo "@BE""GIN-{number}"; {command}{separator}echo "@E""ND-{number}" $?\n')
        end = self.end_of(timeout)
        started = self.expect(rf'@BEGIN-{number}\n|ND-{number}" \$\?\n(?P<refused>'
                              rf'(?:(?!@BEGIN-{number}\n).)*?)^{re.escape(PROMPT)}', timeout)
        if started.group("refused") is not None: # the shell did not accept the line
            self.send(f'echo "@E""ND-{number}" $?\n')
        match = self.expect(rf"(?P<output>.*?)@END-{number} (?P<status>-?\d+)\n",
                            max(end - time.monotonic(), 1))
        self.wait_prompt(max(end - time.monotonic(), 1))
        output = match.group("output") if started.group("refused") is None else started["refused"]
        return output, int(match.group("status"))

    def power_off(self, timeout=QUIT_SECONDS):
        """Asks the system to switch off; true if it did."""
        self.send("poweroff\n")
        return self.wait_end(timeout)

    def wait_end(self, timeout):
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
