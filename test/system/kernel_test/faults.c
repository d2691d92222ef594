/* Faults: kinds, addresses, registers, and what the answers do. */
#include "faulter.h"

#include "test_machine.h"

typedef uint64_t (*function_t)(void);

#define PATTERN UINT64_C(0x1122334455660000)

static void read_word(struct faulter *faulter)
{
    faulter->answer = *(volatile uint64_t *)at(faulter->address);
}

static void write_word(struct faulter *faulter)
{
    *(volatile uint64_t *)at(faulter->address) = 99;
}

static void call_it(struct faulter *faulter)
{
    faulter->answer = ((function_t)(uintptr_t)faulter->address)();
}

static void misaligned(struct faulter *faulter)
{
    load_misaligned(faulter->address);
}

static void expect_death(void (*act)(struct faulter *), uint32_t kind, uint64_t address)
{
    static struct faulter faulter;
    REQUIRE(faulter_start(&faulter, act, address));
    faulter_expect(&faulter, kind, address);
    faulter_answer(&faulter, STATUS_REFUSED);
    faulter_end(&faulter, EXIT_FAULT);
}

static void test_null(void)
{
    expect_death(read_word, FAULT_READ, 0);
    expect_death(write_word, FAULT_WRITE, 0);
    expect_death(call_it, FAULT_EXECUTE, 0);
}

static void test_protection(void)
{
    uint64_t base = map_new(environment.account, 2 * PAGE);
    REQUIRE(base != 0);
    *(volatile uint64_t *)at(base) = 1;
    EXPECT_OK(space_protect(0, base, 2 * PAGE, MAP_READ));
    expect_death(write_word, FAULT_WRITE, base + 8);
    expect_death(write_word, FAULT_WRITE, base + PAGE + 16); /* never touched */
    expect_death(call_it, FAULT_EXECUTE, base);
    EXPECT(*(volatile uint64_t *)at(base + 8) == 0);
    unmap(base, 2 * PAGE);
}

/* Of the kernel: its own half, and addresses that no table can name. */
static void test_kernel_addresses(void)
{
    static const uint64_t addresses[] = {~UINT64_C(0xfff), UINT64_C(0xffffffc000000000),
                                         UINT64_C(1) << 47};
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        expect_death(read_word, FAULT_READ, addresses[i]);
        expect_death(write_word, FAULT_WRITE, addresses[i]);
        expect_death(call_it, FAULT_EXECUTE, addresses[i]);
    }
}

static void test_misaligned(void)
{
    uint64_t base = map_new(environment.account, PAGE);
    REQUIRE(base != 0);
    *(volatile uint64_t *)at(base) = 1;
    expect_death(misaligned, FAULT_ALIGNMENT, base + 1);
    unmap(base, PAGE);
}

static void foreign_call(struct faulter *faulter)
{
    (void)faulter;
    foreign_system_call();
}

/* The kernel takes calls from libsys only. */
static void test_foreign_call(void)
{
    static struct faulter faulter;
    REQUIRE(faulter_start(&faulter, foreign_call, 0));
    REQUIRE_OK(port_receive(faulter.service.port, faulter.service.reply, &faulter.fault));
    EXPECT(faulter.fault.words[0] == FAULT_SYSCALL);
    EXPECT(faulter.fault.words[1] == faulter.fault.words[2]);
    faulter_answer(&faulter, STATUS_REFUSED);
    faulter_end(&faulter, EXIT_FAULT);
}

static void read_with_registers(struct faulter *faulter)
{
    faulter->answer = load_with_registers(faulter->address, PATTERN);
}

/* The fault repeats after OK, with the registers as they were. */
static void test_registers_and_resume(void)
{
    static struct faulter faulter;
    uint64_t address = hole();
    uint64_t mapped = 0;
    handle_t memory = new_memory(1);
    uint32_t state = THREAD_NEW;
    REQUIRE(faulter_start(&faulter, read_with_registers, address + 24));
    faulter_expect(&faulter, FAULT_READ, address + 24);
    const struct message_page *page = message_page();
    EXPECT(registers_are(page->data, tag_bytes(faulter.fault.tag), address + 24, PATTERN,
                         faulter.fault.words[2]));
    EXPECT(registers_sp(page->data) > faulter.worker.stack &&
           registers_sp(page->data) < faulter.worker.stack + WORKER_STACK);
    EXPECT_OK(thread_info(faulter.worker.thread, &state, NULL, NULL, NULL));
    EXPECT(state == THREAD_BLOCKED_FAULT);
    EXPECT_OK(thread_registers(faulter.worker.thread));
    EXPECT(registers_are(page->data, tag_bytes(faulter.fault.tag), address + 24, PATTERN,
                         faulter.fault.words[2]));
    faulter_answer(&faulter, STATUS_OK); /* nothing has changed: it comes again */
    faulter_expect(&faulter, FAULT_READ, address + 24);
    EXPECT_OK(space_map(0, memory, address, 0, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED, &mapped));
    *(volatile uint64_t *)at(address + 24) = 4711;
    faulter_answer(&faulter, STATUS_OK);
    faulter_end(&faulter, EXIT_NORMAL);
    EXPECT(faulter.answer == 4711);
    unmap(address, PAGE);
    close_handle(memory);
}

