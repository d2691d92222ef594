/*
 * General registers: what a system call keeps and clears, seen at the trap instruction itself (in
 * a stub of libsys, whose own code would hide it), and that nothing changes them behind a thread.
 */
#include "server.h"

#include <libsys_calls.h>
#include <sinter/object.h>

#include "libsys_image.h"
#include "registers.h"
#include "test_machine.h"

#define PATTERN   UINT64_C(0x5a00c3a5001f0000)
#define TRAP_SPAN 64 /* bytes of a stub in which the trap is looked for */
#define SLICES    (20 * MILLISECOND)

static uint64_t pattern(uint64_t seed, unsigned i)
{
    return (PATTERN + seed) ^ (UINT64_C(0x0101010101010101) * i);
}

static void fill(struct register_probe *probe, uint64_t seed)
{
    for (unsigned i = 0; i < 32; i++) {
        probe->in[i] = pattern(seed, i);
        probe->out[i] = 1;
    }
    probe->target = 0;
}

static bool same_text(const char *left, const char *right)
{
    while (*left == *right && *left != '\0') {
        left++;
        right++;
    }
    return *left == *right;
}

/* The table of exports lies before the texts of libsys, and the page before it can be read. */
static const struct sinter_export_table *exports(void)
{
    uint64_t base = address_of(status_text(STATUS_OK)) & ~(PAGE - 1);
    const struct sinter_export_table *table = at(base + EXPORTS_OFFSET);
    while (table->magic != SINTER_EXPORTS_MAGIC) {
        base -= PAGE;
        table = at(base + EXPORTS_OFFSET);
    }
    return table;
}

