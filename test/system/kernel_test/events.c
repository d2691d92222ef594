/* Events: waiting, masks, deadlines, binding, watching. */
#include "test.h"

static void test_signal_and_poll(void)
{
    handle_t event = new_event();
    uint64_t bits = 0;
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, 1, 0, &bits));
    EXPECT_OK(event_signal(event, 0x15));
    EXPECT_OK(event_signal(event, 0x10));
    EXPECT_OK(event_wait(event, 0x3, 0, &bits));
    EXPECT(bits == 1);
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, 0x3, 0, &bits));
    EXPECT_OK(event_wait(event, ~UINT64_C(0), FOR_EVER, &bits));
    EXPECT(bits == 0x14);
    EXPECT_OK(event_signal(event, UINT64_C(1) << 63));
    EXPECT_OK(event_wait(event, UINT64_C(1) << 63, FOR_EVER, &bits));
    EXPECT_OK(event_signal(event, 0));
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, ~UINT64_C(0), 0, &bits));
    close_handle(event);
}

static void test_errors(void)
{
    handle_t event = new_event();
    handle_t memory = new_memory(1);
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, event_wait(event, 0, 0, NULL));
    EXPECT_HANDLE_ERRORS(event_create(handle, NULL), memory,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    EXPECT_HANDLE_ERRORS(event_signal(handle, 1), memory,
                         with_rights(event, RIGHT_ALL & ~RIGHT_EVENT_SIGNAL));
    EXPECT_HANDLE_ERRORS(event_wait(handle, 1, 0, NULL), memory,
                         with_rights(event, RIGHT_ALL & ~RIGHT_EVENT_WAIT));
    /* 0 is no handle here: it ends the binding. */
    EXPECT_HANDLE_ERRORS(event_bind(handle), memory,
                         with_rights(event, RIGHT_ALL & ~RIGHT_EVENT_WAIT));
    EXPECT_HANDLE_ERRORS(event_watch(handle, event, 1), memory,
                         with_rights(environment.task, RIGHT_ALL & ~RIGHT_WATCH));
    EXPECT_HANDLE_ERRORS(event_watch(environment.task, handle, 1), memory,
                         with_rights(event, RIGHT_ALL & ~RIGHT_EVENT_SIGNAL));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, event_watch(environment.task, event, 0));
    close_handle(memory);
    close_handle(event);
}

static void test_deadline(void)
{
    handle_t event = new_event();
    uint64_t start = clock_read();
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, 1, start + 2 * MILLISECOND, NULL));
    EXPECT(clock_read() >= start + 2 * MILLISECOND);
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, 1, 1, NULL)); /* long over */
    EXPECT_OK(event_signal(event, 1));
    EXPECT_OK(event_wait(event, 1, 1, NULL)); /* a bit that is there wins over the deadline */
    close_handle(event);
}

struct waiter {
    handle_t event;
    uint64_t mask, deadline, bits;
    status_t status;
};

static void wait_once(void *argument)
{
    struct waiter *waiter = argument;
    waiter->status = event_wait(waiter->event, waiter->mask, waiter->deadline, &waiter->bits);
}

static void test_wakes_only_for_its_mask(void)
{
    struct waiter waiter = {.event = new_event(), .mask = 0x6, .deadline = FOR_EVER};
    struct worker worker;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, wait_once, &waiter));
    EXPECT(worker_reaches(&worker, THREAD_BLOCKED_WAIT));
    EXPECT_OK(event_signal(waiter.event, 0x1));
    sleep_for(MILLISECOND);
    EXPECT(worker_state(&worker) == THREAD_BLOCKED_WAIT);
    EXPECT_OK(event_signal(waiter.event, 0xc));
    EXPECT(worker_end(&worker));
    EXPECT(waiter.status == STATUS_OK && waiter.bits == 0x4);
    uint64_t rest = 0;
    EXPECT_OK(event_wait(waiter.event, ~UINT64_C(0), 0, &rest));
    EXPECT(rest == 0x9);
    close_handle(waiter.event);
}

/* One signal wakes everybody whose bits it brings; a bit goes to one of them. */
static void test_several_waiters(void)
{
    enum { WAITERS = 4 };
    static struct waiter waiters[WAITERS];
    struct worker workers[WAITERS];
    handle_t event = new_event();
    for (unsigned i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){event, UINT64_C(1) << (i / 2), FOR_EVER, 0, STATUS_OK};
        EXPECT_OK(worker_start(&workers[i], 0, OTHER_PRIORITY, wait_once, &waiters[i]));
        EXPECT(worker_reaches(&workers[i], THREAD_BLOCKED_WAIT));
    }
    EXPECT_OK(event_signal(event, 0x3));
    EVENTUALLY(workers[0].finished != 0 && workers[2].finished != 0); /* who came first */
    EXPECT(workers[1].finished == 0 && workers[3].finished == 0);
    EXPECT_OK(event_signal(event, 0x3));
    for (unsigned i = 0; i < WAITERS; i++) {
        EXPECT(worker_end(&workers[i]));
        EXPECT(waiters[i].status == STATUS_OK && waiters[i].bits == waiters[i].mask);
    }
    close_handle(event);
}

static void test_interrupt(void)
{
    struct waiter waiter = {.event = new_event(), .mask = 1, .deadline = FOR_EVER};
    struct worker worker;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, wait_once, &waiter));
    EXPECT(worker_reaches(&worker, THREAD_BLOCKED_WAIT));
    EXPECT_OK(thread_interrupt(worker.thread));
    EXPECT(worker_end(&worker));
    EXPECT(waiter.status == STATUS_INTERRUPTED);
    EXPECT_OK(event_signal(waiter.event, 1));
    EXPECT_OK(event_wait(waiter.event, 1, 0, NULL)); /* nothing was consumed */
    close_handle(waiter.event);
}

