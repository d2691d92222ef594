/* Trace records: what the hooks tell, and the rings: trace_set(). */
#include "devices.h"
#include "faulter.h"
#include "server.h"

#include "test_device.h"

#define KIND(name) (1u << TRACE_##name)
#define ALL_KINDS  (2u * KIND(DATA) - KIND(CALL))

enum { RING_PAGES = 64, FEW_PAGES = 4 };

struct rings {
    handle_t memory;
    uint64_t base; /* mapped */
    uint64_t size;
    uint64_t records; /* of each CPU */
};

static bool rings_open(struct rings *rings, uint64_t pages)
{
    *rings = (struct rings){.size = pages * PAGE};
    status_t status =
        memory_create(environment.account, rings->size, MEMORY_CONTIGUOUS, &rings->memory);
    if (status == STATUS_OK) {
        status = space_map(0, rings->memory, 0, 0, rings->size, MAP_READ | MAP_WRITE, &rings->base);
    }
    EXPECT_OK(status);
    return status == STATUS_OK;
}

static status_t rings_set(struct rings *rings, uint32_t kinds)
{
    return trace_set(environment.machine, rings->memory, kinds, &rings->records);
}

static void rings_close(struct rings *rings)
{
    if (rings->memory != 0) {
        close_handle(rings->memory);
    }
    unmap(rings->base, rings->size);
}

static const volatile struct trace_record *record_at(const struct rings *rings, uint64_t number)
{
    return (const volatile struct trace_record *)at(rings->base) + number;
}

/* The last record of the kind whose thread (and peer, unless 0) is that; null: there is none. */
static const volatile struct trace_record *find(const struct rings *rings, uint32_t kind,
                                                uint64_t thread, uint64_t peer)
{
    const volatile struct trace_record *found = NULL;
    for (uint64_t i = 0; i < rings->records * cpu_count(); i++) {
        const volatile struct trace_record *record = record_at(rings, i);
        if (record->sequence != 0 && record->kind == kind && record->thread == thread &&
            (peer == 0 || record->peer == peer) && (found == NULL || found->time < record->time)) {
            found = record;
        }
    }
    return found;
}

/* How many records have ever been written. */
static uint64_t written(const struct rings *rings)
{
    uint64_t sum = 0;
    for (uint64_t cpu = 0; cpu < cpu_count(); cpu++) {
        uint64_t last = 0;
        for (uint64_t i = 0; i < rings->records; i++) {
            uint64_t sequence = record_at(rings, cpu * rings->records + i)->sequence;
            EXPECT(sequence == 0 || (sequence - 1) % rings->records == i);
            last = sequence > last ? sequence : last;
        }
        sum += last;
    }
    return sum;
}

static uint64_t identity(handle_t handle)
{
    uint64_t number = 0;
    EXPECT_OK(handle_info(handle, NULL, NULL, &number));
    return number;
}

/* Of this task's first thread. */
static uint64_t own_thread(void)
{
    handle_t thread = 0;
    EXPECT_OK(task_thread(environment.task, 0, &thread, NULL));
    uint64_t number = identity(thread);
    close_handle(thread);
    return number;
}

static void test_errors(void)
{
    struct rings rings, other;
    struct clock_chip chip;
    handle_t event = new_event();
    handle_t zeros = new_memory(RING_PAGES);
    uint64_t records = 0;
    REQUIRE(rings_open(&rings, 1) && rings_open(&other, 1) && chip_open(&chip));
    EXPECT_HANDLE_ERRORS(trace_set(handle, rings.memory, KIND(CALL), &records), event,
                         with_rights(environment.machine, RIGHT_ALL & ~RIGHT_MACHINE_TRACE));
    EXPECT_HANDLE_ERRORS(trace_set(environment.machine, handle, KIND(CALL), &records), event,
                         with_rights(rings.memory, RIGHT_ALL & ~RIGHT_MEMORY_WRITE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, rings_set(&rings, 1));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, rings_set(&rings, ALL_KINDS + 2));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, rings_set(&rings, ~UINT32_C(0)));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, trace_set(environment.machine, zeros, KIND(CALL), &records));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  trace_set(environment.machine, chip.memory, KIND(CALL), &records));
    EXPECT(records == 0);
    EXPECT_OK(rings_set(&rings, 0)); /* it was not on */
    EXPECT_OK(rings_set(&rings, KIND(CALL)));
    EXPECT(rings.records == PAGE / sizeof(struct trace_record) / cpu_count());
    EXPECT_STATUS(STATUS_BAD_STATE, rings_set(&other, KIND(CALL)));
    EXPECT_OK(rings_set(&other, 0)); /* not what is on */
    EXPECT_STATUS(STATUS_BAD_STATE, rings_set(&other, KIND(CALL)));
    EXPECT_OK(rings_set(&rings, ALL_KINDS));
    EXPECT_OK(rings_set(&rings, 0));
    EXPECT_OK(rings_set(&other, KIND(CALL)));
    chip_close(&chip);
    rings_close(&other);
    rings_close(&rings);
    close_handle(zeros);
    close_handle(event);
}

