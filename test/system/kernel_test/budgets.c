/*
 * CPU budgets of accounts. A busy host pauses virtual CPUs: a pause counts as CPU time of whoever
 * runs, and it takes turns away from whoever is busiest. So both are compared, and the smaller
 * result counts: without a limit neither is small.
 */
#include "schedule.h"

#define PERIOD (100 * MILLISECOND)
#define NONE   (~UINT64_C(0))

static void run_busy(void *argument)
{
    struct runner *runner = argument;
    while (runner->stop == 0) {
        runner->turns++;
        if (runner->turns == 1 && runner->first_turn != 0) {
            EXPECT_OK(event_signal(runner->first_turn, 1));
        }
    }
}

void runner_start(struct runner *runner, handle_t task, uint32_t priority)
{
    *runner = (struct runner){.stop = 0};
    EXPECT_OK(worker_start(&runner->worker, task, priority, run_busy, runner));
}

void runner_end(struct runner *runner)
{
    runner->stop = 1;
    EXPECT(worker_end(&runner->worker));
}

uint64_t runner_time(const struct runner *runner)
{
    uint64_t time = 0;
    EXPECT_OK(thread_info(runner->worker.thread, NULL, NULL, &time, NULL));
    return time;
}

void expect_share(const char *file, int line, const char *what, uint64_t part, uint64_t whole,
                  uint64_t low, uint64_t high)
{
    char text[120];
    if (part * 100 < whole * low || part * 100 > whole * high) {
        format_text(text, sizeof(text), "%s: %lu of %lu is not %lu to %lu %%", what, part, whole,
                    low, high);
        test_failed(file, line, text);
    }
}

/* A task with an account of its own and a busy thread. */
struct limited {
    handle_t account, task;
    struct runner runner;
};

static void limited_start(struct limited *limited, handle_t parent, uint64_t limit)
{
    *limited = (struct limited){0};
    EXPECT_OK(account_create(parent, &limited->account));
    EXPECT_OK(account_limit(limited->account, ACCOUNT_CPU, limit, PERIOD));
    EXPECT_OK(task_create(limited->account, environment.space, 0, &limited->task));
    runner_start(&limited->runner, limited->task, OTHER_PRIORITY);
}

static void limited_end(struct limited *limited)
{
    EXPECT_OK(account_limit(limited->account, ACCOUNT_CPU, NONE, 0));
    runner_end(&limited->runner);
    EXPECT(task_ends(limited->task));
    close_handle(limited->task);
    close_handle(limited->account);
}

struct use {
    uint64_t turns, time;
};

static struct use use_of(const struct limited *limited, unsigned count)
{
    struct use use = {0, 0};
    for (unsigned i = 0; i < count; i++) {
        use.turns += limited[i].runner.turns;
        use.time += runner_time(&limited[i].runner);
    }
    return use;
}

/* Over ten periods of a busy thread without limit: what the others have in per cent of it. */
static uint64_t measure(const struct limited *limited, unsigned count)
{
    static struct runner free;
    runner_start(&free, 0, OTHER_PRIORITY);
    EVENTUALLY(free.turns > 0);
    struct use before = use_of(limited, count);
    struct use start = {free.turns, runner_time(&free)};
    uint64_t end = clock_read() + PATIENCE;
    while (runner_time(&free) - start.time < 10 * PERIOD && clock_read() < end) {
        sleep_for(PERIOD / 4);
    }
    struct use after = use_of(limited, count);
    struct use whole = {free.turns - start.turns, runner_time(&free) - start.time};
    runner_end(&free);
    EXPECT(whole.turns > 0 && whole.time > 0);
    uint64_t turns = (after.turns - before.turns) * 100 / (whole.turns + 1);
    uint64_t time = (after.time - before.time) * 100 / (whole.time + 1);
    return turns < time ? turns : time;
}

/* 20 per cent of a CPU, against a competitor that would leave it half. */
static void test_share(void)
{
    static struct limited limited;
    limited_start(&limited, environment.account, PERIOD / 5);
    EXPECT_SHARE(measure(&limited, 1), 100, 5, 70); /* without a limit: 100 */
    limited_end(&limited);
}

/* The same without any competitor: a budget is no share of what others leave. Pauses of the host
 * can only add to the time, so the least of some trials counts. */
static void test_alone(void)
{
    enum { TRIALS = 5 };
    static struct limited limited;
    uint64_t least = 10 * PERIOD;
    limited_start(&limited, environment.account, PERIOD / 5);
    for (unsigned i = 0; i < TRIALS && least * 100 > 10 * PERIOD * 40; i++) {
        uint64_t before = runner_time(&limited.runner);
        sleep_for(10 * PERIOD);
        uint64_t used = runner_time(&limited.runner) - before;
        least = used < least ? used : least;
    }
    EXPECT_SHARE(least, 10 * PERIOD, 5, 60);
    limited_end(&limited);
}

