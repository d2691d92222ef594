/*
 * What belongs to a thread beside its general registers: the floating-point registers, their
 * control register and the thread pointer. Threads check their own all the time while others,
 * with other values, run between.
 */
#include "faulter.h"
#include "server.h"

#include "test_machine.h"

#define FP_WORDS (FP_BYTES / sizeof(uint64_t))

struct fp_values {
    uint64_t registers[FP_WORDS];
    uint64_t control;
};

static struct fp_values sample(uint64_t seed)
{
    struct fp_values values = {.control = FP_CONTROL_SAMPLE(seed)};
    for (unsigned i = 0; i < FP_WORDS; i++) {
        values.registers[i] = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + i;
    }
    return values;
}

static void load(const struct fp_values *values)
{
    fp_load(values->registers);
    fp_control_write(values->control);
}

static bool are(const struct fp_values *values)
{
    static _Thread_local uint64_t now[FP_WORDS];
    fp_store(now);
    for (unsigned i = 0; i < FP_WORDS; i++) {
        if (now[i] != values->registers[i]) {
            return false;
        }
    }
    return fp_control_read() == values->control;
}

/* ---- nothing of another thread --------------------------------------------------------------- */

static void expect_zeros(void *argument)
{
    static const struct fp_values zeros;
    uint32_t *good = argument;
    *good = are(&zeros);
}

static void test_new_thread(void)
{
    const struct fp_values own = sample(1);
    struct worker worker;
    handle_t task = 0;
    for (unsigned in_child = 0; in_child < 2; in_child++) {
        uint32_t good = 0;
        if (in_child) {
            REQUIRE_OK(child_create("floats", &task));
        }
        load(&own);
        EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, expect_zeros, &good));
        EXPECT(worker_end(&worker));
        EXPECT(good != 0);
        EXPECT(are(&own));
    }
    EXPECT(task_ends(task));
    close_handle(task);
}

/* The state is charged to the task: without memory for it the first use is a fault. */
static void use(struct faulter *faulter)
{
    const struct fp_values own = sample(2);
    while (*(volatile uint32_t *)at(faulter->address) == 0) {
        status_ignore(thread_yield());
    }
    load(&own);
    faulter->answer = are(&own);
}

static void test_no_memory(void)
{
    static struct faulter faulter;
    static volatile uint32_t go;
    uint64_t bytes = 0;
    go = 0;
    REQUIRE(faulter_start(&faulter, use, address_of(&go)));
    EXPECT_OK(account_info(environment.account, NULL, NULL, &bytes, NULL, NULL));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, bytes, 0));
    go = 1;
    REQUIRE_OK(port_receive(faulter.service.port, faulter.service.reply, &faulter.fault));
    EXPECT(faulter.fault.words[0] == FAULT_ILLEGAL);
    EXPECT(faulter.fault.words[1] == faulter.fault.words[2]); /* at the instruction */
    EXPECT(faulter.fault.words[4] == STATUS_NO_KERNEL_MEMORY);
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, ~UINT64_C(0), 0));
    faulter_answer(&faulter, STATUS_OK); /* now it has what it needs */
    faulter_end(&faulter, EXIT_NORMAL);
    EXPECT(faulter.answer != 0);
}

/* ---- kept ------------------------------------------------------------------------------------ */

static void read_word(struct faulter *faulter)
{
    const struct fp_values own = sample(3);
    faulter->answer = 1;
    load(&own);
    faulter->answer = *(volatile uint64_t *)at(faulter->address);
    EXPECT(are(&own));
}

/* Through a fault, while who mends it uses other values. */
static void test_fault(void)
{
    static struct faulter faulter;
    const struct fp_values own = sample(4);
    handle_t memory = new_memory(1);
    uint64_t base = hole();
    load(&own);
    REQUIRE(faulter_start(&faulter, read_word, base));
    faulter_expect(&faulter, FAULT_READ, base);
    EXPECT(are(&own));
    load(&own);
    EXPECT_OK(space_map(0, memory, base, 0, PAGE, MAP_READ | MAP_FIXED, &base));
    faulter_answer(&faulter, STATUS_OK);
    faulter_end(&faulter, EXIT_NORMAL);
    EXPECT(faulter.answer == 0 && are(&own));
    unmap(base, PAGE);
    close_handle(memory);
}

