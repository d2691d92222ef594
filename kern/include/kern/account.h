/*
 * Accounts: hierarchical budgets. A charge counts against the account and all above it, or, when
 * one of them is full, against none. Counters are atomic; no lock is taken to charge.
 *
 * CPU time: threads of an account with a CPU limit (its own or one above) are throttled when the
 * period's budget is used, until the next period begins.
 */
#ifndef KERN_ACCOUNT_H
#define KERN_ACCOUNT_H

#include <kern/object.h>

struct account {
    struct object object; /* object.account: the parent */
    uint32_t depth;       /* accounts above it; bounds what a charge takes */
    atomic_ulong pages, pages_limit;
    atomic_ulong kernel, kernel_limit;
    atomic_ulong cpu;                   /* ticks since creation */
    atomic_ulong cpu_limit, cpu_period; /* ticks; limit ~0: none */
    atomic_ulong period_start, period_used;
};

extern struct account *account_root;

void account_init(uint64_t pages, uint64_t kernel_bytes);
bool account_charge_pages(struct account *account, uint64_t pages);
void account_uncharge_pages(struct account *account, uint64_t pages);
bool account_charge_kernel(struct account *account, uint64_t bytes);
void account_uncharge_kernel(struct account *account, uint64_t bytes);
/* Adds ticks of CPU time to the account and all above. */
void account_charge_cpu(struct account *account, uint64_t ticks);
/* Ticks that threads of the account may still run now; ~0 without a limit, 0 when throttled. In
 * the latter case *until is the counter value at which the period ends. */
uint64_t account_cpu_left(struct account *account, uint64_t now, uint64_t *until);
/* How many accounts have a limit of CPU time. */
extern atomic_uint account_cpu_limits;
bool account_in_limited(const struct account *account);

static inline bool account_cpu_limited(const struct account *account)
{
    return atomic_load_explicit(&account_cpu_limits, memory_order_relaxed) != 0 &&
           account_in_limited(account);
}

/* Null when the parent is full. */
struct account *account_create(struct account *parent);
/* In ticks; limit ~0: none. */
void account_limit_cpu(struct account *account, uint64_t limit, uint64_t period);
void account_destroy(struct object *object);

#endif
