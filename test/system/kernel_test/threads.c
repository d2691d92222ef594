/* Threads: how they start, thread_info(), priorities, thread_interrupt() in each state. */
#include "server.h"

#include "registers.h"
#include "test_machine.h"

#define OUTSIDE  (UINT64_C(1) << 39) /* above the user range of both architectures */
#define ARGUMENT UINT64_C(0xfedcba9876543210)

/* ---- start ----------------------------------------------------------------------------------- */

static struct {
    struct register_probe probe;
    volatile uint64_t tls;
    volatile uint32_t done;
} start;

void probe_started(struct register_probe *probe)
{
    start.tls = thread_pointer_read();
    start.done = probe == &start.probe;
    thread_exit();
}

static uint64_t pc_of(void (*entry)(struct register_probe *))
{
    return (uint64_t)(uintptr_t)entry;
}

/* Its argument, the stack and the thread pointer, and nothing else. */
static void test_start_registers(void)
{
    const uint64_t tls = UINT64_C(0x123456789abcdef1); /* any value */
    struct worker worker = {0};
    worker.stack = map_new(environment.account, WORKER_STACK);
    REQUIRE(worker.stack != 0);
    const uint64_t sp = worker.stack + WORKER_STACK - 160;
    for (unsigned i = 0; i < 32; i++) {
        start.probe.out[i] = ~UINT64_C(0);
    }
    start.done = 0;
    REQUIRE_OK(thread_create(0, OTHER_PRIORITY, &worker.thread, NULL));
    EXPECT_OK(thread_start(worker.thread, pc_of(probe_start), sp, address_of(&start.probe), tls));
    EXPECT(worker_end(&worker));
    EXPECT(start.done == 1 && start.tls == tls);
    for (unsigned i = REGISTER_FIRST; i <= REGISTER_LAST; i++) {
        uint64_t expected = i == call_register(0) ? address_of(&start.probe)
                            : i == REGISTER_STACK ? sp
                            : i == REGISTER_TLS   ? tls
                                                  : 0;
        EXPECT(start.probe.out[i] == expected);
    }
}

static void test_start_errors(void)
{
    struct worker worker = {0};
    handle_t event = new_event();
    worker.stack = map_new(environment.account, WORKER_STACK);
    REQUIRE(worker.stack != 0);
    const uint64_t pc = pc_of(probe_start);
    const uint64_t sp = worker.stack + WORKER_STACK;
    REQUIRE_OK(thread_create(0, OTHER_PRIORITY, &worker.thread, NULL));
    handle_t thread = worker.thread;
    static const uint64_t skews[] = {1, 2, 4, 8, 15};
    for (size_t i = 0; i < sizeof(skews) / sizeof(skews[0]); i++) {
        EXPECT_STATUS(STATUS_BAD_ADDRESS, thread_start(thread, pc, sp - skews[i], 0, 0));
    }
    static const uint64_t above[] = {OUTSIDE, UINT64_C(1) << 63, ~UINT64_C(15)};
    for (size_t i = 0; i < sizeof(above) / sizeof(above[0]); i++) {
        EXPECT_STATUS(STATUS_BAD_ADDRESS, thread_start(thread, above[i], sp, 0, 0));
        EXPECT_STATUS(STATUS_BAD_ADDRESS, thread_start(thread, pc, above[i] + 16 * (i == 0), 0, 0));
    }
    EXPECT_STATUS(STATUS_BAD_ADDRESS, thread_start(thread, pc + 1, sp, 0, 0));
    EXPECT_HANDLE_ERRORS(thread_start(handle, pc, sp, 0, 0), event,
                         with_rights(thread, RIGHT_ALL & ~RIGHT_THREAD_CONTROL));
    EXPECT(worker_state(&worker) == THREAD_NEW); /* it may still be started, once */
    start.done = 0;
    EXPECT_OK(thread_start(thread, pc, sp, address_of(&start.probe), 0));
    EXPECT_STATUS(STATUS_BAD_STATE, thread_start(thread, pc, sp, 0, 0));
    EVENTUALLY(worker_state(&worker) == THREAD_DEAD);
    EXPECT(start.done == 1);
    EXPECT_STATUS(STATUS_BAD_STATE, thread_start(thread, pc, sp, 0, 0));
    EXPECT(worker_end(&worker));
    close_handle(event);
}

