/*
 * The thread pointer and thread-local storage of riscv64 (psABI, variant I): tp points at the
 * block; 16 bytes of thread control lie just below it, the message page's address in the upper 8.
 */
#ifndef LIBSYS_THREAD_H
#define LIBSYS_THREAD_H

#include <stdint.h>

#define TLS_CONTROL_BELOW       16   /* bytes of thread control below the thread pointer */
#define TLS_MESSAGE_PAGE_OFFSET (-8) /* from the thread pointer */

/* Offset of the block from the thread pointer. */
static inline uint64_t tls_block_offset(uint64_t alignment)
{
    (void)alignment;
    return 0;
}

static inline uint64_t thread_pointer(void)
{
    uint64_t value;
    __asm__("mv %0, tp" : "=r"(value));
    return value;
}

static inline void set_thread_pointer(uint64_t value)
{
    __asm__ volatile("mv tp, %0" : : "r"(value) : "memory");
}

#endif