enum { KEEPERS_MOST = 2 * 8, BURN = 2000 };

struct keeper {
    struct worker worker;
    uint64_t seed;
    handle_t event, endpoint;
    volatile uint64_t rounds;
    volatile uint32_t stop, wrong;
};

/* Another thread pointer for as long as no message page is needed. */
static void burn(struct keeper *keeper)
{
    uint64_t own = thread_pointer_read();
    uint64_t other = ~keeper->seed << 4;
    thread_pointer_write(other);
    for (volatile unsigned i = 0; i < BURN; i++) {
    }
    if (thread_pointer_read() != other) {
        keeper->wrong++;
    }
    thread_pointer_write(own);
}

static void give_way(struct keeper *keeper)
{
    switch (keeper->rounds % 8) {
    case 0:
        status_ignore(thread_yield());
        break;
    case 1:
        status_ignore(event_signal(keeper->event, 1));
        break;
    case 2:
        sleep_for(10 * MICROSECOND);
        break;
    case 3:
        EXPECT_OK(call_words(keeper->endpoint, METHOD_ECHO, keeper->seed, 0, NULL));
        break;
    case 4:
        status_ignore(event_wait(keeper->event, 1, clock_read() + 20 * MICROSECOND, NULL));
        break;
    default:
        burn(keeper);
        break;
    }
}

static void keep(void *argument)
{
    struct keeper *keeper = argument;
    const uint64_t tls = thread_pointer_read();
    struct fp_values own = sample(keeper->seed);
    load(&own);
    while (keeper->stop == 0) {
        give_way(keeper);
        if (!are(&own) || thread_pointer_read() != tls) {
            keeper->wrong++;
        }
        if (++keeper->rounds % 64 == 0) { /* every so often other values */
            own = sample(keeper->seed + keeper->rounds * KEEPERS_MOST);
            load(&own);
        }
    }
}

/* Threads of two tasks, more than there are CPUs, that block, wake each other and are preempted;
 * with several CPUs they move between them. */
static void test_kept(void)
{
    enum { ROUNDS = 1500 };
    static struct keeper keepers[KEEPERS_MOST];
    static struct server server;
    handle_t task = 0;
    handle_t event = new_event();
    uint64_t cpus = 0;
    uint64_t event_there = 0;
    uint64_t endpoint_there = 0;
    server = (struct server){0};
    EXPECT_OK(system_info(&cpus, NULL, NULL, NULL, NULL));
    const uint64_t count = cpus * 2 < 4 ? 4 : cpus * 2 < KEEPERS_MOST ? cpus * 2 : KEEPERS_MOST;
    REQUIRE(server_start(&server, true));
    REQUIRE_OK(child_create("keepers", &task));
    EXPECT_OK(task_install(task, event, RIGHT_ALL, &event_there));
    EXPECT_OK(task_install(task, server.own.endpoint, RIGHT_ALL, &endpoint_there));
    for (uint64_t i = 0; i < count; i++) {
        bool there = i % 2 != 0;
        keepers[i] = (struct keeper){.seed = i,
                                     .event = there ? event_there : event,
                                     .endpoint = there ? endpoint_there : server.own.endpoint};
        EXPECT_OK(
            worker_start(&keepers[i].worker, there ? task : 0, OTHER_PRIORITY, keep, &keepers[i]));
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t end = clock_read() + PATIENCE;
        while (keepers[i].rounds < ROUNDS && clock_read() < end) {
            sleep_for(MILLISECOND);
        }
        EXPECT(keepers[i].rounds >= ROUNDS);
    }
    for (uint64_t i = 0; i < count; i++) {
        keepers[i].stop = 1;
    }
    for (uint64_t i = 0; i < count; i++) {
        EXPECT(worker_end(&keepers[i].worker));
        EXPECT(keepers[i].wrong == 0);
    }
    EXPECT(task_ends(task));
    close_handle(task);
    close_handle(event);
    server_end(&server);
}

const struct test floating_tests[] = {
    {"floating_new_thread", test_new_thread},
    {"floating_no_memory", test_no_memory},
    {"floating_fault", test_fault},
    {"floating_kept", test_kept},
    {NULL, NULL},
};