/* Addresses of the user range where nothing is mapped are faults of the new thread. */
static void start_into_fault(uint64_t pc, uint64_t sp, uint32_t kind, uint64_t low, uint64_t high)
{
    struct service service;
    struct received fault = {0};
    struct message refusal = {.tag = message_tag(STATUS_REFUSED, 0, 0, 0)};
    handle_t task = 0;
    handle_t thread = 0;
    uint64_t number = 0;
    REQUIRE(service_open(&service));
    REQUIRE_OK(child_create("nowhere", &task));
    EXPECT_OK(task_set_fault_endpoint(task, service.endpoint));
    REQUIRE_OK(thread_create(task, OTHER_PRIORITY, &thread, NULL));
    EXPECT_OK(thread_info(thread, NULL, NULL, NULL, &number));
    EXPECT_OK(thread_start(thread, pc, sp, ARGUMENT, 0));
    REQUIRE_OK(port_receive(service.port, service.reply, &fault));
    EXPECT(fault.words[0] == kind && fault.words[1] >= low && fault.words[1] < high);
    EXPECT(fault.words[3] == number);
    EXPECT_OK(port_reply(service.reply, &refusal));
    EXPECT(task_ends(task));
    close_handle(thread);
    close_handle(task);
    service_close(&service);
}

static void push(struct register_probe *probe)
{
    volatile uint64_t local = address_of(probe);
    (void)local;
    thread_exit();
}

static void test_start_nowhere(void)
{
    const uint64_t nowhere = hole();
    start_into_fault(nowhere, nowhere, FAULT_EXECUTE, nowhere, nowhere + 1);
    start_into_fault(0, nowhere, FAULT_EXECUTE, 0, 1);
    start_into_fault(pc_of(push), nowhere, FAULT_WRITE, nowhere - PAGE, nowhere);
}

/* ---- creation and thread_info() -------------------------------------------------------------- */

static void test_create_errors(void)
{
    handle_t event = new_event();
    handle_t task = 0;
    handle_t thread = 0;
    uint64_t page = 99;
    REQUIRE_OK(child_create("owner", &task));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, thread_create(task, LIMIT_PRIORITIES, &thread, &page));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, thread_create(task, OWN_PRIORITY + 1, &thread, &page));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, thread_create(task, ~UINT32_C(0), &thread, &page));
    EXPECT(thread == 0 && page == 0);
    EXPECT_HANDLE_ERRORS(handle == 0 ? STATUS_OK : thread_create(handle, 1, &thread, &page), event,
                         with_rights(task, RIGHT_ALL & ~RIGHT_TASK_CONTROL));
    uint64_t pages = 0;
    EXPECT_OK(account_info(environment.account, &pages, NULL, NULL, NULL, NULL));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_PAGES, pages, 0));
    EXPECT_STATUS(STATUS_NO_PAGES, thread_create(task, 1, &thread, &page));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_PAGES, ~UINT64_C(0), 0));
    uint64_t bytes = 0;
    EXPECT_OK(account_info(environment.account, NULL, NULL, &bytes, NULL, NULL));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, bytes, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, thread_create(task, 1, &thread, &page));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, ~UINT64_C(0), 0));
    uint64_t threads = 99;
    EXPECT_OK(task_info(task, NULL, NULL, NULL, &threads, NULL, NULL));
    EXPECT(threads == 0); /* nothing is left of those that failed */
    close_handle(task);
    close_handle(event);
}

/* It is mapped, zero, and the thread's as long as that lives. */
static void test_message_page(void)
{
    handle_t thread = 0;
    uint64_t page = 0;
    REQUIRE_OK(thread_create(0, 1, &thread, &page));
    REQUIRE(page != 0 && page % PAGE == 0);
    for (uint64_t i = 0; i < PAGE / sizeof(uint64_t); i++) {
        EXPECT(((volatile uint64_t *)at(page))[i] == 0);
    }
    *(volatile uint64_t *)at(page) = 1;
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, page, PAGE));
    EXPECT(*(volatile uint64_t *)at(page) == 1);
    close_handle(thread); /* never started: it goes, and its page with it */
    EVENTUALLY(space_peek(environment.space, page, 8) == STATUS_BAD_ADDRESS);
}

