/*
 * Device registers, little-endian; accesses stay in program order with each other.
 *
 * arch_inline/mmio.h defines, inline, for N of 8, 32 and 64:
 *   uintN_t mmio_readN(const volatile void *address);
 *   void mmio_writeN(volatile void *address, uintN_t value);
 */
#ifndef ARCH_MMIO_H
#define ARCH_MMIO_H

#include <stdint.h>
#include <arch_inline/mmio.h>

#endif
