/*
 * Stopping tasks and looking into them: every state that a thread can be in, and every error. Long
 * because it is a list of states.
 */
#include "faulter.h"

#include "test_machine.h"

enum { STOPPED_BIT = 4, CROWD = 12, STORMS = 400 };

static struct {
    handle_t task, event;
} target;

/* Handles of the target. */
static struct {
    handle_t event, port, reply, endpoint, task;
} its;

static volatile uint64_t counted;
static volatile uint32_t enough;

static void count(void *unused)
{
    (void)unused;
    while (enough == 0) {
        counted++;
    }
}

static void spin(void *argument)
{
    const volatile uint32_t *until = argument;
    while (*until == 0) {
    }
}

static handle_t give(handle_t handle)
{
    uint64_t installed = 0;
    EXPECT_OK(task_install(target.task, handle, RIGHT_ALL, &installed));
    return installed;
}

static void begin(void)
{
    counted = 0;
    enough = 0;
    target.event = new_event();
    EXPECT_OK(child_create("target", &target.task));
}

static void end(void)
{
    EXPECT_OK(task_kill(target.task, 0));
    EXPECT(task_ends(target.task));
    close_handle(target.task);
    close_handle(target.event);
}

static void stop(void)
{
    uint64_t bits = 0;
    EXPECT_OK(task_stop(target.task, target.event, STOPPED_BIT));
    EXPECT_OK(event_wait(target.event, STOPPED_BIT, clock_read() + PATIENCE, &bits));
    EXPECT(bits == STOPPED_BIT);
}

static bool is_counting(void)
{
    uint64_t before = counted;
    sleep_for(2 * MILLISECOND);
    return counted != before;
}

static void expect_progress(void)
{
    uint64_t before = counted;
    EVENTUALLY(counted != before);
}

static bool stands_in(void (*function)(void *), uint64_t bytes)
{
    return registers_pc(message_page()->data) - (uint64_t)(uintptr_t)function < bytes;
}

/* Alone on a CPU of its own if there are two, otherwise ready whenever the test runs. */
static void test_running(void)
{
    struct worker worker;
    begin();
    EXPECT_OK(worker_start(&worker, target.task, OTHER_PRIORITY, count, NULL));
    EVENTUALLY(counted > 0);
    stop();
    EXPECT(worker_state(&worker) == THREAD_STOPPED);
    EXPECT(!is_counting());
    EXPECT_OK(thread_registers(worker.thread));
    EXPECT(stands_in(count, 256));
    EXPECT(registers_sp(message_page()->data) - worker.stack < WORKER_STACK);
    EXPECT_STATUS(STATUS_BAD_STATE, task_stop(target.task, target.event, 1));
    EXPECT_OK(task_resume(target.task));
    EXPECT_STATUS(STATUS_BAD_STATE, task_resume(target.task));
    expect_progress();
    stop(); /* again */
    EXPECT(!is_counting());
    EXPECT_OK(task_resume(target.task));
    enough = 1;
    EXPECT(worker_end(&worker));
    end();
}

/* More threads than CPUs, so that some are queued. */
static void test_ready(void)
{
    static struct worker workers[CROWD];
    uint64_t number = 0;
    begin();
    for (unsigned i = 0; i < CROWD; i++) {
        EXPECT_OK(worker_start(&workers[i], target.task, 1 + i % 3, count, NULL));
    }
    EVENTUALLY(counted > 0);
    stop();
    for (unsigned i = 0; i < CROWD; i++) {
        handle_t thread = 0;
        uint64_t next = 0;
        EXPECT(worker_state(&workers[i]) == THREAD_STOPPED);
        EXPECT_OK(thread_registers(workers[i].thread));
        EXPECT_OK(task_thread(target.task, number, &thread, &next));
        EXPECT(next > number);
        EXPECT_OK(thread_registers(thread));
        close_handle(thread);
        number = next;
    }
    EXPECT_STATUS(STATUS_NOT_FOUND, task_thread(target.task, number, NULL, NULL));
    EXPECT(!is_counting());
    EXPECT_OK(task_resume(target.task));
    expect_progress();
    enough = 1;
    for (unsigned i = 0; i < CROWD; i++) {
        EXPECT(worker_end(&workers[i]));
    }
    EXPECT(task_ends(target.task));
    end();
}