struct self {
    handle_t thread;
    uint32_t state, priority;
    volatile uint32_t stop;
    volatile uint64_t turns;
};

static void inspect_self(void *argument)
{
    struct self *self = argument;
    while (self->stop == 0) {
        status_ignore(thread_info(self->thread, &self->state, &self->priority, NULL, NULL));
        self->turns++;
    }
}

static uint64_t cpu_time(const struct worker *worker)
{
    uint64_t time = 0;
    EXPECT_OK(thread_info(worker->thread, NULL, NULL, &time, NULL));
    return time;
}

static void test_info(void)
{
    static struct self self;
    struct worker worker = {0};
    handle_t event = new_event();
    uint32_t state = 99;
    uint32_t priority = 99;
    uint64_t time = 99;
    uint64_t number = 0;
    handle_t threads[2] = {0, 0};
    uint64_t numbers[2] = {0, 0};
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE_OK(thread_create(0, 3 + i, &threads[i], NULL));
        EXPECT_OK(thread_info(threads[i], &state, &priority, &time, &numbers[i]));
        EXPECT(state == THREAD_NEW && priority == 3 + i && time == 0 && numbers[i] != 0);
    }
    EXPECT(numbers[1] > numbers[0]);
    self = (struct self){0};
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, inspect_self, &self));
    self.thread = worker.thread;
    EVENTUALLY(self.state == THREAD_RUNNING && self.priority == OTHER_PRIORITY);
    uint64_t before = cpu_time(&worker);
    uint64_t turns = self.turns;
    EVENTUALLY(cpu_time(&worker) > before && self.turns > turns);
    state = worker_state(&worker);
    EXPECT(state == THREAD_RUNNING || state == THREAD_READY);
    self.stop = 1;
    EVENTUALLY(worker_state(&worker) == THREAD_DEAD);
    before = cpu_time(&worker);
    sleep_for(MILLISECOND);
    EXPECT_OK(thread_info(worker.thread, NULL, &priority, &time, &number));
    EXPECT(priority >= OTHER_PRIORITY && time == before && number > numbers[1]);
    EXPECT_HANDLE_ERRORS(thread_info(handle, NULL, NULL, NULL, NULL), event, 0);
    EXPECT(worker_end(&worker));
    close_handle(threads[0]);
    close_handle(threads[1]);
    close_handle(event);
}

/* ---- priorities ------------------------------------------------------------------------------ */

static void test_priority_errors(void)
{
    handle_t thread = 0;
    handle_t event = new_event();
    uint32_t priority = 99;
    REQUIRE_OK(thread_create(0, 5, &thread, NULL));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, thread_set_priority(thread, LIMIT_PRIORITIES));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, thread_set_priority(thread, OWN_PRIORITY + 1));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, thread_set_priority(thread, ~UINT32_C(0)));
    EXPECT_HANDLE_ERRORS(thread_set_priority(handle, 4), event,
                         with_rights(thread, RIGHT_ALL & ~RIGHT_THREAD_CONTROL));
    EXPECT_OK(thread_info(thread, NULL, &priority, NULL, NULL));
    EXPECT(priority == 5);
    static const uint32_t good[] = {OWN_PRIORITY, 0, 17};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        EXPECT_OK(thread_set_priority(thread, good[i]));
        EXPECT_OK(thread_info(thread, NULL, &priority, NULL, NULL));
        EXPECT(priority == good[i]);
    }
    close_handle(thread);
    close_handle(event);
}

/* A call has the place that its thread's priority gave it when it was made. */
static void test_priority_of_queued(void)
{
    enum { CALLERS = 3 };
    static struct caller callers[CALLERS];
    static const uint32_t priority[CALLERS] = {12, 10, 10};
    struct service service;
    struct received received;
    struct message answer = {0};
    REQUIRE(service_open(&service));
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(caller_start(&callers[i], priority[i], service.endpoint, 1, i));
        EXPECT(worker_reaches(&callers[i].worker, THREAD_BLOCKED_CALL));
    }
    EXPECT_OK(thread_set_priority(callers[1].worker.thread, 20));
    EXPECT_OK(caller_start(&callers[2], priority[2], service.endpoint, 1, 2));
    EXPECT(worker_reaches(&callers[2].worker, THREAD_BLOCKED_CALL));
    for (unsigned i = 0; i < CALLERS; i++) {
        EXPECT_OK(port_receive(service.port, service.reply, &received));
        EXPECT(received.words[0] == i);
        EXPECT_OK(port_reply(service.reply, &answer));
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        EXPECT(worker_end(&callers[i].worker));
    }
    service_close(&service);
}

