/*
 * stress [COUNT [SEED]]: makes system calls with random arguments, and stays alive.
 *
 * A thread makes the calls, all in the table but those that end it; handles come from a pool that
 * its own calls fill, beginning with copies of the start handles. The first thread interrupts it
 * when a call blocks. Left out is what would be suicide: starting a thread of this task at a
 * random address, and unmapping, protecting or closing what the program itself uses, which is
 * never in the pool.
 */
#include <sinter/system.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "note.h"
#include "program.h"

static struct message message;
static struct received received;
static const struct guest_handler handler; /* no guest is ever there to run */

#include "stress_calls.h"

PROGRAM_NOTE("stress", "stress [COUNT [SEED]]: makes random system calls");

#define DEFAULT_COUNT   1000000
#define POOL_SIZE       64
#define STATUS_COUNT    128
#define ARGUMENTS       8
#define WATCH_INTERVAL  UINT64_C(1000000) /* 1 ms: how long a call may block */
#define STUCK_INTERVALS 10000             /* 10 s without a call: it cannot be interrupted */
#define CALL_COUNT      (sizeof(calls) / sizeof(calls[0]))

static uint64_t count = DEFAULT_COUNT;
static uint64_t random_state = 0x9e3779b97f4a7c15;
static handle_t pool[POOL_SIZE];
static bool seen[STATUS_COUNT];

/* What the two threads share. */
static _Atomic uint64_t made;
static _Atomic(const char *) current;
static atomic_bool finished;

/* xorshift64 */
static uint64_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t random_value(void)
{
    uint64_t word = random_word();
    switch (random_word() % 8) {
    case 0:
        return 0;
    case 1:
        return word % 16;
    case 2:
        return word % 64 * LIMIT_PAGE_SIZE;
    case 3:
        return UINT64_MAX - word % 16;
    case 4:
        return UINT64_C(1) << word % 64;
    case 5:
        return word % UINT64_C(0x8000000000);
    default:
        return word;
    }
}

static uint64_t random_handle(void)
{
    uint64_t word = random_word();
    return word % 4 == 0 ? random_value() : pool[random_word() % POOL_SIZE];
}

/* Keeps a handle that a call has made; what was in its place is closed. */
static void keep(handle_t handle)
{
    handle_t *place = &pool[random_word() % POOL_SIZE];
    if (*place != 0) {
        status_ignore(handle_close(*place));
    }
    *place = handle;
}

static void fill_message(void)
{
    struct message_page *page = message_page();
    message.tag = random_word() % 4 == 0 ? random_word() : random_word() % 0x90000;
    received.tag = message.tag;
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        message.words[i] = random_value();
        received.words[i] = message.words[i];
    }
    for (unsigned i = 0; i < LIMIT_MESSAGE_HANDLES; i++) {
        page->handles[i] = random_handle();
    }
    for (unsigned i = 0; i < LIMIT_MESSAGE_LEASES; i++) {
        page->leases[i].source = random_word() % 2 ? 0 : random_handle();
        page->leases[i].address = random_value();
        page->leases[i].length = random_value();
        page->leases[i].flags = (uint32_t)random_value();
        page->leases[i].index = (uint32_t)random_value();
    }
    page->accept = (uint32_t)random_value();
}

/* Addresses of this program are not drawn, and space 0 is its own. */
static bool is_suicide(const struct call *call, const uint64_t *in)
{
    bool own_space = in[0] == 0;
    if (strcmp(call->name, "thread_start") == 0) {
        return true;
    }
    return own_space &&
           (strcmp(call->name, "space_unmap") == 0 || strcmp(call->name, "space_protect") == 0 ||
            strcmp(call->name, "space_map") == 0);
}

static void make_call(void)
{
    const struct call *call = &calls[random_word() % CALL_COUNT];
    uint64_t in[ARGUMENTS] = {0};
    uint64_t out[ARGUMENTS] = {0};
    for (size_t i = 0; call->in[i] != '\0'; i++) {
        in[i] = call->in[i] == 'h' ? random_handle() : random_value();
    }
    if (is_suicide(call, in)) {
        in[0] = (in[0] | UINT64_C(1) << 32) & ~(uint64_t)UINT32_MAX; /* slot 0: no handle has it */
    }
    fill_message();
    atomic_store(&current, call->name);
    status_t status = call->make(in, out);
    if (status >= 0 && status < STATUS_COUNT) {
        seen[status] = true;
    }
    for (size_t i = 0; status == STATUS_OK && call->out[i] != '\0'; i++) {
        if (call->out[i] == 'h') {
            keep(out[i]);
        }
    }
}

static void make_calls(void *argument)
{
    (void)argument;
    for (uint64_t i = 0; i < count; i++) {
        make_call();
        atomic_store(&made, i + 1);
    }
    atomic_store(&finished, true);
}

/* Copies of the start handles, without the rights to change this program. */
static void fill_pool(void)
{
    static const char *const names[] = {"account", "namespace", "process"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (handle_duplicate(program_handle(names[i]), RIGHT_ALL, &pool[i]) != STATUS_OK) {
            pool[i] = 0;
        }
    }
}

/* Interrupts the thread whenever it has made no call for an interval. False if it hangs. */
static bool watch(handle_t thread)
{
    uint64_t before = 0;
    unsigned idle = 0;
    while (!atomic_load(&finished)) {
        status_ignore(program_sleep(WATCH_INTERVAL));
        uint64_t now = atomic_load(&made);
        idle = now == before ? idle + 1 : 0;
        if (idle > STUCK_INTERVALS) {
            return false;
        }
        if (idle > 0) {
            status_ignore(thread_interrupt(thread));
        }
        before = now;
    }
    return true;
}

int main(int argument_count, char **words)
{
    handle_t thread;
    if (argument_count > 1) {
        count = strtoull(words[1], NULL, 10);
    }
    if (argument_count > 2) {
        random_state ^= strtoull(words[2], NULL, 10) * 2 + 1;
    }
    fill_pool();
    status_t status = thread_run(make_calls, NULL, &thread);
    if (status != STATUS_OK) {
        fprintf(stderr, "stress: no thread: %s\n", status_text(status));
        return EXIT_FAILURE;
    }
    if (!watch(thread)) {
        fprintf(stderr, "stress: %s cannot be interrupted, after %lu calls\n",
                atomic_load(&current), (unsigned long)atomic_load(&made));
        return EXIT_FAILURE;
    }
    unsigned distinct = 0;
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        distinct += seen[i];
    }
    printf("stress: %lu calls, %u distinct statuses\n", (unsigned long)count, distinct);
    return 0;
}
