/* Guests: running, leaving, being kicked; whose they are. In a task that hosts them. */
#include "foreign.h"

static void test_call(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 1, 2);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 1 && foreign_argument(&foreign, 1) == 2);
    EXPECT(foreign.state->registers[GUEST_PC] == FOREIGN_CODE + 4);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign.state->registers[GUEST_PC] == FOREIGN_CODE + 4);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* A guest sees nothing of its host, which has just used that address; also by the short way in. */
static void test_blind(void)
{
    static struct foreign foreign;
    const uint64_t own = address_of(&foreign);
    REQUIRE(foreign_open(&foreign));
    for (unsigned round = 0; round < 3; round++) {
        foreign_begin(&foreign, CODE_CALLS, 0, 0);
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
        foreign_begin(&foreign, CODE_LOADS, own, 0);
        foreign_faults(&foreign, FAULT_READ, own);
        foreign_begin(&foreign, CODE_STORES, own, 0);
        foreign_faults(&foreign, FAULT_WRITE, own);
    }
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

static bool count_down(void *context, uint64_t exit)
{
    uint64_t *left = context;
    EXPECT(exit == GUEST_EXIT_CALL);
    return --*left > 0;
}

static void test_handler(void)
{
    static struct foreign foreign;
    uint64_t left = 1000;
    const struct guest_handler handler = {address_of((const void *)(uintptr_t)count_down),
                                          address_of(&left)};
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    EXPECT_OK(guest_run(&handler));
    EXPECT(left == 0);
    EXPECT_OK(guest_attach(0));
    EXPECT_STATUS(STATUS_BAD_STATE, guest_run(&handler));
    foreign_close(&foreign);
}

/* Guest after guest in one thread; memory of each is its own. */
static void test_several(void)
{
    static struct foreign foreigners[3];
    uint64_t word = 0;
    for (unsigned i = 0; i < 3; i++) {
        REQUIRE(foreign_open(&foreigners[i]));
        foreign_begin(&foreigners[i], CODE_STORES, 0, 10 + i);
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
    }
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OK(guest_attach(foreigners[i].guest));
        EXPECT_OK(guest_copy_in(&word, 0, sizeof(word)));
        EXPECT(word == 10 + i);
    }
    EXPECT_OK(guest_attach(0));
    for (unsigned i = 0; i < 3; i++) {
        foreign_close(&foreigners[i]);
    }
}

static uint64_t fp_length;

static void attach(void *argument)
{
    struct foreign *foreign = argument;
    EXPECT_STATUS(STATUS_BAD_STATE, guest_attach(foreign->guest));
    EXPECT_STATUS(STATUS_BAD_STATE, guest_fp_reset(foreign->guest));
    EXPECT_STATUS(STATUS_BAD_STATE, guest_fp_get(foreign->guest, NULL));
    EXPECT_STATUS(STATUS_BAD_STATE, guest_fp_set(foreign->guest, fp_length));
}

static void take(void *argument)
{
    foreign_begin(argument, CODE_CALLS, 0, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
}

static void test_owner(void)
{
    static struct foreign foreign;
    struct worker worker;
    handle_t less;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    EXPECT_OK(guest_fp_get(foreign.guest, &fp_length));
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, attach, &foreign));
    EXPECT(worker_end(&worker));
    EXPECT_OK(guest_attach(0));
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, take, &foreign));
    EXPECT(worker_end(&worker)); /* it ends with the guest attached */
    EXPECT_OK(guest_attach(foreign.guest));
    EXPECT_OK(guest_attach(foreign.guest));
    EXPECT_OK(guest_attach(0));
    less = with_rights(foreign.guest, 0);
    EXPECT_STATUS(STATUS_NO_RIGHT, guest_attach(less));
    EXPECT_STATUS(STATUS_NO_RIGHT, guest_kick(less));
    close_handle(less);
    foreign_close(&foreign);
}

