/* Guests' memory that a pager fills, or refuses to. */
#include "foreign.h"

#define METHOD_PAGE 0x50414745u
#define METHOD_END  1u
#define PAGED       FOREIGN_TOP /* where the guest has it */
#define PAGED_PAGES 2

static struct {
    struct worker worker;
    struct service service;
    handle_t memory, source;  /* what it fills, and from where */
    volatile status_t answer; /* not OK: it refuses */
    volatile uint32_t hold, calls;
    status_t supplied;
} pager;

static void serve(void *unused)
{
    struct received call = {0};
    (void)unused;
    while (tag_method(call.tag) != METHOD_END) {
        EXPECT_OK(port_receive(pager.service.port, pager.service.reply, &call));
        struct message answer = {.tag = message_tag(STATUS_OK, 0, 0, 0)};
        if (tag_method(call.tag) == METHOD_PAGE) {
            pager.calls++;
            while (pager.hold != 0) {
                sleep_for(100 * MICROSECOND);
            }
            if (pager.answer == STATUS_OK) {
                pager.supplied =
                    memory_supply(pager.memory, call.words[1], pager.source, call.words[1], PAGE);
            }
            answer.tag = message_tag((uint32_t)pager.answer, 0, 0, 0);
        }
        EXPECT_OK(port_reply(pager.service.reply, &answer));
    }
}

/* The words of the guest's page i are i + 100. */
static bool open(struct foreign *foreign)
{
    uint64_t window = 0;
    uint64_t paged = PAGED;
    pager.answer = STATUS_OK;
    pager.hold = 0;
    pager.calls = 0;
    if (!foreign_open(foreign) || !service_open(&pager.service)) {
        return false;
    }
    pager.source = new_memory(PAGED_PAGES);
    EXPECT_OK(space_map(0, pager.source, 0, 0, PAGED_PAGES * PAGE, MAP_READ | MAP_WRITE, &window));
    for (uint64_t i = 0; i < PAGED_PAGES && window != 0; i++) {
        *(volatile uint64_t *)at(window + i * PAGE) = i + 100;
    }
    unmap(window, PAGED_PAGES * PAGE);
    EXPECT_OK(memory_create_paged(environment.account, PAGED_PAGES * PAGE, pager.service.endpoint,
                                  0, &pager.memory));
    EXPECT_OK(space_map(foreign->space, pager.memory, paged, 0, PAGED_PAGES * PAGE,
                        MAP_READ | MAP_WRITE | MAP_FIXED, &paged));
    EXPECT_OK(worker_start(&pager.worker, 0, OTHER_PRIORITY, serve, NULL));
    return paged == PAGED;
}

static void close(struct foreign *foreign)
{
    struct message end = {.tag = message_tag(METHOD_END, 0, 0, 0)};
    EXPECT_OK(guest_attach(0));
    EXPECT_OK(port_call(pager.service.endpoint, &end));
    EXPECT(worker_end(&pager.worker));
    close_handle(pager.memory);
    close_handle(pager.source);
    service_close(&pager.service);
    foreign_close(foreign);
}

/* No exit, and no error of a copy. */
static void test_filled(void)
{
    static struct foreign foreign;
    uint64_t word = 0;
    REQUIRE(open(&foreign));
    foreign_begin(&foreign, CODE_LOADS, PAGED, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 100 && pager.calls == 1);
    EXPECT_OK(guest_copy_in(&word, PAGED + PAGE, sizeof(word)));
    EXPECT(word == 101 && pager.calls == 2);
    EXPECT(pager.supplied == STATUS_OK);
    close(&foreign);
}

/* The guest's exit, with its registers as at any fault, or the end of the copy; and the same may be
 * tried again. */
static void test_refused(void)
{
    static struct foreign foreign;
    uint64_t word = 5;
    REQUIRE(open(&foreign));
    pager.answer = STATUS_REFUSED;
    EXPECT_OK(guest_attach(foreign.guest));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(&word, PAGED, sizeof(word)));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_out(PAGED, &word, sizeof(word)));
    EXPECT(word == 5 && pager.calls == 2);
    foreign_begin(&foreign, CODE_STORES, PAGED + 8, 7);
    foreign_faults(&foreign, FAULT_WRITE, PAGED + 8);
    foreign_begin(&foreign, CODE_LOADS, PAGED, 9);
    foreign_faults(&foreign, FAULT_READ, PAGED);
    EXPECT(foreign.state->status == STATUS_REFUSED);
    EXPECT(foreign.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_LOADS);
    EXPECT(foreign_argument(&foreign, 0) == PAGED && foreign_argument(&foreign, 1) == 9);
    EXPECT(foreign_run() == GUEST_EXIT_FAULT && pager.calls == 5);
    pager.answer = STATUS_OK;
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 100);
    foreign_begin(&foreign, CODE_LOADS, FOREIGN_TOP + PAGED_PAGES * PAGE, 0); /* not the pager's */
    foreign_faults(&foreign, FAULT_READ, FOREIGN_TOP + PAGED_PAGES * PAGE);
    EXPECT(foreign.state->status == STATUS_BAD_ADDRESS);
    close(&foreign);
}

static void kick_held(void *argument)
{
    const struct foreign *foreign = argument;
    uint64_t end = clock_read() + PATIENCE;
    while (pager.calls == 0 && clock_read() < end) {
        sleep_for(100 * MICROSECOND);
    }
    EXPECT_OK(guest_kick(foreign->guest));
    pager.hold = 0;
}

/* A kick does not end the wait for a page: the guest leaves behind it, before its instruction. */
static void test_kicked(void)
{
    static struct foreign foreign;
    struct worker worker;
    REQUIRE(open(&foreign));
    for (unsigned refuse = 0; refuse < 2; refuse++) {
        uint64_t address = PAGED + refuse * PAGE;
        pager.calls = 0;
        pager.hold = 1;
        pager.answer = refuse ? STATUS_REFUSED : STATUS_OK;
        EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, kick_held, &foreign));
        foreign_begin(&foreign, CODE_LOADS, address, 0);
        if (refuse) {
            foreign_faults(&foreign, FAULT_READ, address);
        }
        EXPECT(foreign_run() == GUEST_EXIT_KICKED);
        EXPECT(worker_end(&worker));
        EXPECT(foreign.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_LOADS);
        EXPECT(foreign_argument(&foreign, 0) == address);
    }
    close(&foreign);
}

const struct test guest_paged_tests[] = {
    {"guest_paged_filled", test_filled},
    {"guest_paged_refused", test_refused},
    {"guest_paged_kicked", test_kicked},
    {0},
};
