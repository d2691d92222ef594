/*
 * Accounts; see kern/account.h.
 */
#include <kern/account.h>
#include <kern/list.h>

static struct account root = {
    .object = {.type = OBJECT_ACCOUNT, .size = sizeof(struct account), .references = 1},
};

struct account *account_root = &root;
atomic_uint account_cpu_limits;

void account_init(uint64_t pages, uint64_t kernel_bytes)
{
    atomic_store(&root.pages_limit, pages);
    atomic_store(&root.kernel_limit, kernel_bytes);
    atomic_store(&root.cpu_limit, ~UINT64_C(0));
}

void account_limit_cpu(struct account *account, uint64_t limit, uint64_t period)
{
    uint64_t before;

    atomic_store(&account->cpu_period, period);
    atomic_fetch_add(&account_cpu_limits, limit != ~UINT64_C(0));
    before = atomic_exchange(&account->cpu_limit, limit);
    atomic_fetch_sub(&account_cpu_limits, before != ~UINT64_C(0));
}

void account_destroy(struct object *object)
{
    account_limit_cpu(container_of(object, struct account, object), ~UINT64_C(0), 0);
    object_free(object);
}

struct account *account_create(struct account *parent)
{
    struct account *account = object_create(OBJECT_ACCOUNT, sizeof(*account), parent);

    if (account != NULL) {
        account->depth = parent->depth + 1;
        atomic_store(&account->pages_limit, ~UINT64_C(0));
        atomic_store(&account->kernel_limit, ~UINT64_C(0));
        atomic_store(&account->cpu_limit, ~UINT64_C(0));
    }
    return account;
}

/* The counter of one resource: they lie in pairs, used then limit. */
static bool charge(struct account *account, size_t offset, uint64_t amount)
{
    struct account *failed = account;

    for (; failed != NULL; failed = failed->object.account) {
        atomic_ulong *used = (atomic_ulong *)((char *)failed + offset);
        uint64_t before = atomic_fetch_add_explicit(used, amount, memory_order_relaxed);

        if (before + amount > atomic_load_explicit(used + 1, memory_order_relaxed)) {
            break;
        }
    }
    if (failed == NULL) {
        return true;
    }
    for (struct account *at = account;; at = at->object.account) {
        atomic_ulong *used = (atomic_ulong *)((char *)at + offset);

        atomic_fetch_sub_explicit(used, amount, memory_order_relaxed);
        if (at == failed) {
            return false;
        }
    }
}

static void uncharge(struct account *account, size_t offset, uint64_t amount)
{
    for (; account != NULL; account = account->object.account) {
        atomic_ulong *used = (atomic_ulong *)((char *)account + offset);

        atomic_fetch_sub_explicit(used, amount, memory_order_relaxed);
    }
}

bool account_charge_pages(struct account *account, uint64_t pages)
{
    return charge(account, offsetof(struct account, pages), pages);
}

void account_uncharge_pages(struct account *account, uint64_t pages)
{
    uncharge(account, offsetof(struct account, pages), pages);
}

bool account_charge_kernel(struct account *account, uint64_t bytes)
{
    return charge(account, offsetof(struct account, kernel), bytes);
}

void account_uncharge_kernel(struct account *account, uint64_t bytes)
{
    uncharge(account, offsetof(struct account, kernel), bytes);
}

void account_charge_cpu(struct account *account, uint64_t ticks)
{
    for (; account != NULL; account = account->object.account) {
        atomic_fetch_add_explicit(&account->cpu, ticks, memory_order_relaxed);
        if (atomic_load_explicit(&account->cpu_limit, memory_order_relaxed) != ~UINT64_C(0)) {
            atomic_fetch_add_explicit(&account->period_used, ticks, memory_order_relaxed);
        }
    }
}

bool account_in_limited(const struct account *account)
{
    for (; account != NULL; account = account->object.account) {
        if (atomic_load_explicit(&account->cpu_limit, memory_order_relaxed) != ~UINT64_C(0)) {
            return true;
        }
    }
    return false;
}

/* Left of one account's budget; a new period begins when the old one is over. */
static uint64_t budget_left(struct account *account, uint64_t now, uint64_t *until)
{
    uint64_t limit = atomic_load(&account->cpu_limit);
    uint64_t period = atomic_load(&account->cpu_period);
    uint64_t start = atomic_load(&account->period_start);
    uint64_t used;

    if (limit == ~UINT64_C(0)) {
        return limit;
    }
    if ((int64_t)(now - start) >= (int64_t)period && /* it may have begun after `now`, elsewhere */
        atomic_compare_exchange_strong(&account->period_start, &start, now)) {
        atomic_store(&account->period_used, 0);
        start = now;
    }
    used = atomic_load(&account->period_used);
    *until = start + period;
    return used < limit ? limit - used : 0;
}

uint64_t account_cpu_left(struct account *account, uint64_t now, uint64_t *until)
{
    uint64_t least = ~UINT64_C(0);

    for (; account != NULL; account = account->object.account) {
        uint64_t end = 0;
        uint64_t left = budget_left(account, now, &end);

        if (left < least) {
            least = left;
            *until = end;
        }
    }
    return least;
}