/* One call: three records, each with what it is about. */
static void test_call(void)
{
    static struct server server;
    struct rings rings;
    struct message answer;
    server = (struct server){0};
    REQUIRE(server_start(&server, true) && rings_open(&rings, RING_PAGES));
    uint64_t self = own_thread();
    uint64_t peer = identity(server.worker.thread);
    EXPECT_OK(rings_set(&rings, KIND(CALL) | KIND(RECEIVE) | KIND(REPLY)));
    EXPECT_OK(call_words(server.own.endpoint, METHOD_ECHO, 40, 50, &answer));
    EXPECT_OK(rings_set(&rings, 0));
    const volatile struct trace_record *call = find(&rings, TRACE_CALL, self, 0);
    const volatile struct trace_record *got = find(&rings, TRACE_RECEIVE, peer, self);
    const volatile struct trace_record *reply = find(&rings, TRACE_REPLY, peer, self);
    REQUIRE(call != NULL && got != NULL && reply != NULL);
    EXPECT(call->task == identity(environment.task) && got->task == identity(server.task));
    EXPECT(call->port == identity(server.own.port) && reply->port == call->port);
    EXPECT(call->badge == SERVICE_BADGE && got->badge == SERVICE_BADGE);
    EXPECT((uint32_t)call->tag == METHOD_ECHO && call->words[0] == 40 && call->words[1] == 50);
    EXPECT((uint32_t)reply->tag == STATUS_OK && reply->words[0] == 41 && reply->words[1] == 51);
    EXPECT(call->time <= got->time && got->time <= reply->time && reply->time <= clock_read());
    EXPECT(find(&rings, TRACE_SWITCH, self, 0) == NULL); /* was not asked for */
    rings_close(&rings);
    server_end(&server);
}

/* The first bytes of a call's data come before it, and only if they are asked for. */
static void test_data(void)
{
    enum { SHOWN = sizeof(((struct trace_record *)NULL)->words) };
    static const struct {
        uint32_t kinds, bytes;
    } tries[] = {{KIND(CALL), 60}, {KIND(CALL) | KIND(DATA), 60}, {KIND(CALL) | KIND(DATA), 20}};
    static struct server server;
    struct rings rings;
    server = (struct server){0};
    REQUIRE(server_start(&server, true) && rings_open(&rings, RING_PAGES));
    for (unsigned try = 0; try < sizeof(tries) / sizeof(tries[0]); try++) {
        struct message message = {.tag = message_tag(METHOD_ECHO, tries[try].bytes, 0, 0)};
        for (unsigned i = 0; i < SHOWN; i++) {
            message_page()->data[i] = (uint8_t)(i + 1);
        }
        EXPECT_OK(rings_set(&rings, tries[try].kinds));
        EXPECT_OK(port_call(server.own.endpoint, &message));
        EXPECT_OK(rings_set(&rings, 0));
        const volatile struct trace_record *data = find(&rings, TRACE_DATA, own_thread(), 0);
        const volatile struct trace_record *call = find(&rings, TRACE_CALL, own_thread(), 0);
        REQUIRE(call != NULL && (data != NULL) == (tries[try].kinds != KIND(CALL)));
        for (unsigned i = 0; i < SHOWN && data != NULL; i++) {
            EXPECT((uint8_t)(data->words[i / 8] >> i % 8 * 8) ==
                   (i < tries[try].bytes ? i + 1 : 0));
        }
        EXPECT(data == NULL || (data->sequence + 1 == call->sequence && data->cpu == call->cpu &&
                                data->time <= call->time));
    }
    rings_close(&rings);
    server_end(&server);
}

