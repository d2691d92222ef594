/*
 * Races of two calls, each of which a kernel has lost before. What a round checks holds however
 * the two meet; with one CPU they hardly do.
 */
#include "devices.h"
#include "server.h"
#include "stress.h"

/* No RAM there on either machine; it is never mapped. */
#define SOME_REGISTERS UINT64_C(0x4000000)

static handle_t open_registers(void)
{
    handle_t device = 0;
    EXPECT_OK(
        memory_create_device(environment.machine, SOME_REGISTERS, PAGE, DEVICE_REGISTERS, &device));
    return device;
}

/* Another thread that does something once whenever it is told to. Between rounds both wait: busy
 * CPUs make every flush of a TLB slow on a busy host. */
struct rival {
    struct worker worker;
    handle_t event;
    void (*act)(void);
    volatile uint32_t begun, stop;
};

enum { RIVAL_GO = 1, RIVAL_DONE = 2 };

static void run_rival(void *argument)
{
    struct rival *rival = argument;
    while (event_wait(rival->event, RIVAL_GO, FOR_EVER, NULL) == STATUS_OK && rival->stop == 0) {
        rival->begun = 1;
        rival->act();
        EXPECT_OK(event_signal(rival->event, RIVAL_DONE));
    }
}

static void rival_start(struct rival *rival, void (*act)(void))
{
    *rival = (struct rival){.act = act, .event = new_event()};
    EXPECT_OK(worker_start(&rival->worker, 0, OWN_PRIORITY, run_rival, rival));
}

static void rival_go(struct rival *rival)
{
    rival->begun = 0;
    EXPECT_OK(event_signal(rival->event, RIVAL_GO));
    while (rival->begun == 0) {
        status_ignore(thread_yield());
    }
}

static void rival_wait(const struct rival *rival)
{
    EXPECT_OK(event_wait(rival->event, RIVAL_DONE, FOR_EVER, NULL));
}

static void rival_end(struct rival *rival)
{
    rival->stop = 1;
    EXPECT_OK(event_signal(rival->event, RIVAL_GO));
    EXPECT(worker_end(&rival->worker));
    close_handle(rival->event);
}

static void spin(unsigned turns)
{
    for (volatile unsigned i = 0; i < turns; i++) {
    }
}

/* ---- a mapping is cut while the pages that it shows are replaced ----------------------------- */

enum { CUT_PAGES = 24, CUT_ROUNDS = 4 };

static struct {
    handle_t device, memory, pin;
} cut;

/* Takes a copy of each page, as a snapshot shares them. */
static void replace_pages(void)
{
    EXPECT_OK(pin_create(cut.device, cut.memory, 0, CUT_PAGES * PAGE, &cut.pin));
}

static void fill_pages(uint64_t base, uint64_t value)
{
    for (uint64_t i = 0; i < CUT_PAGES; i++) {
        *(volatile uint64_t *)at(base + i * PAGE) = value;
    }
}

static unsigned count_pages(uint64_t base, uint64_t value)
{
    unsigned count = 0;
    for (uint64_t i = 0; i < CUT_PAGES; i++) {
        count += *(volatile uint64_t *)at(base + i * PAGE) == value;
    }
    return count;
}

static void cut_and_replace(struct rival *rival, uint64_t base, unsigned turns)
{
    uint64_t there = 0;
    handle_t snapshot = 0;
    fill_pages(base, 1);
    EXPECT_OK(memory_snapshot(cut.memory, environment.account, &snapshot));
    EXPECT_OK(space_map(0, cut.memory, 0, 0, CUT_PAGES * PAGE, MAP_READ | MAP_WRITE, &there));
    EXPECT(count_pages(there, 1) == CUT_PAGES);
    rival_go(rival);
    spin(turns);
    EXPECT_OK(space_protect(0, there, PAGE, MAP_READ)); /* cuts behind the first page */
    rival_wait(rival);
    close_handle(cut.pin);
    close_handle(snapshot); /* frees the pages that were replaced */
    fill_pages(base, 2);
    EXPECT(count_pages(there, 2) == CUT_PAGES);
    EXPECT_OK(space_unmap(0, there, CUT_PAGES * PAGE));
}

