/* Busy threads whose turns and CPU time are counted. */
#ifndef TEST_SCHEDULE_H
#define TEST_SCHEDULE_H

#include "test.h"

struct runner {
    struct worker worker;
    handle_t first_turn; /* an event, or 0: signalled once it runs */
    volatile uint64_t turns;
    volatile uint32_t stop;
};

/* task 0: this one. */
void runner_start(struct runner *runner, handle_t task, uint32_t priority);
void runner_end(struct runner *runner);
uint64_t runner_time(const struct runner *runner);

/* `part` is `low` to `high` per cent of `whole`. */
#define EXPECT_SHARE(part, whole, low, high)                                                       \
    expect_share(__FILE__, __LINE__, #part, (part), (whole), (low), (high))
void expect_share(const char *file, int line, const char *what, uint64_t part, uint64_t whole,
                  uint64_t low, uint64_t high);

#endif
