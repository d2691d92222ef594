/* What a guest has in its registers, of both kinds, and that it keeps them. */
#include "foreign.h"

#include "registers.h"

static uint64_t pattern(unsigned i)
{
    return (i + 1) * UINT64_C(0x0123456789abcdef);
}

/* Those of a system call that have other values in them: pc. */
void guest_keeps_registers(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < GUEST_ALL; i++) {
            if (i != GUEST_PC) {
                foreign.state->registers[i] = pattern(i + round);
            }
        }
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
        for (unsigned i = 0; i < GUEST_ALL; i++) {
            EXPECT(i == GUEST_PC ||
                   foreign.state->registers[i] == guest_register(i, pattern(i + round)));
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

static bool is_in_kernel(uint64_t address)
{
    return address >= UINT64_C(0xffffff8000000000) && address <= ~PAGE;
}

/* With zeros in the guest's registers, and in the host's thread pointer what no call knows. */
static void expect_own(struct foreign *foreign, uint64_t code)
{
    static struct register_probe probe;
    const struct guest_handler handler = {address_of((const void *)(uintptr_t)probe_handler),
                                          address_of(&probe)};
    const uint64_t own = thread_pointer_read();
    const uint64_t other = own + sizeof(uint64_t);
    __builtin_memset(foreign->state->registers, 0, sizeof(foreign->state->registers));
    __builtin_memset(&probe, 0, sizeof(probe));
    foreign_begin(foreign, code, 0, 0);
    thread_pointer_write(other);
    status_t status = guest_run(&handler);
    uint64_t after = thread_pointer_read();
    thread_pointer_write(own);
    EXPECT_OK(status);
    EXPECT(after == other);
    for (unsigned i = 0; i < 32; i++) {
        EXPECT(!is_in_kernel(probe.out[i]));
    }
}

/* The host gets its thread pointer back, whichever way the guest leaves, and sees no address of the
 * kernel. */
static void test_host(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    for (unsigned round = 0; round < 3; round++) {
        expect_own(&foreign, CODE_CALLS);
        expect_own(&foreign, CODE_ILLEGAL);
        EXPECT_OK(guest_kick(foreign.guest));
        expect_own(&foreign, CODE_CALLS);
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
    __builtin_memset(message_page()->data, 0x5a, sizeof(message_page()->data));
    EXPECT_OK(guest_fp_get(foreign.guest, &length));
    REQUIRE(length >= FP_BYTES);
    for (unsigned i = 0; i < length / 8; i++) {
        EXPECT(page_words()[i] == 0);
        page_words()[i] = i < FP_BYTES / 8 ? pattern(i) : 0;
    }
    const uint64_t bad[] = {0, length - 1, length - 8, length + 1, length + 8, ~UINT64_C(0)};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        EXPECT_STATUS(STATUS_BAD_ARGUMENT, guest_fp_set(foreign.guest, bad[i]));
    }
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

/* Its account is full: an exit of the guest, which can be tried again, and an error of the call. */
static void test_float_no_memory(void)
{
    static struct foreign foreign;
    uint64_t bytes = 0;
    uint64_t length = 0;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_FLOATS, 5, 0);
    EXPECT_OK(guest_fp_get(foreign.guest, &length));
    EXPECT_OK(account_info(environment.account, NULL, NULL, &bytes, NULL, NULL));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, bytes, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, guest_fp_set(foreign.guest, length));
    foreign_faults(&foreign, FAULT_ILLEGAL, FOREIGN_CODE + CODE_FLOATS);
    EXPECT(foreign.state->status == STATUS_NO_KERNEL_MEMORY);
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, ~UINT64_C(0), 0));
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 5);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

const struct test guest_register_tests[] = {
    {"guest_general", guest_keeps_registers},
    {"guest_after_kick", test_after_kick},
    {"guest_host_registers", test_host},
    {"guest_float", test_float},
    {"guest_float_preempted", test_float_preempted},
    {"guest_float_calls", test_float_calls},
    {"guest_float_no_memory", test_float_no_memory},
    {0},
};