/* The limit of an account holds over all below it, whatever they have of their own. */
static void test_parent(void)
{
    enum { CHILDREN = 3 };
    static struct limited children[CHILDREN];
    handle_t parent = 0;
    REQUIRE_OK(account_create(environment.account, &parent));
    EXPECT_OK(account_limit(parent, ACCOUNT_CPU, PERIOD / 5, PERIOD));
    for (unsigned i = 0; i < CHILDREN; i++) {
        limited_start(&children[i], parent, i == 0 ? NONE : 2 * PERIOD);
    }
    EXPECT_SHARE(measure(children, CHILDREN), 100, 5, 150); /* without a limit: 300 */
    EXPECT_OK(account_limit(parent, ACCOUNT_CPU, NONE, 0));
    for (unsigned i = 0; i < CHILDREN; i++) {
        EVENTUALLY(children[i].runner.turns > 0);
        limited_end(&children[i]);
    }
    close_handle(parent);
}

/* Nothing until the limit goes, or for ever. */
static void test_zero(void)
{
    static struct limited limited;
    limited_start(&limited, environment.account, 0);
    sleep_for(3 * PERIOD);
    EXPECT(limited.runner.turns == 0 && runner_time(&limited.runner) == 0);
    EXPECT_OK(account_limit(limited.account, ACCOUNT_CPU, NONE, 0));
    EVENTUALLY(limited.runner.turns > 0);
    limited_end(&limited);

    limited_start(&limited, environment.account, 0);
    EXPECT_OK(task_kill(limited.task, 1)); /* it needs no budget to die */
    EXPECT(task_ends(limited.task));
    EXPECT(limited.runner.turns == 0);
    limited_end(&limited);
}

/* More than the kernel takes apart at once. */
static void leave_much(void *argument)
{
    enum { PAGES = 1024 };
    (void)argument;
    uint64_t base = map_new(environment.account, PAGES * PAGE);
    for (uint64_t page = 0; page < PAGES; page++) {
        *(volatile char *)at(base + page * PAGE) = 1;
    }
    unmap(base, PAGES * PAGE);
}

/* What a CPU has to do meanwhile must not make it forget whom it parked: the thread runs again in
 * its next period, though nothing else wakes the CPU. Host pauses may spoil some trials. */
static void test_next_period(void)
{
    enum { TRIALS = 6 };
    const uint64_t period = 300 * MILLISECOND;
    static struct limited limited;
    static struct worker workers[CPUS_MOST];
    uint64_t cpus = cpu_count() < CPUS_MOST ? cpu_count() : CPUS_MOST;
    bool ran = false;
    limited_start(&limited, environment.account, NONE);
    EXPECT_OK(account_limit(limited.account, ACCOUNT_CPU, 5 * MILLISECOND, period));
    for (unsigned i = 0; i < TRIALS && !ran; i++) {
        sleep_for(period / 4); /* it runs and is parked, if it is not */
        for (unsigned k = 0; k < cpus; k++) {
            EXPECT_OK(worker_start(&workers[k], 0, OTHER_PRIORITY, leave_much, NULL));
        }
        for (unsigned k = 0; k < cpus; k++) {
            EXPECT(worker_end(&workers[k]));
        }
        uint64_t turns = limited.runner.turns;
        sleep_for(2 * period);
        ran = limited.runner.turns > turns;
    }
    EXPECT(ran);
    limited_end(&limited);
}

/* More than one CPU's time in each period is no limit to one thread. */
static void test_more_than_all(void)
{
    static struct limited limited;
    limited_start(&limited, environment.account, 2 * PERIOD * cpu_count());
    EXPECT_SHARE(measure(&limited, 1), 100, 10, 300);
    limited_end(&limited);
}

/* What a thread used is its account's and those above, also when it has ended. */
static void test_times(void)
{
    static struct limited limited;
    uint64_t task = 0;
    uint64_t account = 0;
    uint64_t above = 0;
    limited_start(&limited, environment.account, NONE);
    EVENTUALLY(runner_time(&limited.runner) > 50 * MILLISECOND);
    limited.runner.stop = 1;
    EXPECT(task_ends(limited.task));
    EXPECT_OK(task_info(limited.task, NULL, NULL, NULL, NULL, NULL, &task));
    EXPECT_OK(account_info(limited.account, NULL, NULL, NULL, NULL, &account));
    EXPECT_OK(account_info(environment.account, NULL, NULL, NULL, NULL, &above));
    EXPECT(task > 50 * MILLISECOND && runner_time(&limited.runner) == task);
    EXPECT_SHARE(account, task, 99, 100);
    EXPECT_SHARE(above, task, 99, 100);
    limited_end(&limited);
}

const struct test budget_tests[] = {
    {"budget_share", test_share},
    {"budget_alone", test_alone},
    {"budget_parent", test_parent},
    {"budget_zero", test_zero},
    {"budget_next_period", test_next_period},
    {"budget_more_than_all", test_more_than_all},
    {"budget_times", test_times},
    {NULL, NULL},
};
