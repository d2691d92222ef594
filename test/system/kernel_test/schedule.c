/*
 * Which thread runs. The tests have one CPU: threads of a higher priority take the others.
 *
 * Turns and CPU time are counted, not the time that passes, which on a busy host means nothing.
 */
#include "test.h"

#include "schedule.h"

enum { TAKEN = OWN_PRIORITY - 1 }; /* the priority of those that take the other CPUs */

static struct hogs others;

static void one_cpu_begin(void)
{
    hogs_start(&others, cpu_count() - 1, TAKEN);
    for (uint64_t i = 0; i < others.count; i++) {
        EXPECT(worker_reaches(&others.workers[i], THREAD_RUNNING));
    }
    sleep_for(MILLISECOND); /* this thread wakes on the one that is left */
}

static void one_cpu_end(void)
{
    hogs_end(&others);
}

/* ---- order ----------------------------------------------------------------------------------- */

enum { RUNNERS = 5 };

static struct {
    volatile uint32_t count;
    uint32_t entries[64];
} ran;

static void note_run(uint32_t who)
{
    uint32_t at = __atomic_fetch_add(&ran.count, 1, __ATOMIC_SEQ_CST);
    if (at < sizeof(ran.entries) / sizeof(ran.entries[0])) {
        ran.entries[at] = who;
    }
}

static void run_once(void *argument)
{
    note_run((uint32_t)address_of(argument));
}

/* Starts threads, changes their priorities, then lets them run: in this order. */
static bool run_in_order(const uint32_t *started, const uint32_t *changed, const uint32_t *order)
{
    static struct worker workers[RUNNERS];
    bool right = true;
    one_cpu_begin();
    ran.count = 0;
    for (uint64_t i = 0; i < RUNNERS; i++) {
        EXPECT_OK(worker_start(&workers[i], 0, started[i], run_once, at(i)));
    }
    for (uint64_t i = 0; i < RUNNERS; i++) {
        if (changed[i] != started[i]) {
            EXPECT_OK(thread_set_priority(workers[i].thread, changed[i]));
        }
    }
    EXPECT(ran.count == 0); /* this thread is more urgent than all */
    EVENTUALLY(ran.count == RUNNERS);
    for (unsigned i = 0; i < RUNNERS; i++) {
        EXPECT(worker_end(&workers[i]));
    }
    for (unsigned i = 0; i < RUNNERS; i++) {
        right = right && ran.entries[i] == order[i];
    }
    one_cpu_end();
    return right;
}

/* Where the host pauses, a slice may end before a thread has noted that it runs, and equals change
 * places. So one of some trials has to be right. */
static void expect_order(const uint32_t *started, const uint32_t *changed, const uint32_t *order)
{
    enum { TRIALS = 5 };
    bool right = false;
    for (unsigned i = 0; i < TRIALS && !right; i++) {
        right = run_in_order(started, changed, order);
    }
    EXPECT(right);
}

static void test_order(void)
{
    static const uint32_t priority[RUNNERS] = {3, 9, 5, 9, 0};
    static const uint32_t order[RUNNERS] = {1, 3, 2, 0, 4};
    static const uint32_t changed[RUNNERS] = {10, 9, 5, 1, 0};
    static const uint32_t new_order[RUNNERS] = {0, 1, 2, 3, 4};
    static const uint32_t equal[RUNNERS] = {9, 9, 9, 9, 9}; /* 1 and 3 came first */
    static const uint32_t equal_order[RUNNERS] = {1, 3, 0, 2, 4};
    expect_order(priority, priority, order);
    expect_order(priority, changed, new_order);
    expect_order(priority, equal, equal_order);
}

struct pair {
    struct worker urgent, other;
    handle_t event;
    volatile uint64_t woken;
    uint64_t late; /* how often the urgent one did not run at once */
};

enum { WAKES = 200 };

static void run_urgent(void *argument)
{
    struct pair *pair = argument;
    while (pair->woken < WAKES && event_wait(pair->event, 1, FOR_EVER, NULL) == STATUS_OK) {
        pair->woken++;
    }
}

static void run_other(void *argument)
{
    struct pair *pair = argument;
    for (uint64_t i = 1; i <= WAKES; i++) {
        EXPECT_OK(event_signal(pair->event, 1));
        pair->late += pair->woken != i;
    }
}

/* A more urgent thread that wakes runs before the call that woke it returns. */
static void test_wake(void)
{
    static struct pair pair;
    pair = (struct pair){.event = new_event()};
    one_cpu_begin();
    EXPECT_OK(worker_start(&pair.urgent, 0, 12, run_urgent, &pair));
    EXPECT(worker_reaches(&pair.urgent, THREAD_BLOCKED_WAIT));
    EXPECT_OK(worker_start(&pair.other, 0, 11, run_other, &pair));
    EXPECT(worker_end(&pair.other));
    EXPECT(pair.late == 0 && pair.woken == WAKES);
    EXPECT(worker_end(&pair.urgent));
    one_cpu_end();
    close_handle(pair.event);
}

static void step_down(void *argument)
{
    struct runner *runner = argument;
    note_run(1);
    EXPECT_OK(thread_set_priority(runner->worker.thread, 4)); /* now the other is more urgent */
    note_run(3);
}

static void test_step_down(void)
{
    static struct runner runner;
    struct worker other;
    one_cpu_begin();
    ran.count = 0;
    EXPECT_OK(worker_start(&runner.worker, 0, 12, step_down, &runner));
    EXPECT_OK(worker_start(&other, 0, 5, run_once, at(2)));
    EXPECT(worker_end(&runner.worker));
    EXPECT(worker_end(&other));
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(ran.entries[i] == i + 1);
    }
    one_cpu_end();
}

