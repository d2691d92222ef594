/* Making guests, whose they are, and what stays when they are closed. */
#include "foreign.h"

#include <libsys_calls.h>

#include "registers.h"

/* The page goes with the last handle, though a thread has the guest; and whatever has its address
 * when the guest itself goes stays. */
static void test_page(void)
{
    static struct foreign foreign;
    handle_t memory = new_memory(1);
    REQUIRE(foreign_open(&foreign));
    const uint64_t page = address_of(foreign.state);
    uint64_t mapped = page;
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_STATUS(STATUS_OVERLAP,
                  space_map(0, memory, mapped, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, page, PAGE));
    close_handle(foreign.guest);
    mapped = page;
    EXPECT_OK(space_map(0, memory, mapped, 0, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED, &mapped));
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(guest_attach(0));
    mapped = page;
    EXPECT_STATUS(STATUS_OVERLAP,
                  space_map(0, memory, mapped, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    unmap(page, PAGE);
    close_handle(memory);
    foreign.guest = new_event();
    foreign_close(&foreign);
}

static uint64_t bytes_of(handle_t account)
{
    uint64_t bytes = 0;
    EXPECT_OK(account_info(account, NULL, NULL, &bytes, NULL, NULL));
    return bytes;
}

/* What has been made of a guest is given back when the rest cannot be. */
static void test_no_room(void)
{
    static struct foreign foreign;
    handle_t account = 0;
    handle_t guest = 0;
    uint64_t state = 0;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(account_create(environment.account, &account));
    uint64_t before = bytes_of(account);
    EXPECT_OK(account_limit(account, ACCOUNT_PAGES, 0, 0));
    EXPECT_STATUS(STATUS_NO_PAGES, guest_create(foreign.space, account, &guest, &state));
    EVENTUALLY(bytes_of(account) == before);
    EXPECT_OK(account_limit(account, ACCOUNT_KERNEL, before + 8, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, guest_create(foreign.space, account, &guest, &state));
    EXPECT(bytes_of(account) == before);
    close_handle(account);
    foreign_close(&foreign);
}

/* Another guest's memory is out of reach as soon as a guest is attached in its place. */
static void test_replaced(void)
{
    static struct foreign foreigners[2];
    uint64_t word = 0;
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE(foreign_open(&foreigners[i]));
        foreign_begin(&foreigners[i], CODE_STORES, 0, i + 1);
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
    }
    for (unsigned i = 0; i < 6; i++) {
        EXPECT_OK(guest_attach(foreigners[i % 2].guest));
        EXPECT_OK(guest_copy_in(&word, 0, sizeof(word)));
        EXPECT(word == i % 2 + 1);
    }
    EXPECT_OK(guest_attach(0));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(&word, 0, sizeof(word)));
    foreign_close(&foreigners[0]);
    foreign_close(&foreigners[1]);
}

static void take_in_vain(void *argument)
{
    const struct foreign *foreign = argument;
    EXPECT_STATUS(STATUS_BAD_STATE, guest_attach(foreign->guest));
}

static void take(void *argument)
{
    const struct foreign *foreign = argument;
    EXPECT_OK(guest_attach(foreign->guest));
    EXPECT_OK(guest_attach(0));
}

static void by_another(void (*act)(void *), struct foreign *foreign)
{
    struct worker worker;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, act, foreign));
    EXPECT(worker_end(&worker));
}

/* Nobody else gets what a thread attaches once more. What it had before another one is free. */
static void test_attached_again(void)
{
    static struct foreign foreigners[2];
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE(foreign_open(&foreigners[i]));
    }
    EXPECT_OK(guest_attach(foreigners[0].guest));
    EXPECT_OK(guest_attach(foreigners[0].guest));
    by_another(take_in_vain, &foreigners[0]);
    EXPECT_OK(guest_attach(foreigners[1].guest));
    by_another(take, &foreigners[0]);
    by_another(take_in_vain, &foreigners[1]);
    EXPECT_OK(guest_attach(0));
    by_another(take, &foreigners[1]);
    foreign_close(&foreigners[0]);
    foreign_close(&foreigners[1]);
}

/* From another trap instruction than that of guest_run() it is no call; nothing of the guest is
 * executed, also where the short way in would be open. */
static void test_run_elsewhere(void)
{
    static struct foreign foreign;
    static struct register_probe probe;
    REQUIRE(foreign_open(&foreign));
    for (unsigned attached = 0; attached < 2; attached++) {
        if (attached) {
            foreign_begin(&foreign, CODE_CALLS, 1, 2);
            EXPECT(foreign_run() == GUEST_EXIT_CALL);
        }
        const uint64_t pc = foreign.state->registers[GUEST_PC];
        __builtin_memset(&probe, 0, sizeof(probe));
        probe.in[call_register(8)] = SYSTEM_CALL_guest_run;
        probe.target = stub_trap();
        REQUIRE(probe.target != 0);
        probe_call(&probe);
        EXPECT(probe.out[call_register(0)] == (attached ? STATUS_BAD_CALL : STATUS_BAD_STATE));
        EXPECT(foreign.state->registers[GUEST_PC] == pc);
    }
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

const struct test guest_life_tests[] = {
    {"guest_page", test_page},
    {"guest_no_room", test_no_room},
    {"guest_replaced", test_replaced},
    {"guest_attached_again", test_attached_again},
    {"guest_run_elsewhere", test_run_elsewhere},
    {0},
};
