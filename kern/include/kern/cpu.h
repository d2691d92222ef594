/*
 * What the kernel keeps for each CPU. Only the CPU itself touches it, but for what says otherwise.
 */
#ifndef KERN_CPU_H
#define KERN_CPU_H

#include <arch/cpu.h>
#include <arch/layout.h>

struct thread;
struct space;

struct cpu {
    struct arch_cpu arch; /* first: entry code knows its offsets */
    unsigned index;       /* 0 is the boot CPU */
    struct thread *current; /* null while idle */
    struct space *volatile space; /* whose page table is active; read by others (space_destroy) */
    bool reschedule;        /* set by interrupts and wake-ups: choose again before leaving */
    bool online;
    bool fp_on;             /* the running thread's FP state is in the registers */
    volatile bool idle;     /* read by others */
    uint64_t switched_at;   /* counter value when `current` began to run */
    uint64_t slice_end;     /* counter value */
};

extern struct cpu cpus[CPU_MAX];
extern unsigned cpu_count;

#endif
