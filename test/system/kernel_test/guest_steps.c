/*
 * Single steps of guests: of abi-servers/common, the same on both architectures, and the
 * processor's where it has them.
 */
#include "foreign.h"

#include "guest_step.h"

enum { STEPS = 400, KICKS = 50 };

static struct image image;

/* The code of guests at FOREIGN_CODE, zero-filled memory below FOREIGN_TOP; attached. */
static bool open(void)
{
    uint64_t size = (uint64_t)(guest_code_end - guest_code);
    EXPECT_OK(image_create(&image, environment.account, FOREIGN_CODE + PAGE));
    EXPECT_OK(image_map(&image, 0, FOREIGN_TOP, MAP_READ | MAP_WRITE));
    EXPECT_OK(image_map(&image, FOREIGN_CODE, PAGE, MAP_READ | MAP_WRITE));
    EXPECT_OK(guest_attach(image.guest));
    EXPECT_OK(guest_copy_out(FOREIGN_CODE, guest_code, size));
    EXPECT_OK(image_protect(&image, FOREIGN_CODE, PAGE, MAP_READ | MAP_EXECUTE));
    return image.state != NULL;
}

static void begin(uint64_t code, uint64_t argument0, uint64_t argument1)
{
    image.state->registers[GUEST_PC] = FOREIGN_CODE + code;
    image.state->registers[GUEST_SP] = FOREIGN_TOP;
    image.state->registers[GUEST_ARGUMENT(0)] = argument0;
    image.state->registers[GUEST_ARGUMENT(1)] = argument1;
    image.state->registers[GUEST_ARGUMENT(COUNT_ARGUMENT)] = 0;
}

static void close(void)
{
    EXPECT_OK(guest_attach(0));
    image_destroy(&image);
}

static uint64_t step(void)
{
    uint64_t exit = 0;
    image.state->fault = FAULT_NONE;
    EXPECT_OK(image_step(&image, &exit));
    return exit;
}

static bool is_fault(uint64_t exit, uint32_t fault)
{
    return exit == GUEST_EXIT_FAULT && image.state->fault == fault;
}

static bool stepped(void)
{
    return is_fault(step(), FAULT_STEP) && image.state->address == image.state->registers[GUEST_PC];
}

static uint64_t counted(void)
{
    return image.state->registers[GUEST_ARGUMENT(COUNT_ARGUMENT)];
}

static bool code_is_whole(void)
{
    static uint8_t code[PAGE];
    uint64_t size = (uint64_t)(guest_code_end - guest_code);
    return guest_copy_in(code, FOREIGN_CODE, size) == STATUS_OK &&
           __builtin_memcmp(code, guest_code, size) == 0;
}

/* Code that counts with every other instruction. */
static void test_count(void)
{
    REQUIRE(open());
    begin(CODE_COUNTS, 0, 0);
    for (uint64_t i = 1; i <= STEPS; i++) {
        EXPECT(stepped());
        EXPECT(counted() == (i + 1) / 2);
        EXPECT(image.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_COUNTS + i % 2 * 4);
    }
    begin(CODE_CALLS, 1, 2); /* behind the system call */
    EXPECT(step() == GUEST_EXIT_CALL);
    EXPECT(image.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_CALLS + 4);
    begin(CODE_SPINS, 0, 0); /* to itself */
    EXPECT(stepped());
    EXPECT(image.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_SPINS);
    EXPECT(code_is_whole());
    close();
}

static uint64_t sum_of_registers(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < GUEST_REGISTERS; i++) {
        sum = sum * 31 + image.state->registers[i];
    }
    return sum;
}

static void clear(void)
{
    const uint64_t zeros[2] = {0};
    __builtin_memset(image.state->registers, 0, sizeof(image.state->registers));
    begin(CODE_GOES_ON, 64, 0);
    EXPECT_OK(guest_copy_out(64, zeros, sizeof(zeros)));
}

/* Step by step it does what it does in one run. */
static void test_same(void)
{
    uint64_t steps = 1;
    uint64_t words[2], again[2];
    REQUIRE(open());
    clear();
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(guest_copy_in(words, 64, sizeof(words)));
    uint64_t sum = sum_of_registers();
    uint64_t end = image.state->registers[GUEST_PC];
    clear();
    while (stepped() && steps < STEPS) {
        steps++;
    }
    EXPECT(image.state->registers[GUEST_PC] == end && sum_of_registers() == sum);
    EXPECT_OK(guest_copy_in(again, 64, sizeof(again)));
    EXPECT(__builtin_memcmp(words, again, sizeof(words)) == 0);
    EXPECT(steps == GUEST_CODE_STEPS);
    EXPECT(code_is_whole());
    close();
}

/* What is executed is one instruction, or one that faults. */
static void test_faults(void)
{
    REQUIRE(open());
    begin(CODE_LOADS, FOREIGN_TOP, 0);
    EXPECT(is_fault(step(), FAULT_READ) && image.state->address == FOREIGN_TOP);
    EXPECT(image.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_LOADS);
    begin(CODE_ILLEGAL, 0, 0);
    EXPECT(is_fault(step(), FAULT_ILLEGAL));
    begin(CODE_BREAKPOINT, 0, 0);
    EXPECT(is_fault(step(), FAULT_BREAKPOINT));
    EXPECT(image.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_BREAKPOINT);
    begin(CODE_COUNTS, 0, 0);
    image.state->registers[GUEST_PC] = FOREIGN_TOP; /* nothing there */
    EXPECT(is_fault(step(), FAULT_EXECUTE));
    begin(CODE_STORES, PAGE, 7); /* a page that is brought */
    EXPECT(stepped());
    EXPECT(image.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_STORES + 4);
    begin(CODE_FLOATS, 7, 0); /* a unit that was off */
    EXPECT(stepped());
    EXPECT(image.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_FLOATS + 4);
    close();
}

