/*
 * What the kernel keeps for each CPU. Only the CPU itself touches it, but for what says otherwise.
 */
#ifndef KERN_CPU_H
#define KERN_CPU_H

#include <arch/cpu.h>
#include <arch/layout.h>
#include <kern/list.h>
#include <kern/lock.h>
#include <sinter/abi.h>

struct thread;
struct space;

/* Threads that are ready on a CPU. Others add to it and take from it under the lock. */
struct run_queue {
    struct lock lock;
    volatile uint32_t ready; /* bit p: list p is not empty; may be read without the lock */
    struct list lists[LIMIT_PRIORITIES];
    struct list parked; /* the CPU adds to it; others only take out */
    uint64_t unpark_at; /* this CPU only: counter value, ~0: none is parked */
};

struct cpu {
    struct arch_cpu arch;         /* first: entry code knows its offsets */
    unsigned index;               /* 0 is the boot CPU */
    struct thread *current;       /* null while idle */
    struct space *volatile space; /* whose page table is active; read by others (space_destroy) */
    bool reschedule;              /* set by interrupts and wake-ups: choose again before leaving */
    bool online;
    bool fp_on;           /* the running thread's FP state is in the registers */
    volatile bool idle;   /* read by others */
    uint64_t switched_at; /* counter value when `current` began to run */
    uint64_t slice_end;   /* counter value */
    uint64_t deadline;    /* for which the CPU's timer is set; ~0: it is not */
    struct run_queue queue;
};

extern struct cpu cpus[CPU_MAX];
extern unsigned cpu_count;

#endif
