/*
 * Memory that many threads write, copy, map and unmap at once. What must hold: no write is lost, a
 * snapshot is one moment's, and after space_unmap() or space_protect() nobody reaches what was.
 */
#include "faulter.h"
#include "stress.h"

enum {
    PAGES = 16,
    WRITERS = 3,
    COPIERS = 2,
};

struct writer {
    struct worker worker;
    uint64_t index; /* of its word in each page */
    uint64_t count; /* what it wrote last */
};

static struct {
    handle_t memory;
    volatile uint32_t stop;
    struct writer writers[WRITERS];
    struct worker copiers[COPIERS];
    volatile uint64_t copies;
} shared;

static volatile uint64_t *word(uint64_t base, uint64_t page, uint64_t index)
{
    return at(base + page * PAGE + index * 8);
}

/* Writes its count to all pages in order, each time through another mapping. */
static void write_always(void *argument)
{
    struct writer *self = argument;
    while (shared.stop == 0) {
        uint64_t base = 0;
        REQUIRE_OK(space_map(0, shared.memory, 0, 0, PAGES * PAGE, MAP_READ | MAP_WRITE, &base));
        for (unsigned i = 0; i < 20; i++) {
            for (uint64_t page = 0; page < PAGES; page++) {
                EXPECT(*word(base, page, self->index) == self->count);
                *word(base, page, self->index) = self->count + 1;
                __atomic_thread_fence(__ATOMIC_SEQ_CST);
            }
            self->count++;
        }
        EXPECT_OK(space_unmap(0, base, PAGES * PAGE));
    }
}

/* In one moment the pages of a writer hold its count or, the first ones, one more. */
static void check_moment(uint64_t base, uint64_t index)
{
    uint64_t first = *word(base, 0, index);
    uint64_t before = first;
    for (uint64_t page = 1; page < PAGES; page++) {
        uint64_t value = *word(base, page, index);
        EXPECT(value == before || value + 1 == before);
        EXPECT(value == first || value + 1 == first);
        before = value;
    }
}

static void copy_always(void *argument)
{
    (void)argument;
    while (shared.stop == 0) {
        handle_t copy = 0;
        handle_t second = 0;
        uint64_t base = 0;
        REQUIRE_OK(memory_snapshot(shared.memory, environment.account, &copy));
        REQUIRE_OK(space_map(0, copy, 0, 0, PAGES * PAGE, MAP_READ | MAP_WRITE, &base));
        for (uint64_t i = 0; i < WRITERS; i++) {
            check_moment(base, i);
        }
        *word(base, 3, 100) = 5; /* must reach no other */
        EXPECT_OK(memory_snapshot(copy, environment.account, &second));
        close_handle(copy);
        for (uint64_t i = 0; i < WRITERS; i++) {
            check_moment(base, i);
        }
        EXPECT_OK(space_unmap(0, base, PAGES * PAGE));
        close_handle(second);
        __atomic_add_fetch(&shared.copies, 1, __ATOMIC_RELAXED);
    }
}

static void test_snapshots(void)
{
    uint64_t base = 0;
    shared.stop = 0;
    shared.copies = 0;
    shared.memory = new_memory(PAGES);
    for (uint64_t i = 0; i < WRITERS; i++) {
        shared.writers[i] = (struct writer){.index = i};
        EXPECT_OK(worker_start(&shared.writers[i].worker, 0, OTHER_PRIORITY, write_always,
                               &shared.writers[i]));
    }
    for (uint64_t i = 0; i < COPIERS; i++) {
        EXPECT_OK(worker_start(&shared.copiers[i], 0, OTHER_PRIORITY, copy_always, NULL));
    }
    sleep_for(STRESS_TIME);
    for (uint64_t i = 0; i < WRITERS; i++) {
        EVENTUALLY(shared.writers[i].count > 0 && shared.copies > 0);
    }
    shared.stop = 1;
    for (uint64_t i = 0; i < COPIERS; i++) {
        EXPECT(worker_end(&shared.copiers[i]));
    }
    for (uint64_t i = 0; i < WRITERS; i++) {
        EXPECT(worker_end(&shared.writers[i].worker));
    }
    EXPECT_OK(space_map(0, shared.memory, 0, 0, PAGES * PAGE, MAP_READ, &base));
    for (uint64_t i = 0; i < WRITERS; i++) {
        for (uint64_t page = 0; page < PAGES; page++) {
            EXPECT(*word(base, page, i) == shared.writers[i].count);
        }
    }
    EXPECT(*word(base, 3, 100) == 0);
    unmap(base, PAGES * PAGE);
    close_handle(shared.memory);
}