/* A call that no server answers ends by the kernel. */
static void test_failed_call(void)
{
    struct service service;
    struct rings rings;
    struct message message = {.tag = message_tag(1, 0, 0, 0)};
    REQUIRE(service_open(&service) && rings_open(&rings, RING_PAGES));
    close_handle(service.port);
    service.port = 0;
    EXPECT_OK(rings_set(&rings, KIND(CALL) | KIND(REPLY)));
    EXPECT_STATUS(STATUS_GONE, port_call(service.endpoint, &message));
    EXPECT_OK(rings_set(&rings, 0));
    const volatile struct trace_record *end = find(&rings, TRACE_REPLY, 0, own_thread());
    EXPECT(find(&rings, TRACE_CALL, own_thread(), 0) != NULL);
    EXPECT(end != NULL && end->tag == STATUS_GONE && end->task == 0);
    rings_close(&rings);
    service_close(&service);
}

static void write_word(struct faulter *faulter)
{
    *(volatile uint64_t *)at(faulter->address) = 1;
}

/* A fault, the kernel's call about it, and the ends of thread and task that follow. */
static void test_fault(void)
{
    static struct faulter faulter;
    struct rings rings;
    uint64_t where = hole();
    char name[LIMIT_NAME + 1] = "";
    REQUIRE(rings_open(&rings, RING_PAGES));
    EXPECT_OK(rings_set(&rings, ALL_KINDS & ~KIND(SWITCH)));
    REQUIRE(faulter_start(&faulter, write_word, where));
    uint64_t thread = identity(faulter.worker.thread);
    uint64_t task = identity(faulter.task);
    faulter_expect(&faulter, FAULT_WRITE, where);
    faulter_answer(&faulter, STATUS_REFUSED);
    faulter_end(&faulter, EXIT_FAULT);
    EXPECT_OK(rings_set(&rings, 0));
    const volatile struct trace_record *fault = find(&rings, TRACE_FAULT, thread, 0);
    const volatile struct trace_record *call = find(&rings, TRACE_CALL, thread, 0);
    const volatile struct trace_record *death = find(&rings, TRACE_DEATH, thread, 0);
    REQUIRE(fault != NULL && call != NULL && death != NULL);
    EXPECT(fault->words[0] == FAULT_WRITE && fault->words[1] == where && fault->task == task);
    EXPECT(fault->words[3] == STATUS_BAD_ADDRESS);
    EXPECT((uint32_t)call->tag == METHOD_FAULT && call->words[1] == where);
    EXPECT(fault->time <= call->time && call->time <= death->time && death->task == task);
    const volatile struct trace_record *made = find(&rings, TRACE_TASK, 0, 0);
    REQUIRE(made != NULL && made->words[0] == task);
    for (unsigned i = 0; i < LIMIT_NAME; i++) {
        name[i] = (char)(made->words[1 + i / 8] >> i % 8 * 8);
    }
    EXPECT(name[0] != '\0');
    rings_close(&rings);
}

/* Switching tells who runs, and that nobody does. */
static void test_switch(void)
{
    struct rings rings;
    REQUIRE(rings_open(&rings, RING_PAGES));
    EXPECT_OK(rings_set(&rings, KIND(SWITCH)));
    sleep_for(MILLISECOND);
    EXPECT_OK(rings_set(&rings, 0));
    const volatile struct trace_record *back = find(&rings, TRACE_SWITCH, own_thread(), 0);
    const volatile struct trace_record *idle = find(&rings, TRACE_SWITCH, 0, 0);
    EXPECT(back != NULL && back->task == identity(environment.task));
    EXPECT(idle != NULL && idle->task == 0);
    rings_close(&rings);
}

static void test_interrupt(void)
{
    enum { BIT = 1 };
    struct clock_chip chip;
    struct rings rings;
    handle_t event = new_event();
    handle_t irq = 0;
    bool found = false;
    REQUIRE(chip_open(&chip) && rings_open(&rings, RING_PAGES));
    REQUIRE_OK(irq_create(environment.machine, chip.line, IRQ_LEVEL, &irq));
    EXPECT_OK(irq_bind(irq, event, BIT));
    EXPECT_OK(rings_set(&rings, KIND(INTERRUPT)));
    chip_raise(at(chip.registers));
    EXPECT_OK(event_wait(event, BIT, clock_read() + PATIENCE, NULL));
    EXPECT_OK(rings_set(&rings, 0));
    chip_quiet(at(chip.registers));
    for (uint64_t i = 0; i < rings.records * cpu_count(); i++) {
        const volatile struct trace_record *record = record_at(&rings, i);
        found |= record->sequence != 0 && record->kind == TRACE_INTERRUPT &&
                 record->words[0] == chip.line;
    }
    EXPECT(found);
    rings_close(&rings);
    close_handle(irq);
    close_handle(event);
    chip_close(&chip);
}

