/* The layout of the architecture under test (ARCH_THREAD_H), with a variable as thread pointer. */
#ifndef HOST_THREAD_H
#define HOST_THREAD_H

#define thread_pointer     machine_thread_pointer
#define set_thread_pointer machine_set_thread_pointer
#include ARCH_THREAD_H
#undef thread_pointer
#undef set_thread_pointer

extern uint64_t fake_thread_pointer;

static inline uint64_t thread_pointer(void)
{
    return fake_thread_pointer;
}

static inline void set_thread_pointer(uint64_t value)
{
    fake_thread_pointer = value;
}

#endif
