/* Where a guest must not go, and how its host reaches its memory. */
#include "foreign.h"

static void test_bad_reads(void)
{
    static struct foreign foreign;
    const uint64_t bad[] = {FOREIGN_TOP,
                            host_base(),
                            address_of(&environment),
                            address_of(message_page()),
                            host_base() * 2,
                            UINT64_C(0xffffffc000000000),
                            UINT64_C(0xffffffff80000000),
                            UINT64_C(0x8000000000000000),
                            ~UINT64_C(7)};
    REQUIRE(foreign_open(&foreign));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        foreign_begin(&foreign, CODE_LOADS, bad[i], 0);
        foreign_faults(&foreign, FAULT_READ, bad[i]);
        foreign_begin(&foreign, CODE_STORES, bad[i], 0);
        foreign_faults(&foreign, FAULT_WRITE, bad[i]);
    }
    foreign_begin(&foreign, CODE_STORES, FOREIGN_CODE, 0); /* its code cannot be written */
    foreign_faults(&foreign, FAULT_WRITE, FOREIGN_CODE);
    foreign_begin(&foreign, CODE_LOADS, FOREIGN_CODE, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

static void test_bad_pc(void)
{
    static struct foreign foreign;
    const uint64_t bad[] = {
        FOREIGN_TOP,      0, /* not executable */
        host_base(),      address_of((const void *)(uintptr_t)foreign_run) & ~UINT64_C(3),
        host_base() * 2,  UINT64_C(0xffffffff80000000),
        UINT64_C(1) << 62};
    REQUIRE(foreign_open(&foreign));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        foreign_begin(&foreign, CODE_CALLS, 0, 0);
        foreign.state->registers[GUEST_PC] = bad[i];
        EXPECT(foreign_run() == GUEST_EXIT_FAULT);
        EXPECT(foreign.state->fault == FAULT_EXECUTE);
    }
    foreign_begin(&foreign, CODE_CALLS, 0, 0); /* the last instruction of the code's page is 0 */
    foreign.state->registers[GUEST_PC] = FOREIGN_CODE + PAGE - 4;
    foreign_faults(&foreign, FAULT_ILLEGAL, FOREIGN_CODE + PAGE - 4);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* Code that ends where the host's own memory begins. */
static void test_last_page(void)
{
    static struct foreign foreign;
    uint64_t page = host_base() - PAGE;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(space_map(foreign.space, foreign.data, page, 0, PAGE,
                        MAP_READ | MAP_WRITE | MAP_FIXED, &page));
    EXPECT_OK(guest_attach(foreign.guest));
    EXPECT_OK(guest_copy_out(host_base() - 4, guest_code + CODE_CALLS, 4));
    EXPECT_OK(space_protect(foreign.space, page, PAGE, MAP_READ | MAP_EXECUTE));
    EXPECT_OK(space_sync_code(foreign.space, page, PAGE));
    foreign.state->registers[GUEST_PC] = host_base() - 4;
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign.state->registers[GUEST_PC] == host_base());
    EXPECT(foreign_run() == GUEST_EXIT_FAULT);
    EXPECT(foreign.state->fault == FAULT_EXECUTE && foreign.state->address == host_base());
    foreign.state->registers[GUEST_PC] = host_base() - 1;
    EXPECT(foreign_run() == GUEST_EXIT_FAULT);
    foreign_begin(&foreign, CODE_LOADS, host_base() - 1, 0); /* half of the word is the host's */
    EXPECT(foreign_run() == GUEST_EXIT_FAULT && foreign.state->fault == FAULT_READ);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* An instruction whose second half would be the host's, which has one there, and the next one: they
 * are not executed. */
static void test_across_the_edge(void)
{
    static struct foreign foreign;
    uint64_t page = host_base() - PAGE;
    handle_t beyond = 0;
    REQUIRE(foreign_open(&foreign));
    REQUIRE(host_edge_open(&beyond));
    EXPECT_OK(space_map(foreign.space, foreign.data, page, 0, PAGE,
                        MAP_READ | MAP_WRITE | MAP_FIXED, &page));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    EXPECT_OK(guest_copy_out(host_base() - 2, guest_code + CODE_CALLS, 2));
    EXPECT_OK(space_protect(foreign.space, page, PAGE, MAP_READ | MAP_EXECUTE));
    EXPECT_OK(space_sync_code(foreign.space, page, PAGE));
    for (unsigned round = 0; round < 3; round++) {
        for (uint64_t pc = host_base() - 2; pc <= host_base(); pc += 2) {
            const bool between = GUEST_ALIGNMENT && pc % 4 != 0;
            foreign_begin(&foreign, CODE_CALLS, 0, 0);
            EXPECT(foreign_run() == GUEST_EXIT_CALL); /* so that the next way in is the short one */
            foreign.state->registers[GUEST_PC] = pc;
            EXPECT(foreign_run() == GUEST_EXIT_FAULT);
            EXPECT(foreign.state->registers[GUEST_PC] == pc);
            EXPECT(foreign.state->fault == (between ? FAULT_ALIGNMENT : FAULT_EXECUTE));
            EXPECT(between || foreign.state->address == host_base());
        }
    }
    EXPECT_OK(guest_attach(0));
    host_edge_close(beyond);
    foreign_close(&foreign);
}

static bool is_misaligned(const struct foreign *foreign, uint64_t exit)
{
    return exit == GUEST_EXIT_FAULT && foreign->state->fault == FAULT_ALIGNMENT;
}

/* At an odd pc: riscv64 has no bit for that, so it runs what is below; QEMU takes it as it is, and
 * finds nothing there. */
static bool is_odd(const struct foreign *foreign, uint64_t exit)
{
    const struct guest_state *state = foreign->state;
    uint64_t pc = FOREIGN_CODE + CODE_CALLS;
    if (GUEST_ALIGNMENT) {
        return is_misaligned(foreign, exit);
    }
    return (exit == GUEST_EXIT_CALL && state->registers[GUEST_PC] == pc + 4) ||
           (exit == GUEST_EXIT_FAULT && state->fault == FAULT_ILLEGAL &&
            state->registers[GUEST_PC] == pc + 1);
}

/* A pc between instructions, and a stack pointer between its units (which aarch64 checks, but not
 * QEMU's). */
static void test_alignment(void)
{
    static struct foreign foreign;
    uint64_t exit;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_CALLS, 0, 0);
    foreign.state->registers[GUEST_PC] += 1;
    foreign.state->fault = FAULT_READ;
    exit = foreign_run();
    EXPECT(is_odd(&foreign, exit));
    foreign.state->fault = FAULT_READ;
    foreign_begin(&foreign, CODE_LOADS_STACK, 0, 0);
    foreign.state->registers[GUEST_SP] = FOREIGN_TOP - 8;
    exit = foreign_run();
    EXPECT(exit == GUEST_EXIT_CALL || (GUEST_ALIGNMENT && is_misaligned(&foreign, exit)));
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

static void test_instructions(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_ILLEGAL, 0, 0);
    foreign_faults(&foreign, FAULT_ILLEGAL, FOREIGN_CODE + CODE_ILLEGAL);
    foreign_begin(&foreign, CODE_BREAKPOINT, 0, 0);
    foreign_faults(&foreign, FAULT_BREAKPOINT, FOREIGN_CODE + CODE_BREAKPOINT);
    EXPECT(foreign.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_BREAKPOINT);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* Zero-fill and copy-on-write are no exits. */
static void test_filled(void)
{
    static struct foreign foreign;
    handle_t snapshot = 0;
    uint64_t shown = 0;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_STORES, PAGE, 5);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(memory_snapshot(foreign.data, environment.account, &snapshot));
    foreign_begin(&foreign, CODE_STORES, PAGE, 6);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    foreign_begin(&foreign, CODE_LOADS, PAGE, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 6);
    foreign_begin(&foreign, CODE_LOADS, 2 * PAGE, 9);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 0);
    EXPECT_OK(space_map(0, snapshot, 0, 0, FOREIGN_TOP, MAP_READ, &shown));
    EXPECT(*(volatile uint64_t *)at(shown + PAGE) == 5);
    unmap(shown, FOREIGN_TOP);
    close_handle(snapshot);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* A page at address 0 is one like any other: what changes behind it is seen there. */
