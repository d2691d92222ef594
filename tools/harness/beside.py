"""A part of the work that goes on beside the rest, in the time that this leaves.

It is a process, which ends with the one that started it. What it prints goes to a file, which is
shown once the rest is done, so that lines are not mixed."""

import multiprocessing
import os
import shutil
import signal
import sys

from .console import end_with_parent

NICENESS = 10
LOOK_SECONDS = 0.5 # for what it has printed since


class Beside:
    def __init__(self, action, log):
        """`action` is called in the process, with a function that waits until the rest is done;
        `log` is the file's path."""
        context = multiprocessing.get_context("fork")
        self.alone = context.Event()
        self.log = log
        log.write_bytes(b"")
        sys.stdout.flush() # or the process would print it too
        self.process = context.Process(
            target=self.run, args=(action,), daemon=True)
        self.process.start()

    def run(self, action):
        end_with_parent(signal.SIGTERM)
        os.nice(NICENESS)
        with self.log.open("ab") as file:
            for output in (sys.stdout, sys.stderr):
                os.dup2(file.fileno(), output.fileno())
        action(self.alone.wait)

    def finish(self):
        """The rest is done. Shows what is printed until the end; answers whether that was good."""
        self.alone.set()
        with self.log.open("r", encoding="utf-8", errors="replace") as file:
            while self.process.is_alive():
                self.show(file)
                self.process.join(LOOK_SECONDS)
            self.show(file)
        return self.process.exitcode == 0

    @staticmethod
    def show(file):
        shutil.copyfileobj(file, sys.stdout)
        sys.stdout.flush()
