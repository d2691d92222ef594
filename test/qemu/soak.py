"""Random use of a whole system for as long as wanted: services are started, stopped, crashed and
exchanged, also from the host, while files are written and read and programs of xv6 run. Each step
checks what it did; now and then it is written down what the system takes. The seed makes the steps
repeat, not their moments."""

import hashlib
import json
import random
import statistics
import time

from harness import push
from services import check_fifo, memory_used, states

STEP_SECONDS = 600 # to give up
SETTLE_SECONDS = 600
LATENCY_ROUNDS = 15
FILES = 4 # names on each file system, used again and again
VICTIMS = ("fifo", "pipe", "virtio-blk", "partitions", "disk", "tmpfs", "bootfs", "names",
           "console", "virtio-rng", "xv6fs")
FAULTS = ("null", "illegal", "exit")
WAYS = ("exit", "crash", "crash-at-once", "crash-by-stack", "refuse", "hoard-pages",
        "hoard-kernel", "babble")
FOLDERS = ("/tmp", "/disk")
# Without these nothing can be typed: they must not fail, and a run as long as this begins the count
# of their restarts anew.
VITAL = ("console", "ns16550", "pl011")
VITAL_SECONDS = 15
UNSETTLED = ("loading", "starting", "stopping", "restarting")
FAULTY = "bad" # the service that misbehaves


