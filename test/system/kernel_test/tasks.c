/* Tasks: names, ends and codes, what kill stops, handles put into them. */
#include "test.h"

struct end {
    uint32_t state, reason;
    int64_t code;
    uint64_t threads, handles, cpu_time;
};

static struct end info_of(handle_t task)
{
    struct end end = {99, 99, 99, 99, 99, 99};
    EXPECT_OK(task_info(task, &end.state, &end.reason, &end.code, &end.threads, &end.handles,
                        &end.cpu_time));
    return end;
}

static void test_create(void)
{
    handle_t event = new_event();
    handle_t task = 0;
    REQUIRE_OK(child_create("sixteen-letters!", &task));
    struct end end = info_of(task);
    EXPECT(end.state == TASK_RUNNING && end.reason == EXIT_NONE && end.code == 0);
    EXPECT(end.threads == 0 && end.handles == 0 && end.cpu_time == 0);
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  task_create(environment.account, environment.space, LIMIT_NAME + 1, NULL));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  task_create(environment.account, environment.space, ~UINT64_C(0), NULL));
    EXPECT_HANDLE_ERRORS(task_create(handle, environment.space, 0, NULL), event,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    EXPECT_HANDLE_ERRORS(task_create(environment.account, handle, 0, NULL), event,
                         with_rights(environment.space, RIGHT_ALL & ~RIGHT_SPACE_MAP));
    EXPECT_HANDLE_ERRORS(task_info(handle, NULL, NULL, NULL, NULL, NULL, NULL), event,
                         with_rights(task, RIGHT_ALL & ~RIGHT_INSPECT));
    EXPECT_HANDLE_ERRORS(task_kill(handle, 0), event,
                         with_rights(task, RIGHT_ALL & ~RIGHT_TASK_KILL));
    EXPECT(info_of(task).state == TASK_RUNNING);
    close_handle(task);
    close_handle(event);
}

static void test_create_limit(void)
{
    uint64_t bytes = 0;
    handle_t task = 0;
    EXPECT_OK(account_info(environment.account, NULL, NULL, &bytes, NULL, NULL));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, bytes + 16, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, child_create("none", &task));
    EXPECT(task == 0);
}

static void test_essential_errors(void)
{
    handle_t event = new_event();
    handle_t task = 0;
    REQUIRE_OK(child_create("usual", &task));
    EXPECT_HANDLE_ERRORS(task_set_essential(handle, task), event,
                         with_rights(environment.machine, RIGHT_ALL & ~RIGHT_MACHINE_RESET));
    EXPECT_HANDLE_ERRORS(task_set_essential(environment.machine, handle), event,
                         with_rights(task, RIGHT_ALL & ~RIGHT_TASK_CONTROL));
    close_handle(task); /* it dies, and the machine goes on */
    close_handle(event);
}

static void exit_with(void *argument)
{
    task_exit(*(const int64_t *)argument);
}

static void test_exit_codes(void)
{
    static const int64_t codes[] = {0, 1, -5, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct worker worker;
        handle_t task = 0;
        REQUIRE_OK(child_create("exits", &task));
        EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, exit_with, (void *)&codes[i]));
        EXPECT(task_ends(task));
        struct end end = info_of(task);
        EXPECT(end.state == TASK_DEAD && end.reason == EXIT_NORMAL && end.code == codes[i]);
        EXPECT(end.threads == 0 && end.handles == 0);
        EXPECT(worker_end(&worker) && worker.finished == 0);
        EXPECT_OK(task_kill(task, 77)); /* too late: the code stays */
        EXPECT(info_of(task).code == codes[i] && info_of(task).reason == EXIT_NORMAL);
        close_handle(task);
    }
}

struct gate {
    volatile uint32_t open;
    volatile uint64_t passed;
};

static void pass_gate(void *argument)
{
    struct gate *gate = argument;
    while (gate->open == 0) {
        status_ignore(thread_yield());
    }
    gate->passed++;
}

