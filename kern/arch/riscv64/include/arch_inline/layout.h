/* riscv64, Sv39: the lower half of the 39-bit space is the user's. */
#ifndef ARCH_INLINE_LAYOUT_H
#define ARCH_INLINE_LAYOUT_H

#define USER_TOP UINT64_C(0x4000000000)

#define CODE_ALIGNMENT UINT64_C(2) /* of instructions */

#endif