/* ---- thread_interrupt() ---------------------------------------------------------------------- */

enum { RECEIVES = 1, ANSWERS_AND_RECEIVES, SELF };

struct subject {
    struct worker worker;
    struct service service;
    uint64_t does;
    status_t interrupted, received;
};

static void run_subject(void *argument)
{
    struct subject *subject = argument;
    struct service *service = &subject->service;
    struct received received;
    if (subject->does == SELF) { /* it runs: nothing happens, now or at its next wait */
        subject->interrupted = thread_interrupt(subject->worker.thread);
        subject->received = event_wait(environment.idle, 1, clock_read() + MILLISECOND, NULL);
        return;
    }
    subject->received = port_receive(service->port, service->reply, &received);
    if (subject->does == ANSWERS_AND_RECEIVES && subject->received == STATUS_OK) {
        received.tag = message_tag(STATUS_OK, 0, 0, 0);
        received.words[0] = 55;
        subject->received = port_reply_receive(service->port, service->reply, &received);
    }
}

static void subject_start(struct subject *subject, uint64_t does)
{
    *subject = (struct subject){.does = does, .received = STATUS_BAD_CALL};
    EXPECT(service_open(&subject->service));
    EXPECT_OK(worker_start(&subject->worker, 0, OTHER_PRIORITY, run_subject, subject));
}

static void subject_end(struct subject *subject, status_t expected)
{
    EXPECT(worker_end(&subject->worker));
    EXPECT_STATUS(expected, subject->received);
    service_close(&subject->service);
}

static void test_interrupt_states(void)
{
    static struct subject subject;
    struct message answer;
    handle_t thread = 0;
    subject_start(&subject, RECEIVES);
    EXPECT(worker_reaches(&subject.worker, THREAD_BLOCKED_RECEIVE));
    EXPECT_OK(thread_interrupt(subject.worker.thread));
    EVENTUALLY(worker_state(&subject.worker) == THREAD_DEAD);
    EXPECT_OK(thread_interrupt(subject.worker.thread)); /* dead: nothing */
    subject_end(&subject, STATUS_INTERRUPTED);

    subject_start(&subject, ANSWERS_AND_RECEIVES);
    EXPECT_OK(call_words(subject.service.endpoint, 1, 0, 0, &answer));
    EXPECT(answer.words[0] == 55); /* the answer was given */
    EXPECT(worker_reaches(&subject.worker, THREAD_BLOCKED_RECEIVE));
    EXPECT_OK(thread_interrupt(subject.worker.thread));
    subject_end(&subject, STATUS_INTERRUPTED);

    subject_start(&subject, SELF);
    EVENTUALLY(worker_state(&subject.worker) == THREAD_DEAD);
    EXPECT_OK(subject.interrupted);
    subject_end(&subject, STATUS_TIMED_OUT);

    REQUIRE_OK(thread_create(0, 1, &thread, NULL));
    EXPECT_OK(thread_interrupt(thread)); /* new: nothing */
    uint32_t state = 99;
    EXPECT_OK(thread_info(thread, &state, NULL, NULL, NULL));
    EXPECT(state == THREAD_NEW);
    close_handle(thread);
}

const struct test thread_tests[] = {
    {"thread_start_registers", test_start_registers},
    {"thread_start_errors", test_start_errors},
    {"thread_start_nowhere", test_start_nowhere},
    {"thread_create_errors", test_create_errors},
    {"thread_message_page", test_message_page},
    {"thread_info", test_info},
    {"thread_priority_errors", test_priority_errors},
    {"thread_priority_queued", test_priority_of_queued},
    {"thread_interrupt_states", test_interrupt_states},
    {NULL, NULL},
};