/* One that never gets a turn need not have one to be stopped. */
static void test_starved(void)
{
    static struct worker hogs[CROWD];
    struct worker worker;
    begin();
    for (unsigned i = 0; i < CROWD; i++) {
        EXPECT_OK(worker_start(&hogs[i], 0, OTHER_PRIORITY, count, NULL));
    }
    EXPECT_OK(worker_start(&worker, target.task, 1, count, NULL));
    sleep_for(2 * MILLISECOND);
    stop();
    EXPECT(worker_state(&worker) == THREAD_STOPPED);
    EXPECT_OK(task_kill(target.task, 0)); /* nor to be killed then */
    EXPECT(task_ends(target.task));
    enough = 1;
    for (unsigned i = 0; i < CROWD; i++) {
        EXPECT(worker_end(&hogs[i]));
    }
    EXPECT(worker_end(&worker));
    end();
}

struct waiter {
    status_t status;
    uint64_t got;
};

static void call(void *argument)
{
    struct waiter *waiter = argument;
    struct message message = {.tag = message_tag(3, 0, 0, 0)};
    waiter->status = port_call(its.endpoint, &message);
    waiter->got = message.words[0];
}

static void receive(void *argument)
{
    struct waiter *waiter = argument;
    struct received received;
    waiter->status = port_receive(its.port, its.reply, &received);
    waiter->got = received.words[0];
}

static void wait(void *argument)
{
    struct waiter *waiter = argument;
    waiter->status = event_wait(its.event, 2, FOR_EVER, &waiter->got);
}

static void doze(void *argument)
{
    struct waiter *waiter = argument;
    waiter->status = event_wait(its.event, 1, clock_read() + 200 * MILLISECOND, &waiter->got);
}

/* What it waits for comes to pass; it takes note of that only when it is resumed. */
static void expect_held(struct worker *worker, const struct waiter *waiter)
{
    EXPECT(worker_reaches(worker, THREAD_STOPPED));
    EXPECT_OK(thread_registers(worker->thread));
    EXPECT(registers_sp(message_page()->data) - worker->stack < WORKER_STACK);
    EXPECT(waiter->status == STATUS_BUSY && worker->finished == 0);
    EXPECT_OK(task_resume(target.task));
    EXPECT(worker_end(worker));
}

static void start_waiting(struct worker *worker, void (*run)(void *), struct waiter *waiter,
                          uint32_t state)
{
    *waiter = (struct waiter){STATUS_BUSY, 0};
    EXPECT_OK(worker_start(worker, target.task, OTHER_PRIORITY, run, waiter));
    EXPECT(worker_reaches(worker, state));
}

static void stop_waiting(const struct worker *worker, uint32_t state)
{
    stop();
    EXPECT(worker_state(worker) == state);
    EXPECT_OK(thread_registers(worker->thread));
    EXPECT(registers_sp(message_page()->data) - worker->stack < WORKER_STACK);
    EXPECT_STATUS(STATUS_BAD_STATE, thread_set_registers(worker->thread));
}

static void test_caller(void)
{
    struct worker worker;
    struct waiter waiter;
    struct service service;
    struct received received;
    struct message answer = {.words = {77}};
    handle_t keep = 0;
    begin();
    REQUIRE(service_open(&service));
    EXPECT_OK(thread_create(target.task, 1, &keep, NULL)); /* so that it outlives the caller */
    its.endpoint = give(service.endpoint);
    start_waiting(&worker, call, &waiter, THREAD_BLOCKED_CALL);
    stop_waiting(&worker, THREAD_BLOCKED_CALL); /* queued */
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT_OK(port_reply(service.reply, &answer));
    expect_held(&worker, &waiter);
    EXPECT(waiter.status == STATUS_OK && waiter.got == 77);
    start_waiting(&worker, call, &waiter, THREAD_BLOCKED_CALL);
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    stop_waiting(&worker, THREAD_BLOCKED_CALL); /* received */
    EXPECT_OK(thread_interrupt(worker.thread)); /* the server hears of that */
    EXPECT(worker_state(&worker) == THREAD_BLOCKED_CALL);
    answer.words[0] = 78;
    EXPECT_OK(port_reply(service.reply, &answer));
    expect_held(&worker, &waiter);
    EXPECT(waiter.status == STATUS_OK && waiter.got == 78);
    close_handle(keep);
    end();
    service_close(&service);
}

static void test_receiver(void)
{
    struct worker worker;
    struct waiter waiter;
    struct service service;
    handle_t keep = 0;
    begin();
    REQUIRE(service_open(&service));
    EXPECT_OK(thread_create(target.task, 1, &keep, NULL));
    its.port = give(service.port);
    its.reply = give(service.reply);
    start_waiting(&worker, receive, &waiter, THREAD_BLOCKED_RECEIVE);
    stop_waiting(&worker, THREAD_BLOCKED_RECEIVE);
    close_handle(service.endpoint); /* CLOSED comes */
    service.endpoint = 0;
    expect_held(&worker, &waiter);
    EXPECT(waiter.status == STATUS_OK);
    close_handle(keep);
    end();
    service_close(&service);
}