static void test_first_page(void)
{
    static struct foreign foreign;
    uint64_t window = 0;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_LOADS, 0, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 0);
    EXPECT_OK(space_map(0, foreign.data, 0, 0, PAGE, MAP_READ | MAP_WRITE, &window));
    *(volatile uint64_t *)at(window) = 5;
    foreign_begin(&foreign, CODE_LOADS, 0, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 5);
    EXPECT_OK(memory_discard(foreign.data, 0, PAGE));
    foreign_begin(&foreign, CODE_LOADS, 0, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 0);
    unmap(window, PAGE);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* A reservation does not outlive what the host did meanwhile. */
static void test_reservation(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_STORES, 0, 1); /* the page is there: no fault but the one meant */
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    foreign_begin(&foreign, CODE_RESERVES, 0, 8);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT(foreign_argument(&foreign, 0) == 0);
    for (unsigned kicks = 0; kicks < 2; kicks++) {
        foreign_begin(&foreign, CODE_RESERVES, 0, FOREIGN_TOP);
        foreign_faults(&foreign, FAULT_READ, FOREIGN_TOP);
        foreign.state->registers[GUEST_ARGUMENT(1)] = 8;
        if (kicks > 0) {
            EXPECT_OK(guest_kick(foreign.guest));
            EXPECT(foreign_run() == GUEST_EXIT_KICKED);
        }
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
        EXPECT(foreign_argument(&foreign, 0) == 1);
    }
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* What is unmapped or protected is gone in both views. */
static void test_unmapped(void)
{
    static struct foreign foreign;
    uint64_t word = 1;
    REQUIRE(foreign_open(&foreign));
    foreign_begin(&foreign, CODE_STORES, PAGE, 5);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(guest_copy_in(&word, PAGE, sizeof(word)));
    EXPECT(word == 5);
    EXPECT_OK(space_protect(foreign.space, PAGE, PAGE, MAP_READ));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_out(PAGE, &word, sizeof(word)));
    foreign_begin(&foreign, CODE_STORES, PAGE, 6);
    foreign_faults(&foreign, FAULT_WRITE, PAGE);
    EXPECT_OK(space_unmap(foreign.space, PAGE, PAGE));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(&word, PAGE, sizeof(word)));
    foreign_begin(&foreign, CODE_LOADS, PAGE, 0);
    foreign_faults(&foreign, FAULT_READ, PAGE);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