static void test_cut_and_replace(void)
{
    static struct rival rival;
    uint64_t base = 0;
    cut.memory = new_memory(CUT_PAGES);
    cut.device = open_registers();
    EXPECT_OK(space_map(0, cut.memory, 0, 0, CUT_PAGES * PAGE, MAP_READ | MAP_WRITE, &base));
    rival_start(&rival, replace_pages);
    for (unsigned i = 0; i < CUT_ROUNDS; i++) {
        cut_and_replace(&rival, base, i * 200);
    }
    rival_end(&rival);
    unmap(base, CUT_PAGES * PAGE);
    close_handle(cut.memory);
    close_handle(cut.device);
}

/* ---- a timer is set while its last handle is closed ------------------------------------------ */

enum { TIMER_ROUNDS = 20000, SETTERS = 3 };

static struct {
    volatile uint64_t timer;
    volatile uint32_t stop;
} armed;

static void arm_always(void *argument)
{
    (void)argument;
    while (armed.stop == 0) {
        handle_t timer = armed.timer;
        if (timer != 0) {
            status_ignore(timer_set(timer, clock_read() + 100 * SECOND, SECOND));
        }
    }
}

/* One that stayed armed would never be given back. */
static void test_timer_closed(void)
{
    static struct worker setters[SETTERS];
    handle_t event = new_event();
    armed.stop = 0;
    for (unsigned i = 0; i < SETTERS; i++) {
        EXPECT_OK(worker_start(&setters[i], 0, OWN_PRIORITY, arm_always, NULL));
    }
    for (unsigned i = 0; i < TIMER_ROUNDS; i++) {
        handle_t timer = 0;
        EXPECT_OK(timer_make(environment.account, event, 1, &timer));
        armed.timer = timer;
        spin(i % 32);
        close_handle(timer);
        armed.timer = 0;
    }
    armed.stop = 1;
    for (unsigned i = 0; i < SETTERS; i++) {
        EXPECT(worker_end(&setters[i]));
    }
    close_handle(event);
}

/* ---- a timer is disarmed, with a period, while it fires -------------------------------------- */

enum { DISARM_ROUNDS = 300 };

static void test_timer_disarmed(void)
{
    handle_t event = new_event();
    for (unsigned i = 0; i < DISARM_ROUNDS; i++) {
        const uint64_t period = 20 * MICROSECOND;
        handle_t timer = 0;
        EXPECT_OK(timer_make(environment.account, event, 1, &timer));
        EXPECT_OK(timer_set(timer, clock_read() + period, period));
        EXPECT_OK(event_wait(event, 1, FOR_EVER, NULL));
        spin(i * 4 % 512);
        EXPECT_OK(timer_set(timer, 0, period));
        unsigned signals = 0;
        for (unsigned wait = 0; wait < 4; wait++) {
            signals += event_wait(event, 1, clock_read() + 2 * period, NULL) == STATUS_OK;
        }
        EXPECT(signals <= 2); /* one before, and one if it was firing */
        close_handle(timer);
    }
    close_handle(event);
}

/* ---- a wait is over when its deadline comes, and the next one has begun ---------------------- */

enum { WAIT_ROUNDS = 500 };

static struct {
    handle_t event;
    volatile uint64_t deadline;
    volatile uint32_t stop;
} timing;

/* Signals when the waiter's deadline comes, and again soon after. */
static void signal_in_time(void *argument)
{
    (void)argument;
    uint64_t last = 0;
    while (timing.stop == 0) {
        uint64_t deadline = timing.deadline;
        if (deadline != last && clock_read() >= deadline) {
            EXPECT_OK(event_signal(timing.event, 1));
            spin(200);
            EXPECT_OK(event_signal(timing.event, 2));
            last = deadline;
        } else if (cpu_count() == 1) {
            status_ignore(thread_yield());
        }
    }
}

static void test_early_timeout(void)
{
    static struct worker signaller;
    timing.event = new_event();
    timing.stop = 0;
    timing.deadline = 0;
    EXPECT_OK(worker_start(&signaller, 0, OWN_PRIORITY, signal_in_time, NULL));
    for (unsigned i = 0; i < WAIT_ROUNDS; i++) {
        uint64_t soon = clock_read() + 30 * MICROSECOND;
        timing.deadline = soon;
        status_t status = event_wait(timing.event, 1, soon, NULL);
        EXPECT(status == STATUS_OK || clock_read() >= soon);
        EXPECT_OK(event_wait(timing.event, 2, soon + 100 * SECOND, NULL));
        status_ignore(event_wait(timing.event, 1, 0, NULL));
    }
    timing.stop = 1;
    EXPECT(worker_end(&signaller));
    close_handle(timing.event);
}