static void test_event_waiter(void)
{
    struct worker worker;
    struct waiter waiter;
    handle_t event = new_event();
    handle_t keep = 0;
    begin();
    EXPECT_OK(thread_create(target.task, 1, &keep, NULL));
    its.event = give(event);
    start_waiting(&worker, wait, &waiter, THREAD_BLOCKED_WAIT);
    stop_waiting(&worker, THREAD_BLOCKED_WAIT);
    EXPECT_OK(event_signal(event, 2));
    expect_held(&worker, &waiter);
    EXPECT(waiter.status == STATUS_OK && waiter.got == 2);
    start_waiting(&worker, doze, &waiter, THREAD_BLOCKED_WAIT);
    stop_waiting(&worker, THREAD_BLOCKED_WAIT);
    expect_held(&worker, &waiter); /* its time is up */
    EXPECT(waiter.status == STATUS_TIMED_OUT);
    start_waiting(&worker, wait, &waiter, THREAD_BLOCKED_WAIT);
    stop_waiting(&worker, THREAD_BLOCKED_WAIT);
    EXPECT_OK(task_resume(target.task)); /* before anything came */
    EXPECT(worker_state(&worker) == THREAD_BLOCKED_WAIT);
    EXPECT_OK(event_signal(event, 2));
    EXPECT(worker_end(&worker));
    EXPECT(waiter.status == STATUS_OK && waiter.got == 2);
    close_handle(keep);
    end();
    close_handle(event);
}

static void finish_elsewhere(void)
{
    counted = 4711;
    thread_exit();
}

static void read_null(struct faulter *faulter)
{
    faulter->answer = *(volatile uint64_t *)at(faulter->address);
}

/* It is stopped in its fault, is given another place to go on, and goes there once both the fault
 * is answered and the task is resumed. */
static void test_faulted(void)
{
    static struct faulter faulter;
    begin();
    REQUIRE(faulter_start(&faulter, read_null, 0));
    faulter_expect(&faulter, FAULT_READ, 0);
    EXPECT_STATUS(STATUS_BAD_STATE, thread_set_registers(faulter.worker.thread));
    EXPECT_OK(task_stop(faulter.task, target.event, STOPPED_BIT));
    EXPECT_OK(event_wait(target.event, STOPPED_BIT, FOR_EVER, NULL));
    EXPECT(worker_state(&faulter.worker) == THREAD_BLOCKED_FAULT);
    EXPECT_OK(thread_registers(faulter.worker.thread));
    registers_set_pc(message_page()->data, (uint64_t)(uintptr_t)finish_elsewhere);
    EXPECT_OK(thread_set_registers(faulter.worker.thread));
    faulter_answer(&faulter, STATUS_OK);
    EXPECT(worker_reaches(&faulter.worker, THREAD_STOPPED));
    EXPECT(counted == 0);
    EXPECT_OK(task_resume(faulter.task));
    faulter_end(&faulter, EXIT_NORMAL);
    EXPECT(counted == 4711);
    end();
}

/* Answered with anything else, a stopped task ends as any other. */
static void test_faulted_ends(void)
{
    static struct faulter faulter;
    begin();
    REQUIRE(faulter_start(&faulter, read_null, 0));
    faulter_expect(&faulter, FAULT_READ, 0);
    EXPECT_OK(task_stop(faulter.task, target.event, STOPPED_BIT));
    EXPECT_OK(event_wait(target.event, STOPPED_BIT, FOR_EVER, NULL));
    faulter_answer(&faulter, STATUS_REFUSED);
    faulter_end(&faulter, EXIT_FAULT);
    end();
}

static void test_set_registers(void)
{
    struct worker worker;
    begin();
    EXPECT_OK(worker_start(&worker, target.task, OTHER_PRIORITY, count, NULL));
    EVENTUALLY(counted > 0);
    EXPECT_STATUS(STATUS_BAD_STATE, thread_set_registers(worker.thread));
    stop();
    EXPECT_OK(thread_registers(worker.thread));
    registers_set_pc(message_page()->data, ~UINT64_C(0xfff));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, thread_set_registers(worker.thread));
    registers_set_pc(message_page()->data, (uint64_t)(uintptr_t)count + 1);
    EXPECT_STATUS(STATUS_BAD_ADDRESS, thread_set_registers(worker.thread));
    EXPECT_OK(thread_registers(worker.thread));
    EXPECT(stands_in(count, 256)); /* nothing was taken */
    registers_set_pc(message_page()->data, (uint64_t)(uintptr_t)finish_elsewhere);
    EXPECT_OK(thread_set_registers(worker.thread));
    EXPECT_OK(task_resume(target.task));
    EXPECT(worker_end(&worker));
    EXPECT(counted == 4711);
    end();
}

