/*
 * Events and threads in numbers: signals that must arrive, events closed under those who wait, and
 * storms of threads and tasks.
 */
#include "stress.h"

enum { PAIRS = 4, SLOTS = 4, PLAYERS = 6, MAKERS = 4 };

/* ---- no signal is lost ----------------------------------------------------------------------- */

struct pair {
    handle_t ping, pong;
    struct worker workers[2];
    uint64_t rounds;
};

static volatile uint32_t stop;

static void serve_ball(void *argument)
{
    struct pair *pair = argument;
    while (stop == 0) {
        REQUIRE_OK(event_signal(pair->ping, 1));
        REQUIRE_OK(event_wait(pair->pong, 3, clock_read() + PATIENCE, NULL));
        pair->rounds++;
    }
    EXPECT_OK(event_signal(pair->ping, 2));
}

static void return_ball(void *argument)
{
    struct pair *pair = argument;
    uint64_t bits = 0;
    for (;;) {
        REQUIRE_OK(event_wait(pair->ping, 3, clock_read() + PATIENCE, &bits));
        if ((bits & 2) != 0) {
            return;
        }
        REQUIRE_OK(event_signal(pair->pong, 1));
    }
}

static void test_ping_pong(void)
{
    static struct pair pairs[PAIRS];
    stop = 0;
    for (unsigned i = 0; i < PAIRS; i++) {
        pairs[i] = (struct pair){.ping = new_event(), .pong = new_event()};
        EXPECT_OK(worker_start(&pairs[i].workers[0], 0, OTHER_PRIORITY, serve_ball, &pairs[i]));
        EXPECT_OK(worker_start(&pairs[i].workers[1], 0, OTHER_PRIORITY, return_ball, &pairs[i]));
    }
    sleep_for(STRESS_TIME / 2);
    for (unsigned i = 0; i < PAIRS; i++) {
        EVENTUALLY(pairs[i].rounds > 10);
    }
    stop = 1;
    for (unsigned i = 0; i < PAIRS; i++) {
        EXPECT(worker_end(&pairs[i].workers[0]));
        EXPECT(worker_end(&pairs[i].workers[1]));
        close_handle(pairs[i].ping);
        close_handle(pairs[i].pong);
    }
}

/* ---- events that are closed while they are used ---------------------------------------------- */

static struct {
    volatile uint64_t events[SLOTS];
    struct worker players[PLAYERS];
    volatile uint32_t begun;
    uint64_t waits, signals, closes;
} field;

static bool may_answer(status_t status)
{
    return status == STATUS_OK || status == STATUS_GONE || status == STATUS_TIMED_OUT ||
           status == STATUS_INTERRUPTED;
}

static void replace_event(volatile uint64_t *slot)
{
    handle_t fresh = 0;
    EXPECT_OK(event_create(environment.account, &fresh));
    close_handle(__atomic_exchange_n(slot, fresh, __ATOMIC_SEQ_CST));
    __atomic_add_fetch(&field.closes, 1, __ATOMIC_RELAXED);
}

static void arm_timer(handle_t event)
{
    handle_t timer = 0;
    status_t status = timer_make(environment.account, event, 4, &timer);
    EXPECT(may_answer(status));
    if (status == STATUS_OK) {
        EXPECT_OK(timer_set(timer, clock_read() + 20 * MICROSECOND, 30 * MICROSECOND));
        sleep_for(50 * MICROSECOND);
        close_handle(timer);
    }
}

static void play(void *argument)
{
    uint64_t random = stress_seed(address_of(argument));
    while (field.begun == 0) {
        sleep_for(20 * MICROSECOND);
    }
    while (stop == 0) {
        uint64_t number = stress_random(&random);
        volatile uint64_t *slot = &field.events[number % SLOTS];
        handle_t event = *slot;
        switch (number / SLOTS % 8) {
        case 0:
            replace_event(slot);
            break;
        case 1:
            arm_timer(event);
            break;
        case 2:
        case 3:
        case 4: {
            uint64_t wait = number >> 40 & 0x3ffff;
            EXPECT(may_answer(event_wait(event, 7, clock_read() + wait, NULL)));
            __atomic_add_fetch(&field.waits, 1, __ATOMIC_RELAXED);
            break;
        }
        case 5:
            EXPECT_OK(thread_interrupt(field.players[(number >> 20) % PLAYERS].thread));
            break;
        default:
            EXPECT(may_answer(event_signal(event, 1 + (number >> 50 & 1))));
            __atomic_add_fetch(&field.signals, 1, __ATOMIC_RELAXED);
            break;
        }
    }
}

static void test_field(void)
{
    stop = 0;
    field.begun = 0;
    field.waits = field.signals = field.closes = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        field.events[i] = new_event();
    }
    for (uint64_t i = 0; i < PLAYERS; i++) {
        EXPECT_OK(worker_start(&field.players[i], 0, OTHER_PRIORITY, play, at(i)));
    }
    field.begun = 1;
    sleep_for(STRESS_TIME);
    EVENTUALLY(field.waits > 0 && field.signals > 0 && field.closes > 0);
    stop = 1;
    for (unsigned i = 0; i < PLAYERS; i++) {
        /* The others interrupt by this handle until the last one has seen `stop`. */
        EXPECT(worker_reaches(&field.players[i], THREAD_DEAD));
    }
    for (unsigned i = 0; i < PLAYERS; i++) {
        EXPECT(worker_end(&field.players[i]));
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        close_handle(field.events[i]);
    }
}