/* ---- a thread's priority changes while it is made ready -------------------------------------- */

enum {
    PRIORITY_ROUNDS = 60,
    LOW_PRIORITY = OTHER_PRIORITY - 1,
    HIGH_PRIORITY = OTHER_PRIORITY + 1
};

static struct {
    handle_t event;
    volatile uint64_t turns;
    volatile uint32_t stop;
} urgent;

static void take_turns(void *argument)
{
    (void)argument;
    while (event_wait(urgent.event, 1, FOR_EVER, NULL) == STATUS_OK && urgent.stop == 0) {
        urgent.turns++;
    }
}

static void wake_urgent(void)
{
    EXPECT_OK(event_signal(urgent.event, 1));
}

/* With the priority that it had before it would wait for ever behind those who take each CPU. */
static void test_priority(void)
{
    static struct rival rival;
    static struct hogs hogs;
    static struct worker worker;
    urgent.event = new_event();
    urgent.turns = 0;
    urgent.stop = 0;
    EXPECT_OK(worker_start(&worker, 0, HIGH_PRIORITY, take_turns, NULL));
    rival_start(&rival, wake_urgent);
    hogs_start(&hogs, cpu_count(), OTHER_PRIORITY);
    for (unsigned i = 0; i < PRIORITY_ROUNDS; i++) {
        EXPECT(worker_reaches(&worker, THREAD_BLOCKED_WAIT));
        uint64_t turns = urgent.turns;
        EXPECT_OK(thread_set_priority(worker.thread, LOW_PRIORITY));
        rival_go(&rival);
        spin(i % 32);
        EXPECT_OK(thread_set_priority(worker.thread, HIGH_PRIORITY));
        EVENTUALLY(urgent.turns > turns);
        rival_wait(&rival);
    }
    hogs_end(&hogs);
    urgent.stop = 1;
    EXPECT_OK(event_signal(urgent.event, 1));
    EXPECT(worker_end(&worker));
    rival_end(&rival);
    close_handle(urgent.event);
}

/* ---- a port is drained while its callers call again ------------------------------------------ */

enum { CALLERS = 32, DRAINS = 20 };

static struct {
    struct service service;
    uint64_t gone;
} drained;

static void call_always(void *argument)
{
    (void)argument;
    struct message message = {0};
    while (port_call(drained.service.endpoint, &message) == STATUS_GONE && message.words[0] == 0) {
        __atomic_add_fetch(&drained.gone, 1, __ATOMIC_RELAXED);
    }
}

/* Each caller has at most one call that was there before. */
static void test_drain(void)
{
    static struct worker callers[CALLERS];
    struct service *service = &drained.service;
    drained.gone = 0;
    REQUIRE(service_open(service));
    for (unsigned i = 0; i < CALLERS; i++) {
        EXPECT_OK(worker_start(&callers[i], 0, OTHER_PRIORITY, call_always, NULL));
    }
    for (unsigned i = 0; i < DRAINS; i++) {
        EXPECT_OK(port_drain(service->port));
        sleep_for(MILLISECOND);
    }
    EXPECT(drained.gone <= DRAINS * CALLERS);
    const struct message answer = {0};
    struct received received;
    for (unsigned i = 0; i < CALLERS; i++) {
        EXPECT_OK(port_receive(service->port, service->reply, &received));
        EXPECT_OK(port_reply(service->reply, &answer));
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        EXPECT(worker_end(&callers[i]));
    }
    service_close(service);
}

/* ---- a call is received while its caller is interrupted -------------------------------------- */

enum { RECEIVE_ROUNDS = 400 };

static struct {
    struct service service;
    struct caller caller;
    handle_t other_reply, event, timer; /* the event is bound to who receives */
    volatile unsigned delay;
} queued;

static void interrupt_caller(void)
{
    spin(queued.delay);
    EXPECT_OK(thread_interrupt(queued.caller.worker.thread));
}