/* A waiting thread keeps the object though the last handle goes; it is freed with the wait. */
static void test_closed_while_waiting(void)
{
    handle_t event = new_event();
    struct waiter waiter = {
        .event = event, .mask = 1, .deadline = clock_read() + 200 * MILLISECOND};
    struct worker worker;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, wait_once, &waiter));
    EXPECT(worker_reaches(&worker, THREAD_BLOCKED_WAIT));
    close_handle(event);
    EXPECT(worker_end(&worker));
    EXPECT(waiter.status == STATUS_TIMED_OUT);
}

struct receiver {
    struct service service;
    handle_t event;
    status_t bind, other_bind, status;
    struct received received;
};

static void bind_and_receive(void *argument)
{
    struct receiver *receiver = argument;
    receiver->bind = event_bind(receiver->event);
    receiver->status =
        port_receive(receiver->service.port, receiver->service.reply, &receiver->received);
    receiver->other_bind = event_bind(0);
}

static void test_bound_to_receiver(void)
{
    static struct receiver receiver;
    struct worker worker;
    receiver = (struct receiver){.event = new_event()};
    REQUIRE(service_open(&receiver.service));
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, bind_and_receive, &receiver));
    EXPECT(worker_reaches(&worker, THREAD_BLOCKED_RECEIVE));
    EXPECT_STATUS(STATUS_BAD_STATE, event_bind(receiver.event));
    EXPECT_OK(event_signal(receiver.event, 0x30));
    EXPECT(worker_end(&worker));
    EXPECT(receiver.bind == STATUS_OK && receiver.status == STATUS_OK);
    EXPECT(receiver.received.kind == RECEIVE_EVENT && receiver.received.words[0] == 0x30);
    EXPECT(receiver.other_bind == STATUS_OK);
    /* Signalled before the receive: it comes at once. */
    EXPECT_OK(event_signal(receiver.event, 0x1));
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, bind_and_receive, &receiver));
    EXPECT(worker_end(&worker));
    EXPECT(receiver.received.kind == RECEIVE_EVENT && receiver.received.words[0] == 0x1);
    EXPECT_OK(event_bind(receiver.event)); /* free again */
    EXPECT_OK(event_bind(receiver.event));
    EXPECT_OK(event_bind(0));
    service_close(&receiver.service);
    close_handle(receiver.event);
}

static void bind_and_end(void *argument)
{
    *(status_t *)argument = event_bind(environment.idle);
}

/* The end of a bound thread ends the binding. */
static void test_binding_ends_with_thread(void)
{
    struct worker worker;
    status_t status = STATUS_BAD_CALL;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, bind_and_end, &status));
    EXPECT(worker_end(&worker));
    EXPECT_OK(status);
    EXPECT_OK(event_bind(environment.idle));
    EXPECT_OK(event_bind(0));
}

static void do_nothing(void *argument)
{
    (void)argument;
}

static void test_watch(void)
{
    struct worker worker;
    handle_t task = 0;
    handle_t event = new_event();
    uint64_t bits = 0;
    REQUIRE_OK(child_create("watched", &task));
    EXPECT_OK(event_watch(task, event, 0x1));
    EXPECT_OK(event_watch(task, event, 0x10)); /* each counts */
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, do_nothing, NULL));
    EXPECT_OK(event_watch(worker.thread, event, 0x2));
    EXPECT_OK(event_wait(event, 0x2, clock_read() + PATIENCE, &bits));
    EXPECT_OK(event_wait(event, 0x1, clock_read() + PATIENCE, &bits));
    EXPECT_OK(event_wait(event, 0x10, clock_read() + PATIENCE, &bits));
    EXPECT_OK(event_watch(worker.thread, event, 0x4)); /* dead already */
    EXPECT_OK(event_wait(event, 0x4, 0, &bits));
    EXPECT_OK(event_watch(task, event, 0x8));
    EXPECT_OK(event_wait(event, 0x8, 0, &bits));
    EXPECT(worker_end(&worker));
    close_handle(task);
    close_handle(event);
}

/* Many signals from two threads, none of them lost. */
struct pair {
    handle_t here, there;
    uint64_t rounds;
};

static void answer_signals(void *argument)
{
    struct pair *pair = argument;
    for (uint64_t i = 0; i < pair->rounds; i++) {
        EXPECT_OK(event_wait(pair->there, 1, clock_read() + PATIENCE, NULL));
        EXPECT_OK(event_signal(pair->here, 1));
    }
}

static void test_ping_pong(void)
{
    struct pair pair = {.here = new_event(), .there = new_event(), .rounds = 2000};
    struct worker worker;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, answer_signals, &pair));
    for (uint64_t i = 0; i < pair.rounds; i++) {
        EXPECT_OK(event_signal(pair.there, 1));
        status_t status = event_wait(pair.here, 1, clock_read() + PATIENCE, NULL);
        if (status != STATUS_OK) {
            EXPECT_OK(status);
            break;
        }
    }
    EXPECT(worker_end(&worker));
    close_handle(pair.here);
    close_handle(pair.there);
}

const struct test event_tests[] = {
    {"event_poll", test_signal_and_poll},
    {"event_errors", test_errors},
    {"event_deadline", test_deadline},
    {"event_mask", test_wakes_only_for_its_mask},
    {"event_several_waiters", test_several_waiters},
    {"event_interrupt", test_interrupt},
    {"event_closed_while_waiting", test_closed_while_waiting},
    {"event_bound", test_bound_to_receiver},
    {"event_binding_ends", test_binding_ends_with_thread},
    {"event_watch", test_watch},
    {"event_ping_pong", test_ping_pong},
    {NULL, NULL},
};
