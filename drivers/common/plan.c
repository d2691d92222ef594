/* The arithmetic of plan.h; nothing in it wraps, whatever a client asks for. */
#include "plan.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

struct plan plan_transfer(uint64_t size, uint32_t block, uint64_t limit, uint64_t offset,
                          uint64_t length)
{
    struct plan plan = {0, 0, 0, 0};
    if (offset >= size || length == 0) {
        return plan;
    }
    plan.skip = offset & (block - 1);
    plan.start = offset - plan.skip;
    plan.count = smaller(smaller(length, size - offset), limit - plan.skip);
    plan.span = (plan.skip + plan.count + block - 1) & ~(uint64_t)(block - 1);
    return plan;
}

bool plan_is_partial(const struct plan *plan)
{
    return plan->skip != 0 || plan->count != plan->span;
}

bool plan_overlaps(const struct plan *one, const struct plan *other)
{
    return one->start < other->start + other->span && other->start < one->start + one->span;
}
