/*
 * struct account; private to the account calls and kern/object.
 */
#ifndef OBJECT_ACCOUNT_H
#define OBJECT_ACCOUNT_H

#include <kern/object.h>

struct account {
    struct object object; /* object.account: the parent */
    atomic_ulong pages, pages_limit;
    atomic_ulong kernel, kernel_limit;
    atomic_ulong cpu;                   /* ticks since creation */
    atomic_ulong cpu_limit, cpu_period; /* ticks; limit ~0: none */
    atomic_ulong period_start, period_used;
};

/* Null when the parent is full. */
struct account *account_create(struct account *parent);
/* In ticks; limit ~0: none. */
void account_limit_cpu(struct account *account, uint64_t limit, uint64_t period);
void account_destroy(struct object *object);

#endif