/* `break_it` writes the text that faults; the fault is mended by other text. */
static void mend(void (*break_it)(volatile uint32_t *), uint32_t kind)
{
    static struct faulter faulter;
    handle_t memory = new_memory(1);
    uint64_t writable = 0;
    uint64_t executable = 0;
    EXPECT_OK(space_map(0, memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &writable));
    EXPECT_OK(space_map(0, memory, 0, 0, PAGE, MAP_READ | MAP_EXECUTE, &executable));
    REQUIRE(writable != 0 && executable != 0);
    break_it(at(writable + 64));
    EXPECT_OK(space_sync_code(0, executable, PAGE));
    REQUIRE(faulter_start(&faulter, call_it, executable + 64));
    faulter_expect(&faulter, kind, executable + 64);
    EXPECT(faulter.fault.words[2] == executable + 64);
    EXPECT(registers_pc(message_page()->data) == executable + 64);
    write_function(at(writable + 64), 321);
    EXPECT_OK(space_sync_code(0, executable, PAGE));
    faulter_answer(&faulter, STATUS_OK);
    faulter_end(&faulter, EXIT_NORMAL);
    EXPECT(faulter.answer == 321);
    unmap(writable, PAGE);
    unmap(executable, PAGE);
    close_handle(memory);
}

static void test_illegal(void)
{
    mend(write_illegal, FAULT_ILLEGAL);
}

static void test_breakpoint(void)
{
    mend(write_breakpoint, FAULT_BREAKPOINT);
}

static void read_at(void *argument)
{
    (void)*(volatile uint64_t *)argument;
}

/* Nobody hears of it: the task ends. */
static void test_no_endpoint(void)
{
    struct worker worker;
    handle_t task = 0;
    uint32_t reason = EXIT_NONE;
    REQUIRE_OK(child_create("alone", &task));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, read_at, NULL));
    EXPECT(worker_end(&worker));
    EXPECT(task_ends(task));
    EXPECT_OK(task_info(task, NULL, &reason, NULL, NULL, NULL, NULL));
    EXPECT(reason == EXIT_FAULT && worker.finished == 0);
    close_handle(task);
}

/* The port goes while the fault is queued. */
static void test_gone_queued(void)
{
    static struct faulter faulter;
    REQUIRE(faulter_start(&faulter, read_word, 0));
    EXPECT(worker_reaches(&faulter.worker, THREAD_BLOCKED_FAULT));
    close_handle(faulter.service.port);
    faulter.service.port = 0;
    faulter_end(&faulter, EXIT_FAULT);
}

/* Its handler goes while it holds the fault. */
static void test_gone_received(void)
{
    static struct faulter faulter;
    REQUIRE(faulter_start(&faulter, read_word, 0));
    faulter_expect(&faulter, FAULT_READ, 0);
    close_handle(faulter.service.reply);
    faulter.service.reply = 0;
    faulter_end(&faulter, EXIT_FAULT);
}

static void test_revoked(void)
{
    static struct faulter faulter;
    REQUIRE(faulter_start(&faulter, read_word, 0));
    EXPECT(worker_reaches(&faulter.worker, THREAD_BLOCKED_FAULT));
    EXPECT_OK(port_revoke(faulter.service.port, SERVICE_BADGE));
    faulter_end(&faulter, EXIT_FAULT);
}

/* A thread that waits for the answer to its fault can neither be interrupted nor escape a kill. */
static void test_interrupt_and_kill(void)
{
    static struct faulter faulter;
    REQUIRE(faulter_start(&faulter, read_word, 0));
    EXPECT(worker_reaches(&faulter.worker, THREAD_BLOCKED_FAULT));
    EXPECT_OK(thread_interrupt(faulter.worker.thread)); /* queued */
    faulter_expect(&faulter, FAULT_READ, 0);
    EXPECT_OK(thread_interrupt(faulter.worker.thread)); /* received */
    sleep_for(2 * MILLISECOND);
    EXPECT(worker_state(&faulter.worker) == THREAD_BLOCKED_FAULT);
    EXPECT_OK(task_kill(faulter.task, 1));
    EXPECT(task_ends(faulter.task));
    faulter_answer(&faulter, STATUS_OK); /* to nobody */
    faulter_end(&faulter, EXIT_KILLED);
}