/* That of handle_close(). */
uint64_t stub_trap(void)
{
    const struct sinter_export_table *table = exports();
    const struct sinter_export *entries = (const struct sinter_export *)(table + 1);
    const char *strings = (const char *)table + table->strings;
    for (uint32_t i = 0; i < table->count; i++) {
        if (same_text(strings + entries[i].name, "handle_close")) {
            uint64_t stub = address_of(table) - EXPORTS_OFFSET + entries[i].address;
            for (uint64_t at_byte = 0; at_byte < TRAP_SPAN; at_byte += sizeof(uint16_t)) {
                if (is_system_trap(at(stub + at_byte))) {
                    return stub + at_byte;
                }
            }
        }
    }
    return 0;
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct raw_call {
    struct worker worker;
    struct register_probe probe;
    uint64_t tls;
};

static uint64_t result(const struct raw_call *call, unsigned i)
{
    return call->probe.out[call_register(i)];
}

/* Registers beyond `count` arguments hold patterns. */
static void prepare(struct raw_call *call, uint64_t number, const uint64_t *arguments,
                    unsigned count)
{
    fill(&call->probe, 0);
    for (unsigned i = 0; i < count; i++) {
        call->probe.in[call_register(i)] = arguments[i];
    }
    call->probe.in[call_register(8)] = number;
    call->probe.target = stub_trap();
}

static void run_raw(void *argument)
{
    struct raw_call *call = argument;
    call->tls = thread_pointer_read();
    if (REGISTER_TLS <= REGISTER_LAST) {
        call->probe.in[REGISTER_TLS % 32] = call->tls;
    }
    probe_call(&call->probe);
    EXPECT(thread_pointer_read() == call->tls);
}

/* Apart from results 0 to `results` nothing of the kernel may be seen. */
static void expect_clean(const struct raw_call *call, const char *what, unsigned results)
{
    char text[120];
    const struct register_probe *probe = &call->probe;
    for (unsigned i = REGISTER_FIRST; i <= REGISTER_LAST; i++) {
        if (((REGISTERS_KEPT & MASK(i)) != 0 && probe->out[i] != probe->in[i]) ||
            ((REGISTERS_ZEROED & MASK(i)) != 0 && probe->out[i] != 0)) {
            format_text(text, sizeof(text), "%s: register %u is %#lx, was %#lx", what, i,
                        probe->out[i], probe->in[i]);
            test_failed(__FILE__, __LINE__, text);
        }
    }
    for (unsigned i = results + 1; i <= 8; i++) {
        unsigned number = call_register(i);
        if (probe->out[number] != 0 && probe->out[number] != probe->in[number]) {
            format_text(text, sizeof(text), "%s: argument register %u became %#lx", what, i,
                        probe->out[number]);
            test_failed(__FILE__, __LINE__, text);
        }
    }
}

static void expect_call(uint64_t number, const char *what, const uint64_t *arguments,
                        unsigned count, status_t expected, unsigned results)
{
    static struct raw_call call;
    prepare(&call, number, arguments, count);
    REQUIRE(call.probe.target != 0);
    run_raw(&call);
    if (result(&call, 0) != (uint64_t)expected) {
        test_failed_status(__FILE__, __LINE__, what, expected, (status_t)result(&call, 0));
    }
    expect_clean(&call, what, results);
}

static void test_calls(void)
{
    uint64_t cpus = 0;
    handle_t event = new_event();
    struct service service;
    REQUIRE(service_open(&service));
    const uint64_t none[] = {UINT64_C(0x1fffffff0)};
    const uint64_t poll[] = {event, 1, 0};
    const uint64_t soon[] = {event, 1, clock_read() + 2 * MILLISECOND};
    const uint64_t closed[] = {service.endpoint, 1};
    const uint64_t bad_tag[] = {service.endpoint, ~UINT64_C(0)};
    const uint64_t unbound[] = {service.reply, 0};
    const uint64_t bytes[] = {64};
    expect_call(SYSTEM_CALL_handle_close, "handle_close", none, 1, STATUS_BAD_HANDLE, 0);
    expect_call(SYSTEM_CALL_thread_yield, "thread_yield", NULL, 0, STATUS_OK, 0);
    expect_call(SYSTEM_CALL_system_info, "system_info", NULL, 0, STATUS_OK, 5);
    expect_call(SYSTEM_CALL_account_info, "account_info", none, 1, STATUS_BAD_HANDLE, 5);
    expect_call(SYSTEM_CALL_entropy_read, "entropy_read", bytes, 1, STATUS_OK, 0);
    expect_call(SYSTEM_CALL_event_wait, "event_wait", poll, 3, STATUS_TIMED_OUT, 1);
    expect_call(SYSTEM_CALL_event_wait, "event_wait that blocks", soon, 3, STATUS_TIMED_OUT, 1);
    expect_call(SYSTEM_CALL_port_call, "port_call with a bad tag", bad_tag, 2, STATUS_BAD_ARGUMENT,
                0);
    expect_call(SYSTEM_CALL_port_reply, "port_reply unbound", unbound, 2, STATUS_BAD_STATE, 0);
    expect_call(~UINT64_C(0), "no such call", NULL, 0, STATUS_BAD_CALL, 0);
    EXPECT_OK(port_revoke(service.port, SERVICE_BADGE));
    expect_call(SYSTEM_CALL_port_call, "port_call of a revoked one", closed, 2, STATUS_GONE, 0);
    EXPECT_OK(system_info(&cpus, NULL, NULL, NULL, NULL));
    EXPECT(cpus >= 1);
    close_handle(event);
    service_close(&service);
}

static void start_raw(struct raw_call *call, uint64_t number, const uint64_t *arguments,
                      unsigned count, uint32_t state)
{
    prepare(call, number, arguments, count);
    REQUIRE(call->probe.target != 0);
    EXPECT_OK(worker_start(&call->worker, 0, OTHER_PRIORITY, run_raw, call));
    EXPECT(worker_reaches(&call->worker, state));
}

static void end_raw(struct raw_call *call, const char *what, status_t expected, unsigned results)
{
    EXPECT(worker_end(&call->worker));
    EXPECT(result(call, 0) == (uint64_t)expected);
    expect_clean(call, what, results);
}

/* Calls that another thread or the timer ends. */
static void test_blocked_calls(void)
{
    static struct raw_call call;
    static struct caller caller;
    struct service service;
    struct received received;
    handle_t event = new_event();
    REQUIRE(service_open(&service));
    const uint64_t wait[] = {event, 6, FOR_EVER};
    const uint64_t receive[] = {service.port, service.reply};
    const uint64_t request[] = {service.endpoint, message_tag(9, 0, 0, 0), 11, 12, 13, 14, 15, 16};

    start_raw(&call, SYSTEM_CALL_event_wait, wait, 3, THREAD_BLOCKED_WAIT);
    EXPECT_OK(event_signal(event, 4));
    end_raw(&call, "event_wait", STATUS_OK, 1);
    EXPECT(result(&call, 1) == 4);

    start_raw(&call, SYSTEM_CALL_event_wait, wait, 3, THREAD_BLOCKED_WAIT);
    EXPECT_OK(thread_interrupt(call.worker.thread));
    end_raw(&call, "event_wait interrupted", STATUS_INTERRUPTED, 1);

    start_raw(&call, SYSTEM_CALL_port_receive, receive, 2, THREAD_BLOCKED_RECEIVE);
    EXPECT_OK(thread_interrupt(call.worker.thread));
    end_raw(&call, "port_receive interrupted", STATUS_INTERRUPTED, 0);

    start_raw(&call, SYSTEM_CALL_port_call, request, 8, THREAD_BLOCKED_CALL);
    EXPECT_OK(thread_interrupt(call.worker.thread));
    end_raw(&call, "port_call interrupted", STATUS_INTERRUPTED, 0);

    start_raw(&call, SYSTEM_CALL_port_call, request, 8, THREAD_BLOCKED_CALL);
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    struct message answer = {.tag = message_tag(3, 0, 0, 0), .words = {21, 22, 23, 24, 25, 26}};
    EXPECT_OK(port_reply(service.reply, &answer));
    end_raw(&call, "port_call", STATUS_OK, 7);
    EXPECT(result(&call, 1) == answer.tag);
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        EXPECT(received.words[i] == 11 + i && result(&call, 2 + i) == 21 + i);
    }

    start_raw(&call, SYSTEM_CALL_port_receive, receive, 2, THREAD_BLOCKED_RECEIVE);
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 5, 31));
    end_raw(&call, "port_receive", STATUS_OK, 8);
    EXPECT(result(&call, 1) == message_tag(5, 0, 0, 0) && result(&call, 2) == 31);
    EXPECT(result(&call, 8) == SERVICE_BADGE);
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT(worker_end(&caller.worker));
    close_handle(event);
    service_close(&service);
}