class Soak:
    def __init__(self, console, seed, objects, plain_disk, port):
        self.console = console
        self.port = port # the socket of the virtio console
        self.started = time.monotonic()
        self.random = random.Random(seed)
        self.objects = objects # name in /boot -> contents
        self.plain_sum = hashlib.sha256(plain_disk).hexdigest()
        self.crashed = {} # the vital ones: time.monotonic()
        self.steps = {}
        self.samples = []
        self.actions = [
            (4, self.use_fifo), (4, self.use_file), (2, self.read_disk), (2, self.use_programs),
            (3, self.stop_and_start), (3, self.restart), (3, self.crash), (2, self.crash_a_reader),
            (1, self.crash_the_uart), (2, self.misbehave), (1, self.first_use),
            (3, self.replace), (2, self.push), (2, self.use_xv6),
        ]

    def run(self, command, timeout=STEP_SECONDS):
        output, status = self.console.run(command, timeout=timeout)
        assert status == 0, f"`{command}` ends with {status}: {output}{self.console.where()}"
        return output

    def settle(self):
        """Until nothing is on its way; what crashed too often to be restarted is started again."""
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            now = states(self.console)
            if not any(state in UNSETTLED for state in now.values()):
                break
            assert time.monotonic() < end, f"not settled: {now}{self.console.where()}"
        for name, state in now.items():
            if state == "failed" and name != FAULTY:
                self.run(f"svc start {name}")

    def use_fifo(self):
        check_fifo(self.console, str(self.random.random()))

    def use_file(self):
        """A file of the boot set, copied, renamed, compared and removed."""
        folder = self.random.choice(FOLDERS)
        name = self.random.choice(list(self.objects))
        path = f"{folder}/soak{self.random.randrange(FILES)}"
        self.run(f"cp /boot/{name} {path}; mv {path} {path}.new")
        wanted = hashlib.sha256(self.objects[name]).hexdigest()
        assert self.run(f"sha256sum {path}.new").split()[0] == wanted
        self.run(f"rm {path}.new")

    def read_disk(self):
        assert self.run("sha256sum /dev/disk1").split()[0] == self.plain_sum

    def use_programs(self):
        self.run(self.random.choice((
            "ps | wc", "mem > /tmp/mem; cat /tmp/mem | wc", "ls -l / /dev /boot | sha256sum",
            "for i in 1 2 3 4 5; do true & done; wait", "dmesg | wc", "svc list | wc",
            "head -n 2 /boot/init.rc | hexdump")))

    def stop_and_start(self):
        name = self.random.choice(("spare", "fifo", "virtio-rng"))
        self.run(f"svc start {name}; svc stop {name}")
        if name != "spare":
            self.run(f"svc start {name}")

    def restart(self):
        self.run(f"svc restart {self.random.choice(VICTIMS)}")

    def may_crash(self, name):
        now = time.monotonic()
        may = name not in VITAL or now > self.crashed.get(name, 0.0) + VITAL_SECONDS
        self.crashed[name] = now if may else self.crashed[name]
        return may

    def crash(self):
        name, fault = self.random.choice(VICTIMS), self.random.choice(FAULTS)
        if self.may_crash(name):
            # What has been printed and not yet left the console would be lost with it.
            self.run(f"sleep 1; svc kill {name} --fault {fault}")
            self.settle()

    def crash_a_reader(self):
        """The disk's driver goes while somebody reads; who reads goes on."""
        self.run("sha256sum /dev/disk1 > /tmp/sum &")
        self.run("svc kill virtio-blk --fault null; wait")
        assert self.run("cat /tmp/sum").split()[0] == self.plain_sum
        self.settle()

    def crash_the_uart(self):
        uart = next(name for name in states(self.console) if name in ("ns16550", "pl011"))
        if self.may_crash(uart):
            # What is typed meanwhile would be lost.
            self.run(f"svc kill {uart} --fault null; sleep 1")
            self.settle()

    def misbehave(self):
        way = self.random.choice(WAYS)
        self.console.run(f"svc start {FAULTY} object unruly.o attempts 1 memory 1M args {way}",
                         timeout=STEP_SECONDS)
        self.settle()
        self.run(f"svc stop {FAULTY} --force")

    def replace(self):
        """By an object from outside the boot set, and by one that nothing can be done with."""
        self.run("cp /boot/fifo.o /tmp/new.o; svc replace fifo with /tmp/new.o")
        self.use_fifo()
        self.run("head -n 3 /boot/fifo.o > /tmp/new.o; ! svc replace fifo with /tmp/new.o")
        self.run("rm /tmp/new.o; svc replace fifo with fifo.o")

    def push(self):
        """As ./run push does, whole and cut."""
        whole = self.objects["fifo.o"]
        outcome = push.send(self.port, "fifo", "fifo.o", whole, STEP_SECONDS)
        assert outcome.good, outcome
        self.use_fifo()
        outcome = push.send(self.port, "fifo", "fifo.o", whole[:len(whole) // 2], STEP_SECONDS)
        assert not outcome.good and "nothing has changed" in outcome.text, outcome

    def use_xv6(self):
        """An instance is started, runs programs, crashes while one runs, and is stopped."""
        self.run("svc start lab object xv6.o root /xv6 memory 8M")
        assert self.run("echo one two | in lab /wc").split() == ["1", "2", "8"]
        text = str(self.random.random())
        self.run(f"in lab /sh -c '/echo {text} > /soak; /forktest' > /tmp/out")
        assert self.run("in lab /cat /soak") == f"{text}\n"
        self.run("in lab /sleep 20 < /dev/null > /tmp/out &") # it ends though it began too late
        self.run(f"svc kill lab --fault {self.random.choice(FAULTS)}; wait; rm /tmp/out")
        self.settle()
        assert self.run("in lab /cat /soak | wc") == "1 1 %d\n" % (len(text) + 1)
        self.run("svc stop lab --force")

    def first_use(self):
        self.run("svc start late object fifo.o demand; echo x > /dev/late &")
        assert self.run("cat /dev/late") == "x\n"
        self.run("svc stop late")

    def endpoints(self):
        """How many the servers and programs hold; handles of other kinds are told nowhere."""
        rows = [line.split() for line in self.run("svc graph").splitlines()]
        column = rows[0].index("ENDPOINTS")
        return sum(int(row[column]) for row in rows[1:])

    def sample(self):
        """What the system takes when nothing happens, how long a small thing lasts, and how much of
        the host's processors it uses: other work on the host disturbs that less than the time."""
        self.settle()
        self.run("rm -f /tmp/mem /tmp/sum")
        seconds, worked = [], self.console.processor_seconds()
        for _ in range(LATENCY_ROUNDS):
            begun = time.monotonic()
            self.use_fifo()
            seconds.append(time.monotonic() - begun)
        busy = self.console.processor_seconds() - worked
        pages, kernel = memory_used(self.console)
        self.samples.append({"seconds": round(time.monotonic() - self.started),
                             "used_kib": pages, "kernel_kib": kernel,
                             "endpoints": self.endpoints(), "steps": sum(self.steps.values()),
                             "latency_ms": round(statistics.median(seconds) * 1000, 1),
                             "processor_ms": round(busy * 1000 / LATENCY_ROUNDS, 1)})

    def step(self, action):
        action()
        self.steps[action.__name__] = self.steps.get(action.__name__, 0) + 1

    def each(self, rounds):
        """Every step once a round, with a sample after each round."""
        for _ in range(rounds):
            for _, action in self.random.sample(self.actions, len(self.actions)):
                self.step(action)
            self.sample()

    def go_on(self, seconds, every):
        """Random steps for so long; a sample first, last, and whenever `every` seconds are over."""
        next_sample = time.monotonic()
        end = next_sample + seconds
        weights, actions = zip(*self.actions)
        while time.monotonic() < end:
            if time.monotonic() >= next_sample:
                self.sample()
                next_sample = time.monotonic() + every
            self.step(self.random.choices(actions, weights)[0])
        self.sample()

    def write(self, path):
        path.write_text(json.dumps({"steps": self.steps, "samples": self.samples}, indent=1) + "\n",
                        encoding="utf-8")
