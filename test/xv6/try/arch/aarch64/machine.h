/* What the tests have to know of the machine. */
#pragma once

#define RETURN_INSTRUCTION 0xd65f03c0u /* ret */

/* Where kernels are: the memory of QEMU's `virt`, and the range of TTBR1. */
#define KERNEL_ADDRESSES {0x40000000ul, 0xffff000000000000ul}

/* Places outside any program: memory of the machine, the last GiB of 256, the ends of ranges of
 * 39 and 48 bits, what is in neither range, an address with a tag, the range of TTBR1. */
#define OUTSIDE_ADDRESSES                                                                          \
    {0x40000000ul,        0x3fffffc000ul,       0x3fffffe000ul,       0x3ffffff000ul,              \
     0x4000000000ul,      0x7ffffff000ul,       0x8000000000ul,       0xfffffffff000ul,            \
     0x1000000000000ul,   0x5a00000080000000ul, 0xffff000000000000ul, 0xfffffffffffff000ul,        \
     0xfffffffffffffffful}