/* The task ends with its last thread, not with its first. */
static void test_last_thread(void)
{
    struct gate gates[2] = {{0}, {0}};
    struct worker workers[2];
    handle_t task = 0;
    REQUIRE_OK(child_create("two", &task));
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(worker_start(&workers[i], task, OTHER_PRIORITY, pass_gate, &gates[i]));
    }
    EXPECT(info_of(task).threads == 2);
    gates[0].open = 1;
    EXPECT(worker_end(&workers[0]));
    sleep_for(2 * MILLISECOND);
    struct end end = info_of(task);
    EXPECT(end.state == TASK_RUNNING && end.threads == 1);
    gates[1].open = 1;
    EXPECT(worker_end(&workers[1]) && task_ends(task));
    end = info_of(task);
    EXPECT(end.state == TASK_DEAD && end.reason == EXIT_NORMAL && end.code == 0);
    EXPECT(end.cpu_time > 0);
    close_handle(task);
}

/* A thread that was never started counts as one. */
static void test_new_thread_keeps(void)
{
    struct gate gate = {0};
    struct worker worker;
    handle_t task = 0;
    handle_t thread = 0;
    REQUIRE_OK(child_create("new", &task));
    EXPECT_OK(thread_create(task, 1, &thread, NULL));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, pass_gate, &gate));
    gate.open = 1;
    EXPECT(worker_end(&worker));
    sleep_for(2 * MILLISECOND);
    EXPECT(info_of(task).state == TASK_RUNNING && info_of(task).threads == 1);
    close_handle(thread); /* nobody can start it any more */
    EXPECT(task_ends(task));
    close_handle(task);
}

/* ---- kill ------------------------------------------------------------------------------------ */

enum { NEW, SPINS, WAITS, RECEIVES, QUEUED, HELD, ANSWERED_FAULT, FAULTS, KINDS };

/* Handles of the doomed task. */
static struct {
    handle_t event, port, reply, endpoint, held;
} doomed;

static volatile uint64_t nowhere = 8;

static void run_doomed(void *argument)
{
    struct received received;
    struct message message = {0};
    switch (address_of(argument)) {
    case WAITS:
        status_ignore(event_wait(doomed.event, 1, FOR_EVER, NULL));
        break;
    case RECEIVES:
        status_ignore(port_receive(doomed.port, doomed.reply, &received));
        break;
    case QUEUED:
        status_ignore(port_call(doomed.endpoint, &message));
        break;
    case HELD:
        status_ignore(port_call(doomed.held, &message));
        break;
    case ANSWERED_FAULT:
    case FAULTS:
        *(volatile uint32_t *)at(nowhere) = 1;
        break;
    default:
        for (;;) {
        }
    }
    EXPECT(!"a killed thread went on");
}

static handle_t give(handle_t task, handle_t handle)
{
    uint64_t installed = 0;
    EXPECT_OK(task_install(task, handle, RIGHT_ALL, &installed));
    return installed;
}

