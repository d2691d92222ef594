/*
 * The user range: what TTBR0 translates with T0SZ = 25.
 */
#ifndef ARCH_INLINE_LAYOUT_H
#define ARCH_INLINE_LAYOUT_H

#include <stdint.h>

#define USER_TOP (UINT64_C(1) << 39)

#define CODE_ALIGNMENT UINT64_C(4) /* of instructions */

#endif
