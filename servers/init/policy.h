/*
 * What becomes of a service that has ended without being asked to.
 *
 * The first restart is at once, later ones after delays that double; a run of at least `min_run`
 * clears the count; after `attempts` restarts in a row the service has failed. Pure.
 */
#ifndef INIT_POLICY_H
#define INIT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum {
    POLICY_FIRST_DELAY = 100000000, /* ns, before the second restart in a row */
};
#define POLICY_LONGEST_DELAY 10000000000ull /* ns */

struct policy {
    uint32_t restart; /* enum script_restart */
    uint32_t attempts;
    uint64_t min_run; /* ns */
};

struct policy_end {
    bool crash;       /* a fault, killed, no heartbeat, never ready, or an exit code other than 0 */
    uint64_t ran_for; /* ns since it was ready; 0: it never was */
};

/* POLICY_OLD_OBJECT is never decided here: an object that was to replace another has failed. */
enum policy_action { POLICY_STOPPED, POLICY_RESTART, POLICY_FAILED, POLICY_OLD_OBJECT };

struct policy_verdict {
    enum policy_action action;
    uint64_t delay; /* ns, for POLICY_RESTART */
};

/* `in_a_row` counts restarts; it is kept by the caller from one end to the next. */
struct policy_verdict policy_decide(const struct policy *policy, const struct policy_end *end,
                                    uint32_t *in_a_row);

#endif