static uint8_t bytes[3 * PAGE], back[3 * PAGE];

/* Every alignment, across pages, from address 0 on. */
static void test_copies(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(guest_attach(foreign.guest));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    }
    for (unsigned i = 0; i < 64; i++) {
        uint64_t address = i % 8 + (i >= 32 ? PAGE - 16 : 0);
        size_t from = i / 8;
        size_t length = i * i + i % 5;
        __builtin_memset(back, 0, sizeof(back));
        EXPECT_OK(guest_copy_out(address, &bytes[from], length));
        EXPECT_OK(guest_copy_in(&back[i % 3], address, length));
        EXPECT(__builtin_memcmp(&back[i % 3], &bytes[from], length) == 0);
        EXPECT(back[i % 3 + length] == 0);
    }
    EXPECT_OK(guest_copy_in(back, FOREIGN_TOP, 0));
    EXPECT_OK(guest_attach(0));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(back, 0, 1)); /* whose? */
    foreign_close(&foreign);
}

static void test_bad_copies(void)
{
    static struct foreign foreign;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(guest_attach(foreign.guest));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(back, FOREIGN_TOP, 1));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(back, FOREIGN_TOP - 8, 9));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(back, host_base() - 1, 2));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(back, host_base(), 1));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(back, address_of(bytes), 1));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(back, ~UINT64_C(0), 2));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_in(back, 8, ~UINT64_C(0)));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_out(address_of(bytes), back, 1));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_copy_out(FOREIGN_CODE, back, 1));
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

const struct test guest_fault_tests[] = {
    {"guest_bad_reads", test_bad_reads},
    {"guest_bad_pc", test_bad_pc},
    {"guest_last_page", test_last_page},
    {"guest_across_the_edge", test_across_the_edge},
    {"guest_alignment", test_alignment},
    {"guest_instructions", test_instructions},
    {"guest_filled", test_filled},
    {"guest_first_page", test_first_page},
    {"guest_reservation", test_reservation},
    {"guest_unmapped", test_unmapped},
    {"guest_copies", test_copies},
    {"guest_bad_copies", test_bad_copies},
    {0},
};