/* The guest goes on although nobody has a handle to it; its page is out of sight. */
static void test_closed(void)
{
    static struct foreign foreign;
    handle_t guest;
    REQUIRE(foreign_open(&foreign));
    guest = foreign.guest;
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    close_handle(guest);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(guest_attach(0));
    foreign.guest = new_event();
    foreign_close(&foreign);
}

static uint64_t charged_pages(void)
{
    uint64_t pages = 0;
    EXPECT_OK(account_info(environment.account, &pages, NULL, NULL, NULL, NULL));
    return pages;
}

/* Nothing stays of a guest for which there is no handle. */
static void test_no_handle(void)
{
    static struct foreign foreign;
    handle_t guest = 0;
    uint64_t state = 0;
    REQUIRE(foreign_open(&foreign));
    uint64_t before = charged_pages();
    handles_fill();
    EXPECT_STATUS(STATUS_NO_HANDLES,
                  guest_create(foreign.space, environment.account, &guest, &state));
    handles_free();
    EVENTUALLY(charged_pages() == before);
    foreign_close(&foreign);
}

/* ---- kicks ----------------------------------------------------------------------------------- */

static void test_kick(void)
{
    static struct foreign foreign;
    struct worker worker;
    unsigned counted = 0; /* rounds in which it came to count: hardly all, on a busy host */
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_COUNTS, 0, 0);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t before = foreign_argument(&foreign, COUNT_ARGUMENT);
        EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, foreign_kick_later, &foreign));
        EXPECT(foreign_run() == GUEST_EXIT_KICKED);
        EXPECT(foreign_argument(&foreign, COUNT_ARGUMENT) >= before);
        counted += foreign_argument(&foreign, COUNT_ARGUMENT) > before;
        /* It has been taken: no wait is meant as well. */
        EXPECT_STATUS(STATUS_TIMED_OUT,
                      event_wait(environment.idle, 2, clock_read() + MILLISECOND, NULL));
        EXPECT(worker_end(&worker));
    }
    EXPECT(counted > 0);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* Before it runs: once, and nothing of it is executed. */
static void test_kick_before(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(guest_kick(foreign.guest));
    EXPECT_OK(guest_kick(foreign.guest));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    EXPECT(foreign_run() == GUEST_EXIT_KICKED);
    EXPECT(foreign.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_CALLS);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(guest_kick(foreign.guest));
    EXPECT(foreign_run() == GUEST_EXIT_KICKED);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* What its thread waits for is interrupted, and the guest is kicked all the same. */
static void test_kick_waiting(void)
{
    static struct foreign foreign;
    struct worker worker;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, foreign_kick_later, &foreign));
    EXPECT_STATUS(STATUS_INTERRUPTED, event_wait(environment.idle, 2, FOR_EVER, NULL));
    EXPECT(worker_end(&worker));
    EXPECT(foreign_run() == GUEST_EXIT_KICKED);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

#define PASSED UINT64_C(1) /* a deadline */

/* One that comes while its thread waits for nothing ends the next wait, whatever it is, and one
 * only; leaving with KICKED tells of it too. */
static void test_kick_kept(void)
{
    static struct foreign foreign;
    struct service service;
    struct message message = {0};
    REQUIRE(service_open(&service));
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    EXPECT_OK(guest_kick(foreign.guest));
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(environment.idle, 2, 0, NULL));
    EXPECT_STATUS(STATUS_INTERRUPTED, event_wait(environment.idle, 2, FOR_EVER, NULL));
    EXPECT_OK(guest_kick(foreign.guest));
    EXPECT_STATUS(STATUS_INTERRUPTED, event_wait(environment.idle, 2, PASSED, NULL));
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(environment.idle, 2, PASSED, NULL));
    EXPECT_STATUS(STATUS_TIMED_OUT,
                  event_wait(environment.idle, 2, clock_read() + MILLISECOND, NULL));
    EXPECT_OK(guest_kick(foreign.guest));
    EXPECT_STATUS(STATUS_INTERRUPTED, port_call(service.endpoint, &message));
    EXPECT_OK(guest_kick(foreign.guest));
    EXPECT(foreign_run() == GUEST_EXIT_KICKED);
    EXPECT_STATUS(STATUS_TIMED_OUT,
                  event_wait(environment.idle, 2, clock_read() + MILLISECOND, NULL));
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
    service_close(&service);
}

