/*
 * Restart policy: see policy.h.
 */
#include "policy.h"

#include "script.h"

static uint64_t delay_before(uint32_t restart)
{
    if (restart == 1) {
        return 0;
    }
    uint64_t delay = POLICY_FIRST_DELAY;
    for (uint32_t i = 2; i < restart && delay < POLICY_LONGEST_DELAY; i++) {
        delay *= 2;
    }
    return delay < POLICY_LONGEST_DELAY ? delay : POLICY_LONGEST_DELAY;
}

struct policy_verdict policy_decide(const struct policy *policy, const struct policy_end *end,
                                    uint32_t *in_a_row)
{
    bool wanted =
        policy->restart == SCRIPT_ALWAYS || (policy->restart == SCRIPT_ON_CRASH && end->crash);
    if (!wanted) {
        return (struct policy_verdict){end->crash ? POLICY_FAILED : POLICY_STOPPED, 0};
    }
    if (end->ran_for >= policy->min_run) {
        *in_a_row = 0;
    }
    if (*in_a_row >= policy->attempts) {
        return (struct policy_verdict){POLICY_FAILED, 0};
    }
    *in_a_row += 1;
    return (struct policy_verdict){POLICY_RESTART, delay_before(*in_a_row)};
}