/* Whatever its threads do, it ends; a call that it made is then answered to nobody. */
static void test_kill(void)
{
    static struct worker workers[KINDS];
    struct service own, other, faults;
    struct received received;
    struct message answer = {0};
    handle_t task = 0;
    handle_t event = new_event();
    REQUIRE(service_open(&own) && service_open(&other) && service_open(&faults));
    REQUIRE_OK(child_create("doomed", &task));
    EXPECT_OK(task_set_fault_endpoint(task, faults.endpoint));
    doomed.event = give(task, event);
    doomed.port = give(task, own.port);
    doomed.reply = give(task, own.reply);
    doomed.held = give(task, other.endpoint);
    doomed.endpoint = give(task, faults.endpoint);
    EXPECT_OK(thread_create(task, 1, &workers[NEW].thread, NULL));
    for (uint64_t i = SPINS; i < KINDS; i++) {
        EXPECT_OK(
            worker_start(&workers[i], task, OTHER_PRIORITY - 1 + (i != SPINS), run_doomed, at(i)));
        if (i == HELD) {
            EXPECT_OK(port_receive(other.port, other.reply, &received));
        }
        if (i == QUEUED || i == ANSWERED_FAULT) { /* the first call waits, the second is taken */
            EXPECT(worker_reaches(&workers[i],
                                  i == QUEUED ? THREAD_BLOCKED_CALL : THREAD_BLOCKED_FAULT));
        }
    }
    EXPECT_OK(port_receive(faults.port, faults.reply, &received));
    EXPECT(info_of(task).threads == KINDS && info_of(task).handles == 5);
    EXPECT_OK(task_kill(task, -3));
    EXPECT_OK(task_kill(task, 4)); /* the first one's code stays */
    EXPECT(task_ends(task));
    struct end end = info_of(task);
    EXPECT(end.state == TASK_DEAD && end.reason == EXIT_KILLED && end.code == -3);
    EXPECT(end.threads == 0 && end.handles == 0);
    EXPECT_OK(port_reply(other.reply, &answer));
    EXPECT_OK(port_reply(faults.reply, &answer));
    for (unsigned i = NEW; i < KINDS; i++) {
        uint32_t state = THREAD_NEW;
        EXPECT_OK(thread_info(workers[i].thread, &state, NULL, NULL, NULL));
        EXPECT(state == THREAD_DEAD);
        EXPECT(worker_end(&workers[i]));
    }
    close_handle(task);
    close_handle(event);
    service_close(&own);
    service_close(&other);
    service_close(&faults);
}

static void spin(void *argument)
{
    const volatile uint32_t *stop = argument;
    while (*stop == 0) {
    }
}

enum { MANY_THREADS = 24, MANY_HANDLES = 400 };

/* A thread that never gets a turn dies all the same. */
static void test_kill_starved(void)
{
    static struct hogs hogs;
    struct worker worker;
    static volatile uint32_t never;
    handle_t task = 0;
    hogs_start(&hogs, cpu_count(), OTHER_PRIORITY);
    sleep_for(5 * MILLISECOND);
    REQUIRE_OK(child_create("starved", &task));
    EXPECT_OK(worker_start(&worker, task, 1, spin, (void *)&never));
    sleep_for(5 * MILLISECOND);
    EXPECT_OK(task_kill(task, 0));
    EXPECT(task_ends(task));
    hogs_end(&hogs);
    EXPECT(worker_end(&worker));
    close_handle(task);
}

/* What is left of a task is taken apart though no thread makes a call. */
static void test_kill_busy(void)
{
    static struct hogs hogs;
    handle_t task = 0;
    handle_t event = new_event();
    handle_t threads[MANY_THREADS];
    uint64_t installed = 0;
    REQUIRE_OK(child_create("large", &task));
    for (unsigned i = 0; i < MANY_THREADS; i++) {
        EXPECT_OK(thread_create(task, 1, &threads[i], NULL));
    }
    for (unsigned i = 0; i < MANY_HANDLES; i++) {
        EXPECT_OK(task_install(task, event, RIGHT_ALL, &installed));
    }
    hogs_start(&hogs, cpu_count(), OTHER_PRIORITY);
    sleep_for(5 * MILLISECOND);
    EXPECT_OK(task_kill(task, 0));
    EXPECT(task_ends(task));
    hogs_end(&hogs);
    for (unsigned i = 0; i < MANY_THREADS; i++) {
        close_handle(threads[i]);
    }
    close_handle(task);
    close_handle(event);
}

/* A task is not its handles: it lives on without any, as long as it has threads. */
static void test_without_handle(void)
{
    struct gate gate = {0};
    struct worker worker;
    handle_t task = 0;
    REQUIRE_OK(child_create("orphan", &task));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, pass_gate, &gate));
    close_handle(task);
    sleep_for(2 * MILLISECOND);
    gate.open = 1;
    EXPECT(worker_end(&worker) && gate.passed == 1);
}