/* ---- beside others --------------------------------------------------------------------------- */

enum { COUNTED_ENOUGH = 1000 };

static volatile uint32_t counting_ends;

/* None leaves before all have counted: their slices have to end. */
static void run_counting(void *argument)
{
    foreign_begin(argument, CODE_COUNTS, 0, 0);
    do {
        EXPECT(foreign_run() == GUEST_EXIT_KICKED);
    } while (counting_ends == 0);
}

static void start_counting(struct worker *workers, struct foreign *foreigners, unsigned count)
{
    counting_ends = 0;
    for (unsigned i = 0; i < count; i++) {
        foreigners[i].state->registers[GUEST_ARGUMENT(COUNT_ARGUMENT)] = 0;
        EXPECT_OK(worker_start(&workers[i], 0, OTHER_PRIORITY - 1, run_counting, &foreigners[i]));
    }
}

/* Their registers are seen when they leave. */
static void end_counting(struct worker *workers, const struct foreign *foreigners, unsigned count)
{
    uint64_t end = clock_read() + PATIENCE;
    for (unsigned i = 0; i < count; i++) {
        do {
            EXPECT_OK(guest_kick(foreigners[i].guest));
            sleep_for(MILLISECOND);
        } while (foreign_argument(&foreigners[i], COUNT_ARGUMENT) <= COUNTED_ENOUGH &&
                 clock_read() < end);
        EXPECT(foreign_argument(&foreigners[i], COUNT_ARGUMENT) > COUNTED_ENOUGH);
    }
    counting_ends = 1;
    for (unsigned i = 0; i < count; i++) {
        EXPECT_OK(guest_kick(foreigners[i].guest));
        EXPECT(worker_end(&workers[i]));
    }
}

/* More guests than CPUs, all of which get their turn. */
static void test_preempted(void)
{
    enum { GUESTS = 6 };
    static struct foreign foreigners[GUESTS];
    static struct worker workers[GUESTS];
    for (unsigned i = 0; i < GUESTS; i++) {
        REQUIRE(foreign_open(&foreigners[i]));
    }
    start_counting(workers, foreigners, GUESTS);
    sleep_for(100 * MILLISECOND);
    end_counting(workers, foreigners, GUESTS);
    for (unsigned i = 0; i < GUESTS; i++) {
        EXPECT(foreign_argument(&foreigners[i], 0) == 0);
        foreign_close(&foreigners[i]);
    }
}

enum { ASK_BURST = 2000, ASK_CALLS = 300 };

struct asker {
    struct foreign foreign;
    handle_t endpoint;
    uint64_t calls; /* of its guest so far */
};

static bool ask(void *context, uint64_t exit)
{
    struct asker *asker = context;
    struct message message = {.tag = message_tag(1, 0, 0, 0), .words = {++asker->calls}};
    EXPECT(exit == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&asker->foreign, COUNT_ARGUMENT) == asker->calls * ASK_BURST);
    EXPECT_OK(port_call(asker->endpoint, &message));
    EXPECT(message.words[0] == asker->calls + 1);
    return asker->calls < ASK_CALLS;
}

static void run_asking(void *argument)
{
    struct asker *asker = argument;
    const struct guest_handler handler = {address_of((const void *)(uintptr_t)ask),
                                          address_of(asker)};
    foreign_begin(&asker->foreign, CODE_BURSTS, 0, ASK_BURST);
    EXPECT_OK(guest_run(&handler));
}

