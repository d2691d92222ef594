/*
 * What the stress tests share: random numbers, and the time that they run. Each is over when its
 * time is up; what must hold is checked all the while, and that everything comes back afterwards.
 */
#ifndef TEST_STRESS_H
#define TEST_STRESS_H

#include "test.h"

/* For so long, and then until everybody has had a turn: on a busy host that may be later. */
#define STRESS_TIME SECOND

/* xorshift; the state is never 0. */
static inline uint64_t stress_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline uint64_t stress_seed(uint64_t salt)
{
    return (clock_read() ^ salt << 32) | 1;
}

#endif