/* Owners come and go from several threads at once: none may free a page that another has. */
static void close_copies(void *argument)
{
    uint64_t base = address_of(argument);
    while (shared.stop == 0) {
        handle_t copies[4] = {0};
        for (unsigned i = 0; i < 4; i++) {
            EXPECT_OK(memory_snapshot(shared.memory, environment.account, &copies[i]));
        }
        *word(base, 0, 1) = *word(base, 1, 1) + 1; /* takes a copy of the page */
        for (unsigned i = 0; i < 4; i++) {
            close_handle(copies[i]);
        }
        shared.copies++;
    }
}

static void test_owners(void)
{
    enum { THREADS = 4 };
    static struct worker workers[THREADS];
    uint64_t base = 0;
    shared.stop = 0;
    shared.copies = 0;
    shared.memory = new_memory(PAGES);
    EXPECT_OK(space_map(0, shared.memory, 0, 0, PAGES * PAGE, MAP_READ | MAP_WRITE, &base));
    REQUIRE(base != 0);
    for (uint64_t page = 0; page < PAGES; page++) {
        *word(base, page, 0) = page + 1000;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        EXPECT_OK(worker_start(&workers[i], 0, OTHER_PRIORITY, close_copies, at(base)));
    }
    sleep_for(STRESS_TIME);
    shared.stop = 1;
    for (unsigned i = 0; i < THREADS; i++) {
        EXPECT(worker_end(&workers[i]));
    }
    for (uint64_t page = 0; page < PAGES; page++) {
        EXPECT(*word(base, page, 0) == page + 1000);
    }
    unmap(base, PAGES * PAGE);
    close_handle(shared.memory);
}

/* ---- what was mapped is out of reach afterwards ---------------------------------------------- */

enum { READERS = 3, MEMORIES = 2 };

static struct {
    volatile uint64_t address;
    volatile uint64_t moment; /* odd ones see memory 1, even ones memory 2; 0: it is changing */
    volatile uint64_t reads;
    volatile uint32_t stop;
    struct service service;
    volatile uint32_t writing;
} moving;

static void read_moving(void *argument)
{
    (void)argument;
    while (moving.stop == 0) {
        uint64_t before = __atomic_load_n(&moving.moment, __ATOMIC_SEQ_CST);
        uint64_t value = *(volatile uint64_t *)at(moving.address);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (before != 0 && __atomic_load_n(&moving.moment, __ATOMIC_SEQ_CST) == before) {
            EXPECT(value == 2 - before % MEMORIES);
            __atomic_add_fetch(&moving.reads, 1, __ATOMIC_RELAXED);
        }
    }
}

/* Lets threads that touched nothing try again. */
static void answer_faults(void *argument)
{
    struct received received;
    (void)argument;
    while (port_receive(moving.service.port, moving.service.reply, &received) == STATUS_OK) {
        struct message message = {0};
        if (received.kind == RECEIVE_CALL) {
            status_ignore(port_reply(moving.service.reply, &message));
        }
        if (received.kind == RECEIVE_CALL && tag_method(received.tag) != METHOD_FAULT) {
            return;
        }
    }
}

