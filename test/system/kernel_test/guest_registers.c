/* What a guest has in its registers, of both kinds, and that it keeps them. */
#include "foreign.h"

static uint64_t pattern(unsigned i)
{
    return (i + 1) * UINT64_C(0x0123456789abcdef);
}

/* Those of a system call that have other values in them: pc. */
static void test_general(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < GUEST_REGISTERS; i++) {
            if (i != GUEST_PC) {
                foreign.state->registers[i] = pattern(i + round);
            }
        }
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
        for (unsigned i = 0; i < GUEST_REGISTERS; i++) {
            EXPECT(i == GUEST_PC || foreign.state->registers[i] == pattern(i + round));
        }
    }
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* The same through the frame, which a kick takes it out of, and all that there are. */
static void test_after_kick(void)
{
    static struct foreign foreign;
    struct worker worker;
    REQUIRE(foreign_open(&foreign));
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < GUEST_ALL; i++) {
            foreign.state->registers[i] = guest_register(i, pattern(i + round));
        }
        EXPECT_OK(guest_attach(foreign.guest));
        foreign.state->registers[GUEST_PC] = FOREIGN_CODE + CODE_SPINS;
        EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, foreign_kick_later, &foreign));
        EXPECT(foreign_run() == GUEST_EXIT_KICKED);
        EXPECT(worker_end(&worker));
        EXPECT(foreign.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_SPINS);
        for (unsigned i = 0; i < GUEST_ALL; i++) {
            EXPECT(i == GUEST_PC ||
                   foreign.state->registers[i] == guest_register(i, pattern(i + round)));
        }
    }
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

static void test_float(void)
{
    static struct foreign foreigners[2];
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE(foreign_open(&foreigners[i]));
        foreign_begin(&foreigners[i], CODE_FLOATS, pattern(i), 0);
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
        foreigners[i].state->registers[GUEST_ARGUMENT(0)] = 0;
    }
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 2; i++) {
            EXPECT_OK(guest_attach(foreigners[i].guest));
            EXPECT(foreign_run() == GUEST_EXIT_CALL);
            EXPECT(foreign_argument(&foreigners[i], 0) == pattern(i));
            status_ignore(thread_yield());
        }
    }
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreigners[0]);
    foreign_close(&foreigners[1]);
}

static void run_float(void *argument)
{
    struct foreign *foreign = argument;
    foreign_begin(foreign, CODE_CHECKS_FLOAT, 0, address_of(foreign));
    EXPECT(foreign_run() == GUEST_EXIT_KICKED);
}

static void test_float_preempted(void)
{
    enum { GUESTS = 6 };
    static struct foreign foreigners[GUESTS];
    static struct worker workers[GUESTS];
    for (unsigned i = 0; i < GUESTS; i++) {
        REQUIRE(foreign_open(&foreigners[i]));
        EXPECT_OK(worker_start(&workers[i], 0, OTHER_PRIORITY - 1, run_float, &foreigners[i]));
    }
    sleep_for(100 * MILLISECOND);
    for (unsigned i = 0; i < GUESTS; i++) {
        EXPECT_OK(guest_kick(foreigners[i].guest));
        EXPECT(worker_end(&workers[i]));
        foreign_close(&foreigners[i]);
    }
}

static volatile uint64_t *page_words(void)
{
    return (volatile uint64_t *)(void *)message_page()->data;
}

/* From a thread that has the guest, and from one that has not. */
static void test_float_calls(void)
{
    static struct foreign foreign;
    uint64_t length = 0;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(guest_fp_get(foreign.guest, &length));
    REQUIRE(length >= FP_BYTES);
    for (unsigned i = 0; i < length / 8; i++) {
        EXPECT(page_words()[i] == 0);
        page_words()[i] = i < FP_BYTES / 8 ? pattern(i) : 0;
    }
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, guest_fp_set(foreign.guest, length + 8));
    EXPECT_OK(guest_fp_set(foreign.guest, length));
    foreign_begin(&foreign, CODE_FLOATS + 8, 0, 0); /* reads register 8 */
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == pattern(8 * (FP_BYTES / 8 / 32)));
    foreign_begin(&foreign, CODE_FLOATS, 77, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(guest_fp_get(foreign.guest, &length));
    EXPECT(page_words()[8 * (FP_BYTES / 8 / 32)] == 77 && page_words()[0] == pattern(0));
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 77);
    EXPECT_OK(guest_fp_reset(foreign.guest));
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 0);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

const struct test guest_register_tests[] = {
    {"guest_general", test_general},
    {"guest_after_kick", test_after_kick},
    {"guest_float", test_float},
    {"guest_float_preempted", test_float_preempted},
    {"guest_float_calls", test_float_calls},
    {0},
};
