/* System calls of Sinter are no calls when a guest makes them, whatever it has in its registers. */
#include "foreign.h"

#include <sinter/system.h>

enum { OBJECTS = 7, CALL_NUMBERS = 128, CALL_ARGUMENTS = 8 };
#define WRITTEN UINT64_C(0x1234567890)

/* What a guest that could make system calls would close, signal, write, stop or answer. */
static struct {
    handle_t handles[OBJECTS];
    struct service service;
    handle_t event, memory;
    uint64_t shown;
    uint64_t identities[OBJECTS];
    uint32_t rights[OBJECTS];
    uint64_t open; /* handles of this task */
    uint64_t pages, bytes;
} own;

static bool own_open(void)
{
    if (!service_open(&own.service)) {
        return false;
    }
    own.event = new_event();
    own.memory = new_memory(1);
    own.handles[0] = environment.account;
    own.handles[1] = environment.task;
    own.handles[2] = own.event;
    own.handles[3] = own.memory;
    own.handles[4] = own.service.port;
    own.handles[5] = own.service.endpoint;
    own.handles[6] = own.service.reply;
    EXPECT_OK(space_map(0, own.memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &own.shown));
    if (own.shown == 0) {
        return false;
    }
    *(volatile uint64_t *)at(own.shown) = WRITTEN;
    for (unsigned i = 0; i < OBJECTS; i++) {
        EXPECT_OK(handle_info(own.handles[i], NULL, &own.rights[i], &own.identities[i]));
    }
    EXPECT_OK(task_info(environment.task, NULL, NULL, NULL, NULL, &own.open, NULL));
    EXPECT_OK(account_info(environment.account, &own.pages, NULL, &own.bytes, NULL, NULL));
    return true;
}

/* Nothing has happened to them, nor to what they stand for. */
static void own_check(void)
{
    uint64_t open = 0;
    uint64_t pages = 0;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < OBJECTS; i++) {
        uint64_t identity = 0;
        uint32_t rights = 0;
        EXPECT_OK(handle_info(own.handles[i], NULL, &rights, &identity));
        EXPECT(identity == own.identities[i] && rights == own.rights[i]);
    }
    EXPECT_OK(task_info(environment.task, NULL, NULL, NULL, NULL, &open, NULL));
    EXPECT_OK(account_info(environment.account, &pages, NULL, &bytes, NULL, NULL));
    EXPECT(open == own.open && pages == own.pages && bytes == own.bytes);
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(own.event, ~UINT64_C(0), 0, NULL));
    EXPECT(*(volatile uint64_t *)at(own.shown) == WRITTEN);
}

static void own_close(void)
{
    unmap(own.shown, PAGE);
    close_handle(own.event);
    close_handle(own.memory);
    service_close(&own.service);
}

/* All arguments are handles of its host, the first of them this one. */
static void attempt(struct foreign *foreign, uint64_t number, unsigned first)
{
    foreign_begin(foreign, CODE_CALLS, 0, 0);
    for (unsigned i = 0; i < CALL_ARGUMENTS; i++) {
        foreign->state->registers[call_register(i)] = own.handles[(first + i) % OBJECTS];
    }
    foreign->state->registers[call_register(CALL_ARGUMENTS)] = number;
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(foreign, 0) == own.handles[first]);
    EXPECT(foreign->state->registers[call_register(CALL_ARGUMENTS)] == number);
    EXPECT(foreign->state->registers[GUEST_PC] == FOREIGN_CODE + 4);
}

/* Also where the guest goes back in by the short way. */
static void test_no_calls(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 0, 0); /* what it needs is charged */
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    REQUIRE(own_open());
    for (uint64_t number = 0; number < CALL_NUMBERS; number++) {
        for (unsigned first = 0; first < OBJECTS; first++) {
            attempt(&foreign, number, first);
        }
        own_check();
    }
    EXPECT_OK(guest_attach(0));
    own_close();
    foreign_close(&foreign);
}

const struct test guest_no_call_tests[] = {
    {"guest_no_calls", test_no_calls},
    {0},
};