static bool all_asked(const struct asker *askers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (askers[i].calls < ASK_CALLS) {
            return false;
        }
    }
    return true;
}

/* Guests that are preempted again and again make system calls whose handlers call a server. */
static void test_preempted_call(void)
{
    enum { GUESTS = 6 };
    static struct asker askers[GUESTS];
    static struct worker workers[GUESTS], server;
    struct message end = {.tag = message_tag(1, 0, 0, 0)};
    struct service service;
    uint64_t give_up = clock_read() + PATIENCE;
    REQUIRE(service_open(&service));
    EXPECT_OK(worker_start(&server, 0, OTHER_PRIORITY, foreign_answer, &service));
    for (unsigned i = 0; i < GUESTS; i++) {
        askers[i].endpoint = service.endpoint;
        askers[i].calls = 0;
        REQUIRE(foreign_open(&askers[i].foreign));
        EXPECT_OK(worker_start(&workers[i], 0, OTHER_PRIORITY - 1, run_asking, &askers[i]));
    }
    while (!all_asked(askers, GUESTS) && clock_read() < give_up) {
        sleep_for(200 * MICROSECOND); /* each time a guest may be preempted */
    }
    for (unsigned i = 0; i < GUESTS; i++) {
        EXPECT(worker_end(&workers[i]));
        foreign_close(&askers[i].foreign);
    }
    EXPECT_OK(port_call(service.endpoint, &end));
    EXPECT(worker_end(&server));
    service_close(&service);
}

/* Threads of one process: its space stays in use while the view of it changes. */
static void test_threads(void)
{
    enum { GUESTS = 4 };
    static struct foreign foreigners[GUESTS];
    static struct worker workers[GUESTS];
    static struct foreign own;
    REQUIRE(foreign_open(&foreigners[0]));
    for (unsigned i = 1; i < GUESTS; i++) {
        foreign_open_second(&foreigners[0], &foreigners[i]);
    }
    start_counting(workers, foreigners, GUESTS);
    foreign_open_second(&foreigners[0], &own);
    foreign_begin(&own, CODE_CALLS, 0, 0);
    for (unsigned i = 0; i < 100; i++) {
        sleep_for(MILLISECOND);
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
    }
    EXPECT_OK(guest_attach(0));
    close_handle(own.guest);
    end_counting(workers, foreigners, GUESTS);
    for (unsigned i = 1; i < GUESTS; i++) {
        close_handle(foreigners[i].guest);
    }
    foreign_close(&foreigners[0]);
}

/* More processes than there are ASIDs. The last ones have none: everything works all the same. */
static void test_without_asids(void)
{
    enum { SPACES = 2048 }; /* two ASIDs each, of 4096 at most (kern/space/space.c) */
    static handle_t spaces[SPACES];
    for (unsigned i = 0; i < SPACES; i++) {
        REQUIRE_OK(space_create_guest(0, environment.account, &spaces[i]));
    }
    test_call();
    test_blind();
    guest_keeps_registers();
    test_handler();
    test_several();
    test_closed();
    test_kick();
    test_preempted();
    test_preempted_call();
    test_threads();
    for (unsigned i = 0; i < SPACES; i++) {
        close_handle(spaces[i]);
    }
}

const struct test guest_tests[] = {
    {"guest_call", test_call},
    {"guest_blind", test_blind},
    {"guest_handler", test_handler},
    {"guest_several", test_several},
    {"guest_owner", test_owner},
    {"guest_closed", test_closed},
    {"guest_no_handle", test_no_handle},
    {"guest_kick", test_kick},
    {"guest_kick_before", test_kick_before},
    {"guest_kick_waiting", test_kick_waiting},
    {"guest_kick_kept", test_kick_kept},
    {"guest_preempted", test_preempted},
    {"guest_preempted_call", test_preempted_call},
    {"guest_threads", test_threads},
    {"guest_without_asids", test_without_asids},
    {0},
};
