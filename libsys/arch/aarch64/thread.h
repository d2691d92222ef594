/*
 * The thread pointer and thread-local storage of aarch64 (psABI, variant I): TPIDR_EL0 points at 16
 * bytes of thread control, the message page's address in the upper 8; the block follows, aligned.
 */
#ifndef LIBSYS_THREAD_H
#define LIBSYS_THREAD_H

#include <stdint.h>

#define TLS_CONTROL_BELOW       0  /* bytes of thread control below the thread pointer */
#define TLS_CONTROL_BYTES       16 /* at the thread pointer */
#define TLS_MESSAGE_PAGE_OFFSET 8  /* from the thread pointer */

/* Offset of the block from the thread pointer. */
static inline uint64_t tls_block_offset(uint64_t alignment)
{
    return alignment > TLS_CONTROL_BYTES ? alignment : TLS_CONTROL_BYTES;
}

static inline uint64_t thread_pointer(void)
{
    uint64_t value;
    __asm__("mrs %0, tpidr_el0" : "=r"(value));
    return value;
}

static inline void set_thread_pointer(uint64_t value)
{
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(value) : "memory");
}

#endif
