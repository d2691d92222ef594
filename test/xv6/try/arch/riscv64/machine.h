/* What the tests have to know of the machine. */
#pragma once

#define RETURN_INSTRUCTION 0x00008067u /* jalr x0, 0(ra) */

/* Where kernels are: that of xv6, and the upper half of Sv39. */
#define KERNEL_ADDRESSES {0x80000000ul, 0xffffffc000000000ul}

/* Places outside any program: memory of the machine, the top of xv6's user range (its trap frame,
 * its trampoline, the first address that Sv39 cannot say), what is not canonical, the upper half.
 */
#define OUTSIDE_ADDRESSES                                                                          \
    {0x80000000ul,         0x3fffffc000ul,       0x3fffffe000ul,                                   \
     0x3ffffff000ul,       0x4000000000ul,       0x8000000000ul,                                   \
     0xffffffffc0000000ul, 0xfffffffffffff000ul, 0xfffffffffffffffful}
