#!/usr/bin/python3
"""./image: builds Sinter and makes a disk image that firmware boots from, or one for xv6."""

import sys
from pathlib import Path

from harness import image, options as checks, packages, xv6_image
from harness.build import Variant, build_or_exit
from harness.places import ARCHITECTURES, BUILD, COMPILERS
from harness.xv6_programs import xv6_programs

EPILOGUE = """\
The image has a GPT with two FAT partitions: `boot` (extlinux/extlinux.conf, kernel, boot set), from
which U-Boot's distro boot starts the system, and `root`, which is yours. `./run --uboot` boots it.
docs/BOARDS.md tells how to put it on a real board.

With --xv6 it is a file system as xv6 has it, with the project's programs for that system
(test/xv6) and the FILEs; docs/XV6.md tells what to do with it.
"""


def parse_arguments():
    parser = checks.Parser(prog="./image", description=__doc__.split(": ", 1)[1], epilog=EPILOGUE)
    parser.add_argument("architecture", choices=ARCHITECTURES)
    parser.add_argument("--output", type=Path, metavar="FILE",
                        help="where to (default build/sinter-ARCHITECTURE.img); a file that is "
                             "there is replaced")
    parser.add_argument("--root-size", type=checks.image_size, metavar="SIZE",
                        default=f"{image.ROOT_SIZE >> 20}M",
                        help="of the root partition (default %(default)s)")
    parser.add_argument("--xv6", nargs="*", type=Path, metavar="FILE",
                        help="makes a disk for xv6 instead (default build/xv6-ARCHITECTURE.img)")
    parser.add_argument("--compiler", choices=COMPILERS, default="clang")
    return parser.parse_args()


def make_xv6(variant, files, output):
    """The path of an xv6 disk with the programs of test/xv6 and some files."""
    build_or_exit(variant, targets=())
    path = output or BUILD / f"xv6-{variant.architecture}.img"
    tree = {name: program.read_bytes() for name, program in xv6_programs(variant).items()}
    tree |= {file.name: file.read_bytes() for file in files}
    path.write_bytes(xv6_image.make({**tree, "console": xv6_image.Device(1, 0)}))
    return path


def main():
    options = parse_arguments()
    variant = Variant(options.architecture, options.compiler)
    if options.xv6 is not None:
        packages.ensure(packages.for_target(options.architecture, options.compiler))
        try:
            print(make_xv6(variant, options.xv6, options.output))
        except (OSError, ValueError) as error:
            sys.exit(f"./image: no disk for xv6 could be made: {error}")
        return
    packages.ensure(packages.for_target(options.architecture, options.compiler)
                    + packages.IMAGE_TOOLS)
    build_or_exit(variant)
    path = options.output or image.place(options.architecture)
    try:
        image.make_image(path, variant.kernel, variant.boot_set,
                         checks.size_bytes(options.root_size))
    except (image.ImageError, OSError) as error:
        sys.exit(f"./image: {path} could not be made: {error}")
    print(path)


if __name__ == "__main__":
    main()