static void move(const handle_t *memories, uint64_t address)
{
    uint64_t mapped = 0;
    uint64_t began = clock_read();
    uint64_t end = began + STRESS_TIME / 2;
    uint64_t last = began + PATIENCE;
    for (uint64_t i = 0; clock_read() < (moving.reads > 0 ? end : last); i++) {
        __atomic_store_n(&moving.moment, 0, __ATOMIC_SEQ_CST);
        EXPECT_OK(space_unmap(0, address, PAGE));
        REQUIRE_OK(space_map(0, memories[i % MEMORIES], address, 0, PAGE,
                             MAP_READ | MAP_WRITE | MAP_FIXED, &mapped));
        __atomic_store_n(&moving.moment, i + 1, __ATOMIC_SEQ_CST);
        sleep_for(20 * MICROSECOND);
    }
}

static void test_remap(void)
{
    static struct worker readers[READERS], answerer;
    handle_t memories[MEMORIES];
    handle_t task = 0;
    uint64_t address = 0;
    for (uint64_t i = 0; i < MEMORIES; i++) {
        memories[i] = new_memory(1);
        EXPECT_OK(space_map(0, memories[i], 0, 0, PAGE, MAP_READ | MAP_WRITE, &address));
        *(volatile uint64_t *)at(address) = i + 1;
        EXPECT_OK(space_unmap(0, address, PAGE));
    }
    moving.address = address;
    moving.moment = moving.reads = 0;
    moving.stop = 0;
    REQUIRE(service_open(&moving.service));
    REQUIRE_OK(child_create("readers", &task));
    EXPECT_OK(task_set_fault_endpoint(task, moving.service.endpoint));
    EXPECT_OK(worker_start(&answerer, 0, OTHER_PRIORITY, answer_faults, NULL));
    for (unsigned i = 0; i < READERS; i++) {
        EXPECT_OK(worker_start(&readers[i], task, OTHER_PRIORITY, read_moving, NULL));
    }
    move(memories, address);
    moving.stop = 1;
    for (unsigned i = 0; i < READERS; i++) {
        EXPECT(worker_end(&readers[i]));
    }
    struct message message = {.tag = message_tag(1, 0, 0, 0)};
    EXPECT_OK(port_call(moving.service.endpoint, &message));
    EXPECT(worker_end(&answerer) && task_ends(task));
    EXPECT(moving.reads > 0);
    close_handle(task);
    service_close(&moving.service);
    unmap(address, PAGE);
    for (unsigned i = 0; i < MEMORIES; i++) {
        close_handle(memories[i]);
    }
}

static void write_forever(struct faulter *faulter)
{
    for (uint64_t i = 1; moving.stop == 0; i++) {
        *(volatile uint64_t *)at(faulter->address) = i;
        moving.writing = 1;
    }
}

/* A thread that writes on another CPU is stopped by the call itself, not some time later. */
static void test_protect(void)
{
    static struct faulter faulter;
    uint64_t base = map_new(environment.account, PAGE);
    volatile uint64_t *value = at(base);
    REQUIRE(base != 0);
    moving.stop = 0;
    REQUIRE(faulter_start(&faulter, write_forever, base));
    for (unsigned i = 0; i < 100; i++) {
        moving.writing = 0;
        EVENTUALLY(moving.writing != 0);
        EXPECT_OK(space_protect(0, base, PAGE, MAP_READ));
        uint64_t then = *value;
        faulter_expect(&faulter, FAULT_WRITE, base);
        EXPECT(*value == then);
        EXPECT_OK(space_protect(0, base, PAGE, MAP_READ | MAP_WRITE));
        faulter_answer(&faulter, STATUS_OK);
    }
    moving.stop = 1;
    faulter_end(&faulter, EXIT_NORMAL);
    unmap(base, PAGE);
}

const struct test stress_memory_tests[] = {
    {"stress_snapshots", test_snapshots},
    {"stress_owners", test_owners},
    {"stress_remap", test_remap},
    {"stress_protect", test_protect},
    {NULL, NULL},
};