/* ---- handles for it -------------------------------------------------------------------------- */

struct signaller {
    handle_t event;
    status_t signalled, waited;
};

static void signal_event(void *argument)
{
    struct signaller *signaller = argument;
    signaller->signalled = event_signal(signaller->event, 2);
    signaller->waited = event_wait(signaller->event, 1, 0, NULL);
}

static void test_install(void)
{
    struct signaller signaller = {0};
    struct worker worker;
    handle_t task = 0;
    handle_t event = new_event();
    REQUIRE_OK(child_create("given", &task));
    EXPECT_OK(task_install(task, event, RIGHT_EVENT_SIGNAL, &signaller.event));
    EXPECT(info_of(task).handles == 1);
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, signal_event, &signaller));
    EXPECT(worker_end(&worker) && task_ends(task));
    EXPECT_OK(signaller.signalled);
    EXPECT_STATUS(STATUS_NO_RIGHT, signaller.waited);
    EXPECT_OK(event_wait(event, 2, 0, NULL));
    uint64_t installed = 0;
    EXPECT_STATUS(STATUS_DYING, task_install(task, event, RIGHT_ALL, &installed));
    EXPECT_STATUS(STATUS_DYING, thread_create(task, 1, NULL, NULL));
    close_handle(task);
    close_handle(event);
}

static void test_install_errors(void)
{
    handle_t task = 0;
    handle_t event = new_event();
    uint64_t installed = 0;
    REQUIRE_OK(child_create("given", &task));
    EXPECT_HANDLE_ERRORS(task_install(handle, event, RIGHT_ALL, &installed), event,
                         with_rights(task, RIGHT_ALL & ~RIGHT_TASK_CONTROL));
    handle_t stale = stale_handle();
    handle_t kept = with_rights(event, RIGHT_ALL & ~RIGHT_TRANSFER);
    EXPECT_STATUS(STATUS_GONE, task_install(task, stale, RIGHT_ALL, &installed));
    EXPECT_STATUS(STATUS_BAD_HANDLE, task_install(task, 0, RIGHT_ALL, &installed));
    EXPECT_STATUS(STATUS_NO_RIGHT, task_install(task, kept, RIGHT_ALL, &installed));
    EXPECT(info_of(task).handles == 0);
    close_handle(kept);
    close_handle(task);
    close_handle(event);
}

/* Its table is charged to its own account. */
static void test_install_limit(void)
{
    enum { MANY = 10000 };
    handle_t account = 0;
    handle_t task = 0;
    handle_t event = new_event();
    uint64_t bytes = 0;
    uint64_t installed = 0;
    status_t status = STATUS_OK;
    EXPECT_OK(account_create(environment.account, &account));
    REQUIRE_OK(task_create(account, environment.space, 0, &task));
    EXPECT_OK(account_info(account, NULL, NULL, &bytes, NULL, NULL));
    EXPECT_OK(account_limit(account, ACCOUNT_KERNEL, bytes + PAGE, 0));
    unsigned count = 0;
    for (; count < MANY && status == STATUS_OK; count++) {
        status = task_install(task, event, RIGHT_ALL, &installed);
    }
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, status);
    EXPECT(count > 1 && info_of(task).handles == count - 1);
    close_handle(task);
    close_handle(account);
    close_handle(event);
}

const struct test task_tests[] = {
    {"task_create", test_create},
    {"task_create_limit", test_create_limit},
    {"task_essential_errors", test_essential_errors},
    {"task_exit_codes", test_exit_codes},
    {"task_last_thread", test_last_thread},
    {"task_new_thread_keeps", test_new_thread_keeps},
    {"task_kill", test_kill},
    {"task_kill_starved", test_kill_starved},
    {"task_kill_busy", test_kill_busy},
    {"task_without_handle", test_without_handle},
    {"task_install", test_install},
    {"task_install_errors", test_install_errors},
    {"task_install_limit", test_install_limit},
    {NULL, NULL},
};
