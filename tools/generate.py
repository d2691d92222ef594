#!/usr/bin/python3
"""Makes everything that follows from the interface tables (libsys/tables): headers, stubs, the
kernel's dispatch, version script, export table, reference pages and the tracer's table.

    generate.py --tables libsys/tables --output BUILD/generated
    generate.py --tables libsys/tables --check-list libsys/SYS_1.list
    generate.py --tables libsys/tables --update-list libsys/SYS_1.list
    generate.py --tables libsys/tables --check-libsys BUILD/libsys/libsys.so

Output depends on the tables alone, and a file whose content stays the same is not touched.
"""

import argparse
import sys
from pathlib import Path

from interface import (abi, check_libsys, decode, kernel, libsys, protocol, reference,
                       release_list, rust, static, system)
from interface.output import Output
from interface.tables import TableError, load_tables

EMITTERS = (abi, system, kernel, libsys, static, protocol, reference, decode, rust)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tables", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--output", type=Path, help="folder to generate into")
    parser.add_argument("--stamp", type=Path, help="file to write when done, for build tools")
    parser.add_argument("--check-list", type=Path, help="committed list to compare with")
    parser.add_argument("--update-list", type=Path, help="committed list to add to")
    parser.add_argument("--check-libsys", type=Path, help="linked libsys.so to examine")
    return parser.parse_args(arguments)


def generate(tables, folder):
    output = Output(folder)
    for emitter in EMITTERS:
        emitter.emit(tables, output)
    output.remove_stale()


def main(arguments=None):
    options = parse_arguments(arguments)
    try:
        tables = load_tables(options.tables)
        if options.output:
            generate(tables, options.output)
        if options.check_list:
            release_list.check(tables, options.check_list)
        if options.update_list:
            release_list.update(tables, options.update_list)
        if options.check_libsys:
            check_libsys.check(tables, options.check_libsys)
    except TableError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    if options.stamp:
        options.stamp.write_text("")
    return 0


if __name__ == "__main__":
    sys.exit(main())