/* ---- turns among equals ---------------------------------------------------------------------- */

enum { TURNS = 300, YIELDERS = 3 };

static struct {
    volatile uint32_t count;
    uint8_t who[TURNS + YIELDERS];
} turns;

static void take_turns(void *argument)
{
    while (turns.count < TURNS) {
        uint32_t at = __atomic_fetch_add(&turns.count, 1, __ATOMIC_SEQ_CST);
        turns.who[at] = (uint8_t)address_of(argument);
        EXPECT_OK(thread_yield());
    }
}

/* A slice may end between a turn and its yield: then one turn is lost. */
static void test_yield(void)
{
    static struct worker workers[YIELDERS];
    uint32_t in_turn = 0;
    one_cpu_begin();
    turns.count = 0;
    for (uint64_t i = 0; i < YIELDERS; i++) {
        EXPECT_OK(worker_start(&workers[i], 0, 10, take_turns, at(i)));
    }
    for (unsigned i = 0; i < YIELDERS; i++) {
        EXPECT(worker_end(&workers[i]));
    }
    for (unsigned i = 0; i + 1 < TURNS; i++) {
        in_turn += turns.who[i + 1] == (turns.who[i] + 1) % YIELDERS;
    }
    EXPECT(in_turn > TURNS * 8 / 10);
    one_cpu_end();
}

static void yield_to_nobody(void *argument)
{
    volatile uint32_t *done = argument;
    for (unsigned i = 0; i < TURNS; i++) {
        EXPECT_OK(thread_yield());
    }
    *done = 1;
}

/* It does not let a less urgent one run. */
static void test_yield_alone(void)
{
    static struct runner less;
    volatile uint32_t done = 0;
    struct worker worker;
    one_cpu_begin();
    EXPECT_OK(worker_start(&worker, 0, 10, yield_to_nobody, (void *)&done));
    runner_start(&less, 0, 9);
    while (done == 0) {
        EXPECT(less.turns == 0);
        sleep_for(50 * MICROSECOND);
    }
    EXPECT(worker_end(&worker));
    runner_end(&less);
    one_cpu_end();
}

enum { EQUAL_SHARE = 400 }; /* of 1000 */

/* In time, not turns. What a busy host takes from a CPU it takes from one of them, so the best of
 * some windows counts. */
static void test_equal_shares(void)
{
    enum { WINDOWS = 20 };
    static struct runner runners[2];
    uint64_t best = 0; /* per mille that the one with less has */
    one_cpu_begin();
    for (unsigned i = 0; i < 2; i++) {
        runner_start(&runners[i], 0, 10);
    }
    for (unsigned i = 0; i < WINDOWS && best < EQUAL_SHARE; i++) {
        uint64_t before[2] = {runner_time(&runners[0]), runner_time(&runners[1])};
        sleep_for(200 * MILLISECOND);
        uint64_t first = runner_time(&runners[0]) - before[0];
        uint64_t second = runner_time(&runners[1]) - before[1];
        uint64_t less = first < second ? first : second;
        uint64_t share = less * 1000 / (first + second + 1);
        best = share > best ? share : best;
    }
    EXPECT(best >= EQUAL_SHARE);
    runner_end(&runners[0]);
    runner_end(&runners[1]);
    one_cpu_end();
}

/* The less urgent of two busy threads gets nothing at all. */
static void test_starved(void)
{
    static struct runner urgent, other;
    one_cpu_begin();
    runner_start(&urgent, 0, 11);
    runner_start(&other, 0, 10);
    EVENTUALLY(runner_time(&urgent) > 50 * MILLISECOND);
    EXPECT(other.turns == 0 && runner_time(&other) == 0);
    runner_end(&urgent);
    runner_end(&other);
    one_cpu_end();
}

struct raiser {
    struct worker worker;
    struct runner *other;
    volatile uint32_t stop;
};

static void raise_other(void *argument)
{
    struct raiser *raiser = argument;
    EXPECT_OK(thread_set_priority(raiser->other->worker.thread, 10));
    while (raiser->stop == 0) {
    }
}

/* A thread makes another its equal: from then on that one gets its turns, without waiting for
 * anything else to happen on the CPU, such as the watchdog's timer. */
static void test_raised_to_equal(void)
{
    enum { ROUNDS = 8 };
    static struct runner other;
    static struct raiser raiser;
    handle_t event = new_event();
    unsigned prompt = 0;
    one_cpu_begin();
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t sooner = 0;
        raiser = (struct raiser){.other = &other};
        runner_start(&other, 0, 9);
        uint64_t began = clock_read();
        EXPECT_OK(worker_start(&raiser.worker, 0, 10, raise_other, &raiser));
        other.first_turn = event;
        EXPECT_OK(event_wait(event, 1, FOR_EVER, &sooner)); /* no timer of this thread's either */
        prompt += clock_read() - began < WATCH_PERIOD / 4;
        raiser.stop = 1;
        EXPECT(worker_end(&raiser.worker));
        runner_end(&other);
    }
    EXPECT(prompt == ROUNDS);
    one_cpu_end();
    close_handle(event);
}

const struct test schedule_tests[] = {
    {"schedule_order", test_order},
    {"schedule_wake", test_wake},
    {"schedule_step_down", test_step_down},
    {"schedule_yield", test_yield},
    {"schedule_yield_alone", test_yield_alone},
    {"schedule_equal_shares", test_equal_shares},
    {"schedule_starved", test_starved},
    {"schedule_raised_to_equal", test_raised_to_equal},
    {NULL, NULL},
};