/* Old records give way to new ones; whatever somebody writes over them does no harm. */
static void test_overflow(void)
{
    enum { CALLS = 200 };
    static struct server server;
    struct rings rings;
    struct message answer;
    server = (struct server){0};
    REQUIRE(server_start(&server, true) && rings_open(&rings, 1));
    EXPECT_OK(rings_set(&rings, ALL_KINDS));
    for (unsigned i = 0; i < CALLS / 2; i++) {
        EXPECT_OK(call_words(server.own.endpoint, METHOD_ECHO, i, i, &answer));
    }
    for (uint64_t i = 0; i < PAGE / sizeof(uint64_t); i++) {
        ((volatile uint64_t *)at(rings.base))[i] = ~UINT64_C(0);
    }
    for (unsigned i = 0; i < CALLS / 2; i++) {
        EXPECT_OK(call_words(server.own.endpoint, METHOD_ECHO, i, i, &answer));
    }
    EXPECT_OK(rings_set(&rings, 0));
    uint64_t most = 0;
    for (uint64_t i = 0; i < rings.records * cpu_count(); i++) {
        uint64_t sequence = record_at(&rings, i)->sequence;
        most = sequence != ~UINT64_C(0) && sequence > most ? sequence : most;
    }
    EXPECT(most >= 3 * CALLS / (2 * cpu_count()));
    rings_close(&rings);
    server_end(&server);
}

/* The last handle's end is the end of writing; the pages go when the mapping does. */
static void test_closed(void)
{
    struct rings rings, next;
    REQUIRE(rings_open(&rings, RING_PAGES) && rings_open(&next, 1));
    EXPECT_OK(rings_set(&rings, ALL_KINDS));
    sleep_for(MILLISECOND);
    close_handle(rings.memory);
    rings.memory = 0;
    uint64_t before = written(&rings);
    sleep_for(MILLISECOND);
    EXPECT(before != 0 && written(&rings) == before);
    EXPECT_OK(rings_set(&next, ALL_KINDS));
    rings_close(&next);
    rings_close(&rings);
}

struct chatter {
    struct worker worker;
    struct server server;
    volatile uint32_t stop;
};

static void chat(void *argument)
{
    struct chatter *chatter = argument;
    struct message answer;
    while (chatter->stop == 0) {
        EXPECT_OK(call_words(chatter->server.own.endpoint, METHOD_ECHO, 1, 2, &answer));
    }
}

/* Rings come and go while every CPU writes: none is written after its end. */
static void test_ends(void)
{
    enum { ROUNDS = 200, PAIRS = 4 };
    static struct chatter chatters[PAIRS];
    uint64_t sum = 0;
    for (unsigned i = 0; i < PAIRS; i++) {
        chatters[i] = (struct chatter){0};
        REQUIRE(server_start(&chatters[i].server, true));
        EXPECT_OK(worker_start(&chatters[i].worker, 0, OTHER_PRIORITY, chat, &chatters[i]));
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct rings rings;
        REQUIRE(rings_open(&rings, FEW_PAGES));
        EXPECT_OK(rings_set(&rings, ALL_KINDS));
        sleep_for(50 * MICROSECOND);
        if (round % 2 == 0) {
            EXPECT_OK(rings_set(&rings, 0));
        } else {
            close_handle(rings.memory);
            rings.memory = 0;
        }
        uint64_t before = written(&rings);
        sleep_for(50 * MICROSECOND);
        EXPECT(written(&rings) == before);
        sum += before;
        rings_close(&rings);
    }
    EXPECT(sum > ROUNDS);
    for (unsigned i = 0; i < PAIRS; i++) {
        chatters[i].stop = 1;
        EXPECT(worker_end(&chatters[i].worker));
        server_end(&chatters[i].server);
    }
}

const struct test trace_tests[] = {
    {"trace_errors", test_errors},
    {"trace_call", test_call},
    {"trace_data", test_data},
    {"trace_failed_call", test_failed_call},
    {"trace_fault", test_fault},
    {"trace_switch", test_switch},
    {"trace_interrupt", test_interrupt},
    {"trace_overflow", test_overflow},
    {"trace_closed", test_closed},
    {"trace_ends", test_ends},
    {NULL, NULL},
};
