#!/usr/bin/python3
"""./check: builds every variant, runs unit tests, fuzzers and system tests, and sums up."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from harness import bench, matrix, packages
from harness.beside import Beside
from harness.build import BuildError, Variant, ninja, setup
from harness.places import ARCHITECTURES, BUILD, COMPILERS, JUNIT, LOGS, ROOT
from harness.report import Suite, read_totals

TEST_WORKERS = min(os.cpu_count() or 1, 2)
FUZZ_SECONDS = 60 # for all fuzzers together
FUZZ_SECONDS_QUICK = 10
FUZZ_GRACE = 60
PYTEST_TOLD = (0, 1, 5) # statuses that the XML file explains: passed, failed, nothing to run

SOAK_TEST = "test_soak"

EPILOGUE = """\
Results: build/junit/*.xml; serial logs: build/logs. The last line counts, the exit status tells.
"""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./check", description=__doc__.split(": ", 1)[1],
                                     epilog=EPILOGUE)
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true",
                        help="only clang builds, a shorter fuzz run, and the quick tests")
    extent.add_argument("--long", action="store_true",
                        help="also the system tests that take many minutes each")
    extent.add_argument("--bench", action="store_true",
                        help="only the figures: counts instructions, writes build/bench.json")
    extent.add_argument("--matrix", action="store_true",
                        help="only the matrix: architecture, compiler, build type, CPUs, boot "
                             "path; -k and --arch choose cells")
    parser.add_argument("--list", action="store_true",
                        help="with --matrix: prints the names of the cells, as JSON, and ends")
    parser.add_argument("--cell", metavar="NAME", help="with --matrix: only this cell")
    parser.add_argument("--record-bounds", action="store_true",
                        help="with --bench: makes what is measured, and 10 %% more, the bounds")
    parser.add_argument("-k", dest="pattern", metavar="PATTERN",
                        help="only tests whose names match, as for pytest -k; no fuzzing")
    extent.add_argument("--soak", type=float, metavar="MINUTES",
                        help="only the endurance test, for so long")
    parser.add_argument("--arch", choices=ARCHITECTURES, help="only this architecture")
    options = parser.parse_args()
    if options.record_bounds and not options.bench:
        parser.error("--record-bounds goes with --bench")
    if options.soak is not None:
        if not 0 < options.soak < float("inf"):
            parser.error("--soak: give a number of minutes above 0")
        options.pattern = SOAK_TEST
    if (options.list or options.cell) and not options.matrix:
        parser.error("--list and --cell go with --matrix")
    if options.cell and not matrix.find(options.cell):
        parser.error(f"--cell: there is no cell `{options.cell}`; --matrix --list names them")
    return options


def say(text):
    print(f"== {text}", flush=True)


def build_variants(variants, suite):
    """Answers whether all could be built; goes on with the others after a failure."""
    for variant in variants:
        say(f"build {variant.name}")
        log = LOGS / f"build-{variant.name}.log"
        log.unlink(missing_ok=True)
        attempt(suite, variant.name, lambda: variant.build(log), log)
    return all(failure is None for _, failure, _ in suite.cases)


def attempt(suite, name, action, log):
    try:
        action()
        suite.add(name)
        return True
    except BuildError as error:
        print(error, flush=True)
        suite.add(name, failure=f"{error.first_error()} [log: {log}]\n{error}")
        return False


def build_host(suite, name, options=(), environment=None):
    folder = BUILD / name
    log = LOGS / f"build-{name}.log"
    log.unlink(missing_ok=True)
    say(f"build {name}")

    def action():
        setup(folder, list(options), log, environment)
        ninja(folder, log)
    return folder if attempt(suite, name, action, log) else None


def unit_tests(folder, options):
    """C unit tests by Meson, Python ones by pytest."""
    say("unit tests")
    if not options.pattern:
        result = folder / "meson-logs" / "testlog.junit.xml"
        result.unlink(missing_ok=True)
        subprocess.run(["meson", "test", "-C", str(folder), "--no-rebuild", "--print-errorlogs"],
                       cwd=ROOT)
        if result.exists():
            shutil.copy(result, JUNIT / "unit.xml")
        else:
            broke_off("unit", "meson test wrote no results")
    extent = ["-m", "not full"] if options.quick else []
    run_pytest("tools", [ROOT / "test" / "host", "-n", TEST_WORKERS, *extent], options.pattern)


def broke_off(name, reason):
    """A suite whose framework could not run it has failed."""
    suite = Suite(f"{name}-run")
    suite.add(name, failure=reason)
    suite.write()


def run_pytest(name, arguments, pattern=None):
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-c", str(ROOT / "test" / "pytest.ini"),
               "-p", "no:cacheprovider", "--junitxml", str(JUNIT / f"{name}.xml"),
               "-o", f"junit_suite_name={name}", *map(str, arguments)]
    if pattern:
        command += ["-k", pattern]
    compiled = {"PYTHONPYCACHEPREFIX": str(BUILD / "pycache"), "PYTHONDONTWRITEBYTECODE": ""}
    status = subprocess.run(command, cwd=ROOT, env={**os.environ, **compiled}).returncode
    if status not in PYTEST_TOLD:
        broke_off(name, f"pytest ended with status {status}; see above")


def fuzz(folder, seconds):
    """Each fuzzer for its share of the time, from its seeds; some at once."""
    suite = Suite("fuzz")
    fuzzers = sorted(path for path in (folder / "test" / "fuzz").glob("fuzz_*")
                     if path.is_file() and os.access(path, os.X_OK))
    share = max(seconds // len(fuzzers), 1)
    say(f"{len(fuzzers)} fuzzers for {share} s each")
    with ThreadPoolExecutor(TEST_WORKERS) as workers:
        list(workers.map(lambda fuzzer: run_fuzzer(fuzzer, share, suite), fuzzers))
    suite.write()


def run_fuzzer(fuzzer, seconds, suite):
    work = BUILD / "fuzz-work" / fuzzer.name
    work.mkdir(parents=True, exist_ok=True)
    command = [str(fuzzer), f"-max_total_time={seconds}", "-print_final_stats=1",
               f"-artifact_prefix={work}/", str(work)]
    log = LOGS / f"{fuzzer.name}.log"
    with log.open("wb") as file:
        try:
            status = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT,
                                    timeout=seconds + FUZZ_GRACE).returncode
        except subprocess.TimeoutExpired:
            status = "did not end in time"
    if status == 0:
        suite.add(fuzzer.name)
    else:
        tail = log.read_text(errors="replace")[-2000:]
        suite.add(fuzzer.name, failure=f"{status}: see {log}; input in {work}\n{tail}")


def system_tests(options):
    say("system tests")
    arguments = [ROOT / "test" / "qemu", "-n", TEST_WORKERS]
    arguments += ["-m", "quick"] if options.quick else ["-m", ""] if options.long else []
    arguments += ["--arch", options.arch] if options.arch else []
    arguments += ["--soak", options.soak] if options.soak else []
    run_pytest("system", arguments, options.pattern)


def needed_packages(architectures, compilers):
    names = (packages.HOST_TESTS + packages.DEBUGGER + packages.IMAGE_TOOLS + packages.UBOOT)
    for architecture in architectures:
        for compiler in compilers:
            names += packages.for_target(architecture, compiler)
    return names


def beside_tests(options, variants, wait_alone):
    """The other builds, and the host's tests. Fuzzers are given time, so they get whole CPUs."""
    builds = Suite("build-beside")
    build_variants(variants, builds)
    host = build_host(builds, "host")
    fuzzers = None
    if not options.pattern:
        fuzzers = build_host(builds, "fuzz", ["-Dfuzzers=true", "-Db_sanitize=address,undefined"],
                             {"CC": "clang-19"})
    builds.write()
    if host:
        unit_tests(host, options)
    if fuzzers:
        wait_alone()
        fuzz(fuzzers, FUZZ_SECONDS_QUICK if options.quick else FUZZ_SECONDS)


def run_all(options, architectures, compilers):
    """System tests need the builds of one compiler; what else there is to do goes on beside."""
    shutil.rmtree(JUNIT, ignore_errors=True)
    for folder in (JUNIT, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    first, others = ([Variant(architecture, compiler) for architecture in architectures
                      for compiler in chosen] for chosen in (compilers[:1], compilers[1:]))
    builds = Suite("build")
    built = build_variants(first, builds)
    builds.write()
    beside = Beside(lambda alone: beside_tests(options, others, alone), LOGS / "beside.log")
    if built:
        system_tests(options)
    else:
        say("no system tests, since not all could be built")
    say("builds and tests of the host, which went on meanwhile")
    if not beside.finish():
        broke_off("beside", f"it broke off; see {beside.log}")


def chosen_cells(options):
    if options.cell:
        return [matrix.find(options.cell)]
    return matrix.chosen(options.arch, options.pattern)


def run_matrix(options):
    """A script in every cell, the system tests in some, and a table."""
    shutil.rmtree(JUNIT, ignore_errors=True)
    cells = chosen_cells(options)
    say(f"{len(cells)} cells")
    outcomes = matrix.run(cells, matrix.SMOKE.read_text(encoding="utf-8"),
                          tell=matrix.tell_outcome)
    suite = Suite("matrix")
    for outcome in outcomes:
        suite.add(outcome.cell.name, *outcome.for_suite())
    suite.write()
    for outcome in outcomes:
        if outcome.cell.has_suite and outcome.verdict == matrix.PASSED:
            cell_suite(outcome.cell)
    print(matrix.table(outcomes))


def cell_suite(cell):
    """The system tests as far as they depend on the build."""
    say(f"system tests of {cell.variant.name}")
    try:
        cell.variant.build(LOGS / f"build-{cell.variant.name}.log")
    except BuildError as error:
        broke_off(f"system-{cell.name}", error.first_error())
        return
    run_pytest(f"system-{cell.name}",
               [ROOT / "test" / "qemu", "-n", TEST_WORKERS, "--arch", cell.architecture,
                "--compiler", cell.compiler, "--build-type", cell.build_type, "--only-build"])


def report(started):
    totals = read_totals()
    say(f"results after {time.monotonic() - started:.0f} s")
    for reason, count in sorted(totals.skips.items()):
        print(f"SKIPPED {count}: {reason}")
    for line in totals.failures:
        print(f"FAILED {line}")
    print(totals, flush=True)
    return 1 if totals.failed or not totals.passed else 0


def check_matrix(options, started):
    cells = chosen_cells(options)
    packages.ensure_optional(packages.CLANG_14)
    packages.ensure(matrix.needed_packages(cells) + packages.HOST_TESTS)
    LOGS.mkdir(parents=True, exist_ok=True)
    run_matrix(options)
    return report(started)


def main():
    started = time.monotonic()
    options = parse_arguments()
    if options.list:
        print(json.dumps([cell.name for cell in chosen_cells(options)]))
        return 0
    if options.matrix:
        return check_matrix(options, started)
    architectures = (options.arch,) if options.arch else ARCHITECTURES
    compilers = ("clang",) if options.quick or options.bench else COMPILERS
    packages.ensure(needed_packages(architectures, compilers))
    if not options.quick and not options.bench:
        packages.ensure_optional(packages.for_compiler_tests(architectures))
    if options.bench:
        return bench.run(architectures, options.record_bounds)
    run_all(options, architectures, compilers)
    return report(started)


def end_by_signal(number, _):
    sys.exit(128 + number)


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
