/*
 * The outline atomics that gcc and clang call by default on aarch64 (-moutline-atomics), with the
 * exclusive loads and stores of Armv8.0. libgcc's own choose by a variable that a constructor
 * sets; libsys has no writable data. Each answers the old value.
 */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

typedef unsigned __int128 uint128_t;

#define FULL_BARRIER() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define NO_BARRIER()   (void)0

#define COMPARE_AND_SWAP(size, type, name, order, failed_order, barrier)                           \
    EXPORT type __aarch64_cas##size##_##name(type expected, type desired, type *place);            \
    type __aarch64_cas##size##_##name(type expected, type desired, type *place)                    \
    {                                                                                              \
        __atomic_compare_exchange_n(place, &expected, desired, 0, order, failed_order);            \
        barrier();                                                                                 \
        return expected;                                                                           \
    }

#define FETCH(operation, builtin, complement, size, type, name, order, barrier)                    \
    EXPORT type __aarch64_##operation##size##_##name(type value, type *place);                     \
    type __aarch64_##operation##size##_##name(type value, type *place)                             \
    {                                                                                              \
        type old = builtin(place, complement value, order);                                        \
        barrier();                                                                                 \
        return old;                                                                                \
    }

#define ALL_OPERATIONS(size, type, name, order, failed_order, barrier)                             \
    COMPARE_AND_SWAP(size, type, name, order, failed_order, barrier)                               \
    FETCH(swp, __atomic_exchange_n, +, size, type, name, order, barrier)                           \
    FETCH(ldadd, __atomic_fetch_add, +, size, type, name, order, barrier)                          \
    FETCH(ldset, __atomic_fetch_or, +, size, type, name, order, barrier)                           \
    FETCH(ldeor, __atomic_fetch_xor, +, size, type, name, order, barrier)                          \
    FETCH(ldclr, __atomic_fetch_and, ~, size, type, name, order, barrier)

#define ALL_SIZES(name, order, failed_order, barrier)                                              \
    ALL_OPERATIONS(1, uint8_t, name, order, failed_order, barrier)                                 \
    ALL_OPERATIONS(2, uint16_t, name, order, failed_order, barrier)                                \
    ALL_OPERATIONS(4, uint32_t, name, order, failed_order, barrier)                                \
    ALL_OPERATIONS(8, uint64_t, name, order, failed_order, barrier)

ALL_SIZES(relax, __ATOMIC_RELAXED, __ATOMIC_RELAXED, NO_BARRIER)
ALL_SIZES(acq, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE, NO_BARRIER)
ALL_SIZES(rel, __ATOMIC_RELEASE, __ATOMIC_RELAXED, NO_BARRIER)
ALL_SIZES(acq_rel, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE, NO_BARRIER)
ALL_SIZES(sync, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST, FULL_BARRIER)

/*
 * Sixteen bytes, for which compilers without LSE2 would call another library. The pair that was
 * read is known to be one only after a store succeeded, so a mismatch stores back what was there.
 */
#define COMPARE_AND_SWAP_PAIR(name, load, store, barrier)                                          \
    EXPORT uint128_t __aarch64_cas16_##name(uint128_t expected, uint128_t desired,                 \
                                            uint128_t *place);                                     \
    uint128_t __aarch64_cas16_##name(uint128_t expected, uint128_t desired, uint128_t *place)      \
    {                                                                                              \
        uint64_t low, high, new_low, new_high;                                                     \
        uint32_t failed;                                                                           \
        do {                                                                                       \
            __asm__ volatile(load " %0, %1, [%2]"                                                  \
                             : "=&r"(low), "=&r"(high)                                             \
                             : "r"(place)                                                          \
                             : "memory");                                                          \
            int same = low == (uint64_t)expected && high == (uint64_t)(expected >> 64);            \
            new_low = same ? (uint64_t)desired : low;                                              \
            new_high = same ? (uint64_t)(desired >> 64) : high;                                    \
            __asm__ volatile(store " %w0, %1, %2, [%3]"                                            \
                             : "=&r"(failed)                                                       \
                             : "r"(new_low), "r"(new_high), "r"(place)                             \
                             : "memory");                                                          \
        } while (failed);                                                                          \
        barrier();                                                                                 \
        return (uint128_t)high << 64 | low;                                                        \
    }

COMPARE_AND_SWAP_PAIR(relax, "ldxp", "stxp", NO_BARRIER)
COMPARE_AND_SWAP_PAIR(acq, "ldaxp", "stxp", NO_BARRIER)
COMPARE_AND_SWAP_PAIR(rel, "ldxp", "stlxp", NO_BARRIER)
COMPARE_AND_SWAP_PAIR(acq_rel, "ldaxp", "stlxp", NO_BARRIER)
COMPARE_AND_SWAP_PAIR(sync, "ldaxp", "stlxp", FULL_BARRIER)