/* The last instruction before memory that is not there: it is executed, and nothing else can be. */
static void test_edge(void)
{
    const uint64_t last = FOREIGN_CODE + PAGE - 4;
    REQUIRE(open());
    EXPECT_OK(image_protect(&image, FOREIGN_CODE, PAGE, MAP_READ | MAP_WRITE));
    EXPECT_OK(guest_copy_out(last, guest_code + CODE_COUNTS, 4));
    EXPECT_OK(image_protect(&image, FOREIGN_CODE, PAGE, MAP_READ | MAP_EXECUTE));
    begin(PAGE - 4, 0, 0);
    EXPECT(stepped());
    EXPECT(counted() == 1 && image.state->registers[GUEST_PC] == last + 4);
    EXPECT(is_fault(step(), FAULT_EXECUTE));
    EXPECT(counted() == 1);
    close();
}

/* A copy of the process does not see the breakpoints in it. */
static void test_shared(void)
{
    static struct image copy;
    REQUIRE(open());
    begin(CODE_COUNTS, 0, 0);
    EXPECT_OK(image_fork(&image, &copy));
    EXPECT(stepped());
    EXPECT(code_is_whole());
    EXPECT_OK(guest_attach(copy.guest));
    EXPECT(code_is_whole());
    image_destroy(&image);
    image = copy;
    EXPECT(stepped());
    EXPECT(counted() == 1);
    close();
}

static struct {
    struct foreign foreign; /* another guest, which runs freely */
    uint32_t enough;
} others;

static void count_freely(void *unused)
{
    (void)unused;
    foreign_begin(&others.foreign, CODE_COUNTS, 0, 0);
    EXPECT(foreign_run() == GUEST_EXIT_KICKED);
}

/* Not for ever: where a step takes longer than that, none would end. */
static void kick_often(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < KICKS && __atomic_load_n(&others.enough, __ATOMIC_ACQUIRE) == 0; i++) {
        sleep_for(100 * MICROSECOND);
        EXPECT_OK(guest_kick(image.guest));
    }
}

/* Each step is one instruction, kicks come between. */
static void step_on(void *unused)
{
    uint64_t steps = 0;
    uint64_t kicks = 0;
    (void)unused;
    EXPECT_OK(guest_attach(image.guest));
    begin(CODE_COUNTS, 0, 0);
    while (steps < STEPS / 2 || (kicks == 0 && steps < 10 * STEPS)) {
        uint64_t exit = step();
        steps += is_fault(exit, FAULT_STEP);
        kicks += exit == GUEST_EXIT_KICKED;
        EXPECT(exit == GUEST_EXIT_KICKED || is_fault(exit, FAULT_STEP));
        EXPECT(counted() == (steps + 1) / 2);
    }
    EXPECT(kicks > 0);
    EXPECT(code_is_whole());
}

/* Nobody steps but the guest that is to, whatever else runs. */
static void test_beside(void)
{
    static struct worker counter, kicker, stepper;
    REQUIRE(foreign_open(&others.foreign));
    REQUIRE(open());
    EXPECT_OK(guest_attach(0));
    others.enough = 0;
    others.foreign.state->registers[GUEST_ARGUMENT(COUNT_ARGUMENT)] = 0;
    EXPECT_OK(worker_start(&counter, 0, OTHER_PRIORITY, count_freely, NULL));
    EXPECT_OK(worker_start(&stepper, 0, OTHER_PRIORITY, step_on, NULL));
    EXPECT_OK(worker_start(&kicker, 0, OTHER_PRIORITY, kick_often, NULL));
    EXPECT(worker_end(&stepper));
    __atomic_store_n(&others.enough, 1, __ATOMIC_RELEASE);
    EXPECT(worker_end(&kicker));
    EXPECT_OK(guest_kick(others.foreign.guest));
    EXPECT(worker_end(&counter));
    EXPECT(foreign_argument(&others.foreign, COUNT_ARGUMENT) > 0);
    close();
    foreign_close(&others.foreign);
}

/* Any value of the flags: the lowest bit counts, as long as it is there. */
static void test_flags(void)
{
    static struct foreign foreign;
    const uint64_t flags[] = {GUEST_FLAG_STEP, ~UINT64_C(0), ~(uint64_t)GUEST_FLAG_STEP, 0};
    REQUIRE(foreign_open(&foreign));
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        foreign_begin(&foreign, CODE_LOADS, 0, 0);
        foreign.state->flags = flags[i];
        foreign.state->fault = FAULT_NONE;
        bool steps = GUEST_STEPS && (flags[i] & GUEST_FLAG_STEP);
        EXPECT(foreign_run() == (steps ? GUEST_EXIT_FAULT : GUEST_EXIT_CALL));
        EXPECT(foreign.state->fault == (steps ? FAULT_STEP : FAULT_NONE));
        EXPECT(foreign.state->registers[GUEST_PC] == FOREIGN_CODE + CODE_LOADS + (steps ? 4 : 8));
    }
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

const struct test guest_step_tests[] = {
    {"guest_step_count", test_count},   {"guest_step_same", test_same},
    {"guest_step_faults", test_faults}, {"guest_step_edge", test_edge},
    {"guest_step_shared", test_shared}, {"guest_step_beside", test_beside},
    {"guest_step_flags", test_flags},   {0},
};
