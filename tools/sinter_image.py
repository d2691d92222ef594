#!/usr/bin/python3
"""./image: builds Sinter and makes a disk image that firmware boots from."""

import sys
from pathlib import Path

from harness import image, options as checks, packages
from harness.build import Variant, build_or_exit
from harness.places import ARCHITECTURES, COMPILERS

EPILOGUE = """\
The image has a GPT with two FAT partitions: `boot` (extlinux/extlinux.conf, kernel, boot set), from
which U-Boot's distro boot starts the system, and `root`, which is yours. `./run --uboot` boots it.
docs/BOARDS.md tells how to put it on a real board.
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
    parser.add_argument("--compiler", choices=COMPILERS, default="clang")
    return parser.parse_args()


def main():
    options = parse_arguments()
    variant = Variant(options.architecture, options.compiler)
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