/* Held, waiting and new ones end; the event of a stop that nobody waited for does no harm. */
static void test_killed(void)
{
    struct worker runs, waits;
    struct waiter waiter;
    handle_t event = new_event();
    handle_t fresh = 0;
    begin();
    its.event = give(event);
    EXPECT_OK(thread_create(target.task, 1, &fresh, NULL));
    EXPECT_OK(worker_start(&runs, target.task, 1, count, NULL));
    start_waiting(&waits, wait, &waiter, THREAD_BLOCKED_WAIT);
    EXPECT_OK(task_stop(target.task, event, 1));
    EXPECT_OK(task_kill(target.task, 7));
    EXPECT(task_ends(target.task));
    EXPECT_STATUS(STATUS_DYING, task_stop(target.task, event, 1));
    EXPECT_STATUS(STATUS_DYING, task_resume(target.task));
    EXPECT_STATUS(STATUS_NOT_FOUND, task_thread(target.task, 0, NULL, NULL));
    EXPECT_OK(event_wait(event, 1, clock_read() + PATIENCE, NULL)); /* nothing runs any more */
    EXPECT(worker_end(&runs) && worker_end(&waits));
    close_handle(fresh);
    end();
    close_handle(event);
}

/* One that is made while the task is stopped begins when it is resumed. */
static void test_new(void)
{
    struct worker worker;
    begin();
    stop(); /* without any thread */
    EXPECT_OK(worker_start(&worker, target.task, OTHER_PRIORITY, count, NULL));
    EXPECT(worker_state(&worker) == THREAD_STOPPED);
    EXPECT(!is_counting());
    EXPECT_OK(task_resume(target.task));
    expect_progress();
    enough = 1;
    EXPECT(worker_end(&worker));
    end();
}

static void stop_itself(void *argument)
{
    struct waiter *waiter = argument;
    waiter->status = task_stop(its.task, its.event, STOPPED_BIT);
}

static void test_itself(void)
{
    struct worker worker;
    struct waiter waiter = {STATUS_BUSY, 0};
    begin();
    its.task = give(target.task);
    its.event = give(target.event);
    EXPECT_OK(worker_start(&worker, target.task, OTHER_PRIORITY, stop_itself, &waiter));
    EXPECT_OK(event_wait(target.event, STOPPED_BIT, clock_read() + PATIENCE, NULL));
    expect_held(&worker, &waiter);
    EXPECT(waiter.status == STATUS_OK);
    end();
}

static void test_errors(void)
{
    struct worker worker;
    uint64_t bytes = 0;
    begin();
    EXPECT_OK(worker_start(&worker, target.task, OTHER_PRIORITY, count, NULL));
    handle_t event = target.event;
    EXPECT_HANDLE_ERRORS(task_stop(handle, event, 1), event,
                         with_rights(target.task, RIGHT_ALL & ~RIGHT_TASK_DEBUG));
    EXPECT_HANDLE_ERRORS(task_stop(target.task, handle, 1), target.task,
                         with_rights(event, RIGHT_ALL & ~RIGHT_EVENT_SIGNAL));
    EXPECT_HANDLE_ERRORS(task_resume(handle), event,
                         with_rights(target.task, RIGHT_ALL & ~RIGHT_TASK_DEBUG));
    EXPECT_HANDLE_ERRORS(task_thread(handle, 0, NULL, NULL), event,
                         with_rights(target.task, RIGHT_ALL & ~RIGHT_TASK_DEBUG));
    EXPECT_HANDLE_ERRORS(thread_registers(handle), event,
                         with_rights(worker.thread, RIGHT_ALL & ~RIGHT_THREAD_DEBUG));
    EXPECT_HANDLE_ERRORS(thread_set_registers(handle), event,
                         with_rights(worker.thread, RIGHT_ALL & ~RIGHT_THREAD_DEBUG));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, task_stop(target.task, event, 0));
    EXPECT_STATUS(STATUS_BAD_STATE, task_resume(target.task));
    EXPECT_OK(account_info(environment.account, NULL, NULL, &bytes, NULL, NULL));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, bytes, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, task_stop(target.task, event, 1));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, ~UINT64_C(0), 0));
    expect_progress(); /* it was stopped by none of these */
    enough = 1;
    EXPECT(worker_end(&worker));
    end();
}