static void test_kill_queued(void)
{
    static struct faulter faulter;
    REQUIRE(faulter_start(&faulter, read_word, 0));
    EXPECT(worker_reaches(&faulter.worker, THREAD_BLOCKED_FAULT));
    EXPECT_OK(task_kill(faulter.task, 1));
    faulter_end(&faulter, EXIT_KILLED);
}

enum { THREADS = 8 };

struct crowd {
    struct worker workers[THREADS];
    uint64_t addresses[THREADS];
};

static void read_own(void *argument)
{
    uint64_t *address = argument;
    *address = *(volatile uint64_t *)at(*address);
}

/* Many at once, each at its own page; the pages come one by one. */
static void test_many(void)
{
    static struct crowd crowd;
    struct service service;
    struct received fault;
    handle_t task = 0;
    uint32_t reason = EXIT_NONE;
    uint64_t base = hole();
    handle_t memory = new_memory(THREADS);
    REQUIRE(service_open(&service));
    REQUIRE_OK(child_create("crowd", &task));
    EXPECT_OK(task_set_fault_endpoint(task, service.endpoint));
    for (uint64_t i = 0; i < THREADS; i++) {
        crowd.addresses[i] = base + i * PAGE;
        EXPECT_OK(
            worker_start(&crowd.workers[i], task, OTHER_PRIORITY, read_own, &crowd.addresses[i]));
    }
    for (uint64_t i = 0; i < THREADS; i++) {
        struct message message = {0};
        uint64_t mapped = 0;
        REQUIRE_OK(port_receive(service.port, service.reply, &fault));
        uint64_t index = (fault.words[1] - base) / PAGE;
        REQUIRE(fault.words[0] == FAULT_READ && index < THREADS);
        EXPECT_OK(space_map(0, memory, base + index * PAGE, index * PAGE, PAGE,
                            MAP_READ | MAP_WRITE | MAP_FIXED, &mapped));
        *(volatile uint64_t *)at(mapped) = index + 1;
        EXPECT_OK(port_reply(service.reply, &message));
    }
    for (uint64_t i = 0; i < THREADS; i++) {
        EXPECT(worker_end(&crowd.workers[i]));
        EXPECT(crowd.addresses[i] == i + 1);
    }
    EXPECT(task_ends(task));
    EXPECT_OK(task_info(task, NULL, &reason, NULL, NULL, NULL, NULL));
    EXPECT(reason == EXIT_NORMAL);
    close_handle(task);
    service_close(&service);
    unmap(base, THREADS * PAGE);
    close_handle(memory);
}

static void test_set_endpoint_errors(void)
{
    struct service service;
    struct received received;
    handle_t task = 0;
    handle_t event = new_event();
    REQUIRE(service_open(&service));
    REQUIRE_OK(child_create("quiet", &task));
    EXPECT_HANDLE_ERRORS(task_set_fault_endpoint(handle, service.endpoint), event,
                         with_rights(task, RIGHT_ALL & ~RIGHT_TASK_CONTROL));
    EXPECT_HANDLE_ERRORS(task_set_fault_endpoint(task, handle), event,
                         with_rights(service.endpoint, RIGHT_ALL & ~RIGHT_ENDPOINT_CALL));
    EXPECT_OK(task_set_fault_endpoint(task, service.endpoint));
    EXPECT_OK(task_set_fault_endpoint(task, service.endpoint)); /* again */
    close_handle(service.endpoint);
    service.endpoint = 0;
    EXPECT_OK(task_kill(task, 0)); /* the task held it as a handle: now CLOSED comes, once */
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.kind == RECEIVE_CLOSED && received.badge == SERVICE_BADGE);
    close_handle(task);
    close_handle(event);
    service_close(&service);
}

const struct test fault_tests[] = {
    {"fault_null", test_null},
    {"fault_protection", test_protection},
    {"fault_kernel_addresses", test_kernel_addresses},
    {"fault_misaligned", test_misaligned},
    {"fault_foreign_call", test_foreign_call},
    {"fault_registers_and_resume", test_registers_and_resume},
    {"fault_illegal", test_illegal},
    {"fault_breakpoint", test_breakpoint},
    {"fault_no_endpoint", test_no_endpoint},
    {"fault_gone_queued", test_gone_queued},
    {"fault_gone_received", test_gone_received},
    {"fault_revoked", test_revoked},
    {"fault_interrupt_and_kill", test_interrupt_and_kill},
    {"fault_kill_queued", test_kill_queued},
    {"fault_many", test_many},
    {"fault_endpoint_errors", test_set_endpoint_errors},
    {NULL, NULL},
};