static void give_time(uint64_t time)
{
    EXPECT_OK(timer_set(queued.timer, 0, 0));
    status_ignore(event_wait(queued.event, 1, 0, NULL));
    EXPECT_OK(timer_set(queued.timer, clock_read() + time, 0));
}

static uint32_t receive_kind(handle_t reply)
{
    struct received received = {0};
    EXPECT_OK(port_receive(queued.service.port, reply, &received));
    return received.kind;
}

static void receive_and_interrupt(struct rival *rival, unsigned turns)
{
    const struct message answer = {0};
    EXPECT_OK(caller_start(&queued.caller, OTHER_PRIORITY, queued.service.endpoint, 1, 0));
    EXPECT(worker_reaches(&queued.caller.worker, THREAD_BLOCKED_CALL));
    give_time(2 * MILLISECOND);
    rival_go(rival);
    spin(turns);
    bool taken = receive_kind(queued.service.reply) == RECEIVE_CALL;
    rival_wait(rival);
    if (taken) {
        give_time(SECOND);
        EXPECT(receive_kind(queued.other_reply) == RECEIVE_CANCEL);
        EXPECT_OK(port_reply(queued.service.reply, &answer));
    }
    EXPECT(worker_end(&queued.caller.worker));
    EXPECT_STATUS(taken ? STATUS_OK : STATUS_INTERRUPTED, queued.caller.status);
}

/* Withdrawn or cancelled, as the two meet; never neither. */
static void test_receive_and_interrupt(void)
{
    static struct rival rival;
    REQUIRE(service_open(&queued.service));
    queued.event = new_event();
    EXPECT_OK(reply_create(environment.account, &queued.other_reply));
    EXPECT_OK(timer_make(environment.account, queued.event, 1, &queued.timer));
    EXPECT_OK(event_bind(queued.event));
    rival_start(&rival, interrupt_caller);
    for (unsigned i = 0; i < RECEIVE_ROUNDS; i++) {
        queued.delay = i / 16 % 16 * 4;
        receive_and_interrupt(&rival, i % 16 * 4);
    }
    rival_end(&rival);
    EXPECT_OK(event_bind(0));
    close_handle(queued.timer);
    close_handle(queued.event);
    close_handle(queued.other_reply);
    service_close(&queued.service);
}

/* ---- an interrupt line is bound while its last handle is closed ------------------------------ */

enum { BIND_ROUNDS = 3000, BINDERS = 2 };

static struct {
    handle_t event;
    volatile uint64_t irq;
    volatile uint32_t stop;
} binding;

static void bind_always(void *argument)
{
    (void)argument;
    while (binding.stop == 0) {
        handle_t irq = binding.irq;
        if (irq != 0) {
            status_t status = irq_bind(irq, binding.event, 1);
            EXPECT(status == STATUS_OK || status == STATUS_GONE);
        }
    }
}

/* What was bound too late would keep its event for ever. */
static void test_bind_closed(void)
{
    static struct worker binders[BINDERS];
    struct clock_chip chip;
    REQUIRE(chip_open(&chip));
    binding.event = new_event();
    binding.irq = 0;
    binding.stop = 0;
    for (unsigned i = 0; i < BINDERS; i++) {
        EXPECT_OK(worker_start(&binders[i], 0, OWN_PRIORITY, bind_always, NULL));
    }
    for (unsigned i = 0; i < BIND_ROUNDS; i++) {
        handle_t irq = 0;
        EXPECT_OK(irq_create(environment.machine, chip.line, IRQ_LEVEL, &irq));
        binding.irq = irq;
        spin(i % 32);
        close_handle(irq);
        binding.irq = 0;
    }
    binding.stop = 1;
    for (unsigned i = 0; i < BINDERS; i++) {
        EXPECT(worker_end(&binders[i]));
    }
    close_handle(binding.event);
    chip_close(&chip);
}

const struct test race_tests[] = {
    {"race_cut_and_replace", test_cut_and_replace},
    {"race_timer_closed", test_timer_closed},
    {"race_timer_disarmed", test_timer_disarmed},
    {"race_early_timeout", test_early_timeout},
    {"race_priority", test_priority},
    {"race_drain", test_drain},
    {"race_receive_and_interrupt", test_receive_and_interrupt},
    {"race_bind_closed", test_bind_closed},
    {NULL, NULL},
};