/* ---- behind a thread's back ------------------------------------------------------------------ */

static void run_spin(void *argument)
{
    probe_spin(argument);
}

static bool has_run(const struct worker *worker, uint64_t nanoseconds)
{
    uint64_t time = 0;
    EXPECT_OK(thread_info(worker->thread, NULL, NULL, &time, NULL));
    return time >= nanoseconds;
}

/* More threads than CPUs, none of which makes a call: slices end, and they change places. */
static void test_preempted(void)
{
    enum { MOST = 8 + 2 };
    static struct register_probe probes[MOST];
    static struct worker workers[MOST];
    uint64_t count = 0;
    EXPECT_OK(system_info(&count, NULL, NULL, NULL, NULL));
    count = count + 2 < MOST ? count + 2 : MOST;
    for (uint64_t i = 0; i < count; i++) {
        fill(&probes[i], i << 32);
        EXPECT_OK(worker_start(&workers[i], 0, OTHER_PRIORITY, run_spin, &probes[i]));
    }
    for (uint64_t i = 0; i < count; i++) {
        EVENTUALLY(has_run(&workers[i], SLICES));
    }
    for (uint64_t i = 0; i < count; i++) {
        probes[i].target = 1;
        EXPECT(worker_end(&workers[i]));
        for (unsigned j = REGISTER_FIRST; j <= REGISTER_LAST; j++) {
            EXPECT((REGISTERS_LOADED & MASK(j)) == 0 || probes[i].out[j] == probes[i].in[j]);
        }
    }
}

/* thread_registers() of a thread in a call. */
static void test_inspected(void)
{
    static struct raw_call call;
    handle_t event = new_event();
    const uint64_t wait[] = {event, 6, FOR_EVER};
    start_raw(&call, SYSTEM_CALL_event_wait, wait, 3, THREAD_BLOCKED_WAIT);
    handle_t thread = call.worker.thread;
    EXPECT_HANDLE_ERRORS(thread_registers(handle), event,
                         with_rights(thread, RIGHT_ALL & ~RIGHT_THREAD_DEBUG));
    EXPECT_OK(thread_registers(thread));
    const uint64_t *registers = (const uint64_t *)(const void *)message_page()->data;
    for (unsigned i = REGISTER_FIRST; i < REGISTER_LAST; i++) {
        if ((REGISTERS_KEPT & MASK(i)) != 0) {
            EXPECT(registers[i] == call.probe.in[i]);
        }
    }
    EXPECT(registers[call_register(0)] == event && registers[call_register(1)] == 6);
    EXPECT(registers_pc(registers) == call.probe.target + sizeof(uint32_t));
    EXPECT(registers_sp(registers) > call.worker.stack &&
           registers_sp(registers) < call.worker.stack + WORKER_STACK);
    EXPECT_OK(event_signal(event, 2));
    end_raw(&call, "event_wait", STATUS_OK, 1);
    close_handle(event);
}

static void inspect_self(void *argument)
{
    struct worker *worker = argument;
    EXPECT_STATUS(STATUS_BAD_STATE, thread_registers(worker->thread));
}

static void test_inspected_running(void)
{
    static struct worker worker;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, inspect_self, &worker));
    EXPECT(worker_end(&worker));
}

const struct test register_tests[] = {
    {"registers_calls", test_calls},
    {"registers_blocked_calls", test_blocked_calls},
    {"registers_preempted", test_preempted},
    {"registers_inspected", test_inspected},
    {"registers_inspected_running", test_inspected_running},
    {NULL, NULL},
};
