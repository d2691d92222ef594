#!/usr/bin/python3
"""tools/sinter-matrix: tries drivers of your own in every cell of the matrix."""

import argparse
import sys
import tempfile
from pathlib import Path

from harness import matrix, options as checks, packages
from harness.own_driver import DriverError, OwnDrivers
from harness.places import ARCHITECTURES

EPILOGUE = """\
DRIVER is one of
  FILE.o   an object, tried in the cells of its architecture; give one for each architecture
  PATH.o   with {architecture}, {compiler}, {build_type} in it: the object for each build
  FILE.c   compiled for each build by its compiler, with the headers and the library of this tree
TEST is a script of Sinter's shell, and passes with status 0. It finds the drivers in /boot by
their file names, and $arch, $compiler, $build, $cpus and $boot set. The exit status is 1 if a cell
failed.
"""


def parse_arguments():
    parser = checks.Parser(prog="tools/sinter-matrix", description=__doc__.split(": ", 1)[1],
                           epilog=EPILOGUE, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drivers", nargs="+", metavar="DRIVER")
    parser.add_argument("test", type=checks.readable_file, metavar="TEST")
    parser.add_argument("--build", metavar="COMMAND",
                        help="run this once for each build, before its objects are looked for; it "
                             "has $ARCHITECTURE, $CC and $CFLAGS, and placeholders are filled in")
    parser.add_argument("--arch", choices=ARCHITECTURES, help="only this architecture")
    parser.add_argument("-k", dest="pattern", metavar="TEXT",
                        help="only cells whose names contain this; ./check --matrix --list has "
                             "them")
    return parser, parser.parse_args()


def main():
    parser, options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="sinter-drivers-") as folder:
        try:
            drivers = OwnDrivers(options.drivers, options.build, Path(folder))
        except DriverError as error:
            parser.error(f"argument DRIVER: {error}")
        cells = [cell for cell in matrix.chosen(options.arch, options.pattern)
                 if drivers.fits(cell.variant)]
        if not cells:
            parser.error("no cell is left to try")
        packages.ensure_optional(packages.CLANG_14)
        packages.ensure(matrix.needed_packages(cells))
        outcomes = matrix.run(cells, options.test.read_text(encoding="utf-8"), drivers.objects,
                              matrix.tell_outcome)
    for outcome in outcomes:
        if outcome.verdict == matrix.FAILED:
            print(f"---- {outcome.cell.name}\n{outcome.text}")
    print(matrix.table(outcomes))
    return 1 if any(outcome.verdict == matrix.FAILED for outcome in outcomes) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
