/* Tasks in an address space of their own: what they cannot reach, how they end, what they leave. */
#include "child.h"

#define METHOD_FAULT 0x4641554c /* as task_set_fault_endpoint() says */

static void test_exits(void)
{
    static struct child child;
    REQUIRE(child_start(&child, 0));
    child_command(&child, CHILD_EXIT, (uint64_t)INT64_MIN, 0);
    child_end(&child, EXIT_NORMAL, INT64_MIN);
    REQUIRE(child_start(&child, 0));
    child_command(&child, CHILD_RETURN, 5, 0);
    child_end(&child, EXIT_NORMAL, 5);
}

static void test_killed(void)
{
    static struct child child;
    handle_t event = new_event();
    uint64_t bits = 0;
    REQUIRE(child_start(&child, 0));
    EXPECT_OK(event_watch(child.task, event, 2));
    EXPECT_OK(event_watch(child.thread, event, 4));
    child_order(&child, CHILD_TAKE, 40, 0);
    EXPECT(child.call.words[0] == 0);
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, 6, 0, NULL));
    EXPECT_OK(task_kill(child.task, 9)); /* in its call to this thread */
    EXPECT_OK(event_wait(event, 4, clock_read() + PATIENCE, NULL));
    EXPECT_OK(event_wait(event, 2, clock_read() + PATIENCE, &bits));
    EXPECT(bits == 2);
    child_end(&child, EXIT_KILLED, 9);
    close_handle(event);
}

/* The same address in two spaces is two places. */
static void test_isolated(void)
{
    static struct child child;
    handle_t own = new_memory(1);
    handle_t other = new_memory(1);
    uint64_t here = hole();
    uint64_t there = here;
    uint64_t window = 0;
    REQUIRE(child_start(&child, 0));
    EXPECT_OK(space_map(0, own, here, 0, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED, &here));
    EXPECT_OK(
        space_map(child.space, other, there, 0, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED, &there));
    EXPECT_OK(space_map(0, other, 0, 0, PAGE, MAP_READ | MAP_WRITE, &window));
    REQUIRE(here == there && window != here);
    *(volatile uint64_t *)at(here) = 1;
    *(volatile uint64_t *)at(window) = 2;
    child_order(&child, CHILD_READ, there, 0);
    EXPECT(child.call.words[0] == 2);
    child_order(&child, CHILD_WRITE, there, 3);
    EXPECT(*(volatile uint64_t *)at(here) == 1 && *(volatile uint64_t *)at(window) == 3);
    *(volatile uint64_t *)at(window) = 4;
    child_order(&child, CHILD_READ, there, 0);
    EXPECT(child.call.words[0] == 4);
    EXPECT_OK(space_peek(child.space, there, 8)); /* its memory, not this task's */
    EXPECT(message_page()->data[0] == 4);
    child_command(&child, CHILD_EXIT, 0, 0);
    unmap(here, PAGE);
    unmap(window, PAGE);
    close_handle(own);
    close_handle(other);
    child_end(&child, EXIT_NORMAL, 0);
}

/* What only this task has mapped is a fault there. */
static void cannot(uint64_t command, uint32_t kind)
{
    static struct child child;
    struct service faults;
    struct received fault = {0};
    const struct message refusal = {.tag = message_tag(STATUS_REFUSED, 0, 0, 0)};
    uint64_t here = hole();
    handle_t secret = new_memory(1);
    REQUIRE(service_open(&faults) && child_start(&child, faults.endpoint));
    EXPECT_OK(space_map(0, secret, here, 0, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED, &here));
    *(volatile uint64_t *)at(here) = 99;
    child_command(&child, command, here, 1);
    EXPECT_OK(port_receive(faults.port, faults.reply, &fault));
    EXPECT(tag_method(fault.tag) == METHOD_FAULT);
    EXPECT(fault.words[0] == kind && fault.words[1] == here);
    EXPECT_OK(port_reply(faults.reply, &refusal));
    child_end(&child, EXIT_FAULT, 0);
    EXPECT(*(volatile uint64_t *)at(here) == 99);
    unmap(here, PAGE);
    close_handle(secret);
    service_close(&faults);
}

static void test_cannot_reach(void)
{
    cannot(CHILD_READ, FAULT_READ);
    cannot(CHILD_WRITE, FAULT_WRITE);
}

/* A handle is a number in its own task's table. */
static void test_handles(void)
{
    static struct child child;
    handle_t handles[40];
    uint64_t mine = 0;
    REQUIRE(child_start(&child, 0));
    for (unsigned i = 0; i < 40; i++) {
        handles[i] = new_event();
        EXPECT_OK(handle_info(handles[i], NULL, NULL, &mine));
        child_order(&child, CHILD_INFO, handles[i], 0);
        EXPECT(child.call.words[0] != STATUS_OK || child.call.words[1] != mine);
    }
    for (unsigned i = 0; i < 40; i++) {
        close_handle(handles[i]);
    }
    child_command(&child, CHILD_EXIT, 0, 0);
    child_end(&child, EXIT_NORMAL, 0);
}

/* Leases reach into its space, and only as far as it lends. */
static void test_lends(void)
{
    static struct child child;
    static uint8_t bytes[CHILD_BUFFER];
    uint64_t copied = 0;
    REQUIRE(child_start(&child, 0));
    child_order(&child, CHILD_LEND, 0, 0);
    EXPECT(tag_leases(child.call.tag) == 1);
    EXPECT_OK(lease_copy(child.service.reply, 0, 0, address_of(bytes), sizeof(bytes), LEASE_READ,
                         &copied));
    EXPECT(copied == sizeof(bytes));
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        EXPECT(bytes[i] == i % 251);
        bytes[i] = 0xa5;
    }
    EXPECT_OK(lease_copy(child.service.reply, 0, 0, address_of(bytes), 1, LEASE_WRITE, &copied));
    EXPECT_OK(lease_copy(child.service.reply, 0, CHILD_BUFFER - 1, address_of(bytes), 1,
                         LEASE_WRITE, &copied));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_copy(child.service.reply, 0, CHILD_BUFFER,
                                               address_of(bytes), 1, LEASE_WRITE, &copied));
    child_order(&child, CHILD_INFO, 0, 0);
    EXPECT(child.call.words[2] == 0xa5 && child.call.words[3] == 0xa5);
    child_command(&child, CHILD_EXIT, 0, 0);
    child_end(&child, EXIT_NORMAL, 0);
}

/* Its account's limit is its own fault. */
static void test_limit(void)
{
    static struct child child;
    uint64_t pages = 0;
    REQUIRE(child_start(&child, 0));
    EXPECT_OK(account_info(child.account, &pages, NULL, NULL, NULL, NULL));
    EXPECT(pages > 0);
    EXPECT_OK(account_limit(child.account, ACCOUNT_PAGES, pages + 4, 0));
    child_command(&child, CHILD_TAKE, 20, 0);
    child_end(&child, EXIT_FAULT, 0);
}

const struct test other_space_tests[] = {
    {"other_space_exits", test_exits},       {"other_space_killed", test_killed},
    {"other_space_isolated", test_isolated}, {"other_space_cannot_reach", test_cannot_reach},
    {"other_space_handles", test_handles},   {"other_space_lends", test_lends},
    {"other_space_limit", test_limit},       {NULL, NULL},
};