static void call_for_ever(void *unused)
{
    struct message message = {0};
    (void)unused;
    while (enough == 0) {
        EXPECT_OK(port_call(its.endpoint, &message));
        counted++;
    }
}

static void serve(void *argument)
{
    const struct service *service = argument;
    struct received received;
    struct message message = {0};
    status_t status = port_receive(service->port, service->reply, &received);
    while (status == STATUS_OK && received.kind == RECEIVE_CALL && enough == 0) {
        received.tag = 0; /* the answer */
        status = port_reply_receive(service->port, service->reply, &received);
    }
    if (status == STATUS_OK && received.kind == RECEIVE_CALL) {
        EXPECT_OK(port_reply(service->reply, &message));
    }
}

/* Stopped and resumed at any moment, with and without waiting; nothing is lost or left behind. */
static void test_storm(void)
{
    static struct worker workers[4];
    struct worker server;
    struct service service;
    handle_t waited = new_event();
    begin();
    REQUIRE(service_open(&service));
    its.endpoint = give(service.endpoint);
    EXPECT_OK(worker_start(&server, 0, OTHER_PRIORITY, serve, &service));
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_OK(worker_start(&workers[i], target.task, OTHER_PRIORITY,
                               i < 2 ? call_for_ever : count, NULL));
    }
    for (unsigned i = 0; i < STORMS; i++) {
        bool wait_for_it = i % 3 == 0;
        EXPECT_OK(task_stop(target.task, wait_for_it ? waited : target.event, STOPPED_BIT));
        if (wait_for_it) {
            EXPECT_OK(event_wait(waited, STOPPED_BIT, clock_read() + PATIENCE, NULL));
            for (unsigned n = 0; n < 4; n++) {
                EXPECT_OK(thread_registers(workers[n].thread));
            }
        }
        EXPECT_OK(task_resume(target.task));
        sleep_for(i % 7 * 10 * MICROSECOND);
    }
    expect_progress();
    EXPECT_OK(task_kill(target.task, 0));
    EXPECT(task_ends(target.task));
    enough = 1;
    for (unsigned i = 0; i < 4; i++) {
        EXPECT(worker_end(&workers[i]));
    }
    EXPECT_OK(thread_interrupt(server.thread));
    close_handle(service.endpoint);
    service.endpoint = 0;
    EXPECT(worker_end(&server));
    end();
    close_handle(waited);
    service_close(&service);
}

/* Threads that have used up their account's CPU time let less urgent ones run; they can be stopped
 * and killed while they wait for more. */
static void test_out_of_time(void)
{
    static struct worker hogs[CROWD];
    static volatile uint32_t never;
    struct worker other;
    handle_t account = 0;
    begin();
    REQUIRE_OK(account_create(environment.account, &account));
    EXPECT_OK(account_limit(account, ACCOUNT_CPU, 2 * MILLISECOND, 10 * MILLISECOND));
    close_handle(target.task);
    REQUIRE_OK(task_create(account, environment.space, 0, &target.task));
    for (unsigned i = 0; i < CROWD; i++) {
        EXPECT_OK(worker_start(&hogs[i], target.task, OTHER_PRIORITY, spin, (void *)&never));
    }
    EXPECT_OK(worker_start(&other, 0, 1, count, NULL));
    expect_progress();
    for (unsigned i = 0; i < 10; i++) {
        stop();
        for (unsigned n = 0; n < CROWD; n++) {
            EXPECT(worker_state(&hogs[n]) == THREAD_STOPPED);
        }
        EXPECT_OK(task_resume(target.task));
        expect_progress();
    }
    EXPECT_OK(task_kill(target.task, 0));
    for (unsigned i = 0; i < CROWD; i++) {
        EXPECT(worker_end(&hogs[i]));
    }
    enough = 1;
    EXPECT(worker_end(&other));
    end();
    close_handle(account);
}

const struct test stop_tests[] = {
    {"stop_running", test_running},
    {"stop_ready", test_ready},
    {"stop_starved", test_starved},
    {"stop_caller", test_caller},
    {"stop_receiver", test_receiver},
    {"stop_event_waiter", test_event_waiter},
    {"stop_faulted", test_faulted},
    {"stop_faulted_ends", test_faulted_ends},
    {"stop_set_registers", test_set_registers},
    {"stop_killed", test_killed},
    {"stop_new", test_new},
    {"stop_itself", test_itself},
    {"stop_errors", test_errors},
    {"stop_storm", test_storm},
    {"stop_out_of_time", test_out_of_time},
    {NULL, NULL},
};