/* ---- threads and tasks in numbers ------------------------------------------------------------ */

struct maker {
    struct worker worker;
    uint64_t made;
};

static void count_up(void *argument)
{
    __atomic_add_fetch((uint64_t *)argument, 1, __ATOMIC_RELAXED);
}

static void make_threads(void *argument)
{
    struct maker *maker = argument;
    while (stop == 0) {
        struct worker workers[4];
        uint64_t count = 0;
        for (unsigned i = 0; i < 4; i++) {
            REQUIRE_OK(worker_start(&workers[i], 0, OTHER_PRIORITY, count_up, &count));
        }
        for (unsigned i = 0; i < 4; i++) {
            EXPECT(worker_end(&workers[i]));
        }
        EXPECT(count == 4);
        maker->made += count;
    }
}

static void spin(void *argument)
{
    (void)argument;
    for (;;) {
        status_ignore(thread_yield());
    }
}

/* Tasks that are killed while their threads start, run and end. */
static void make_tasks(void *argument)
{
    struct maker *maker = argument;
    uint64_t random = stress_seed(address_of(maker));
    while (stop == 0) {
        struct worker workers[3];
        handle_t task = 0;
        REQUIRE_OK(child_create("short", &task));
        for (unsigned i = 0; i < 3; i++) {
            EXPECT_OK(worker_start(&workers[i], task, OTHER_PRIORITY, spin, NULL));
        }
        uint64_t until = clock_read() + (stress_random(&random) & 0xffff);
        while (clock_read() < until) {
            status_ignore(thread_yield());
        }
        EXPECT_OK(task_kill(task, 0));
        for (unsigned i = 0; i < 3; i++) {
            EXPECT(worker_end(&workers[i]));
        }
        EXPECT(task_ends(task));
        close_handle(task);
        maker->made++;
    }
}

static void make(void (*how)(void *))
{
    static struct maker makers[MAKERS];
    stop = 0;
    for (unsigned i = 0; i < MAKERS; i++) {
        makers[i] = (struct maker){0};
        EXPECT_OK(worker_start(&makers[i].worker, 0, OTHER_PRIORITY, how, &makers[i]));
    }
    sleep_for(STRESS_TIME / 2);
    for (unsigned i = 0; i < MAKERS; i++) {
        EVENTUALLY(makers[i].made > 0);
    }
    stop = 1;
    for (unsigned i = 0; i < MAKERS; i++) {
        EXPECT(worker_end(&makers[i].worker));
    }
}

static void test_threads(void)
{
    make(make_threads);
}

static void test_tasks(void)
{
    make(make_tasks);
}

/* Handles are put into a task while it dies: none may stay behind. */
static void test_install_into_dying(void)
{
    for (unsigned i = 0; i < 200; i++) {
        struct worker worker;
        handle_t task = 0;
        handle_t event = new_event();
        uint64_t installed = 0;
        status_t status = STATUS_OK;
        REQUIRE_OK(child_create("dying", &task));
        EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY - 1, spin, NULL));
        EXPECT_OK(task_kill(task, 0));
        for (unsigned j = 0; j < 50 && status == STATUS_OK; j++) {
            status = task_install(task, event, RIGHT_ALL, &installed);
        }
        EXPECT_STATUS(STATUS_DYING, status);
        EXPECT(worker_end(&worker) && task_ends(task));
        close_handle(task);
        close_handle(event);
    }
}

/* The same from another thread, so that the death comes in the middle. */
static void install_always(void *argument)
{
    const handle_t *handles = argument;
    uint64_t installed = 0;
    status_t status = STATUS_OK;
    while (status == STATUS_OK) {
        status = task_install(handles[0], handles[1], RIGHT_ALL, &installed);
    }
    EXPECT(status == STATUS_DYING || status == STATUS_NO_HANDLES);
}

static void test_install_race(void)
{
    for (unsigned i = 0; i < 100; i++) {
        struct worker spinner, installers[2];
        handle_t handles[2] = {0, new_event()};
        REQUIRE_OK(child_create("dying", &handles[0]));
        EXPECT_OK(worker_start(&spinner, handles[0], OTHER_PRIORITY - 1, spin, NULL));
        for (unsigned j = 0; j < 2; j++) {
            EXPECT_OK(worker_start(&installers[j], 0, OTHER_PRIORITY, install_always, handles));
        }
        sleep_for((i % 10) * 20 * MICROSECOND);
        EXPECT_OK(task_kill(handles[0], 0));
        for (unsigned j = 0; j < 2; j++) {
            EXPECT(worker_end(&installers[j]));
        }
        EXPECT(worker_end(&spinner) && task_ends(handles[0]));
        close_handle(handles[0]);
        close_handle(handles[1]);
    }
}

const struct test stress_event_tests[] = {
    {"stress_ping_pong", test_ping_pong},
    {"stress_events", test_field},
    {"stress_threads", test_threads},
    {"stress_tasks", test_tasks},
    {"install_into_dying", test_install_into_dying},
    {"install_race", test_install_race},
    {NULL, NULL},
};
