/* Interrupt lines, by the example of the machine's clock chip. */
#include "devices.h"

#include "test_device.h"

enum { A = 1, B = 2 };

static bool comes(handle_t event, uint64_t bits)
{
    return event_wait(event, bits, clock_read() + PATIENCE, NULL) == STATUS_OK;
}

static bool stays_away(handle_t event, uint64_t bits)
{
    return event_wait(event, bits, clock_read() + 3 * MILLISECOND, NULL) == STATUS_TIMED_OUT;
}

static void test_create_errors(void)
{
    struct clock_chip chip;
    handle_t machine = environment.machine;
    handle_t event = new_event();
    handle_t irq = 0;
    handle_t second = 0;
    REQUIRE(chip_open(&chip));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, irq_create(machine, 0, IRQ_LEVEL, &irq));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, irq_create(machine, 1 << 20, IRQ_LEVEL, &irq));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, irq_create(machine, ~UINT32_C(0), IRQ_LEVEL, &irq));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, irq_create(machine, chip.line, IRQ_EDGE + 1, &irq));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, irq_create(machine, chip.line, ~UINT32_C(0), &irq));
    EXPECT_HANDLE_ERRORS(irq_create(handle, chip.line, IRQ_LEVEL, &irq), event,
                         with_rights(machine, RIGHT_ALL & ~RIGHT_MACHINE_IRQ));
    EXPECT(irq == 0);
    EXPECT_OK(irq_create(machine, chip.line, IRQ_LEVEL, &irq));
    EXPECT_STATUS(STATUS_OVERLAP, irq_create(machine, chip.line, IRQ_LEVEL, &second));
    EXPECT(second == 0);
    close_handle(irq);
    EXPECT_OK(irq_create(machine, chip.line, IRQ_LEVEL, &irq)); /* free again */
    close_handle(irq);
    close_handle(event);
    chip_close(&chip);
}

/* The line is free again when its object finds no place in the table. */
static void test_no_handle(void)
{
    struct clock_chip chip;
    handle_t irq = 0;
    REQUIRE(chip_open(&chip));
    handles_fill();
    EXPECT_STATUS(STATUS_NO_HANDLES, irq_create(environment.machine, chip.line, IRQ_LEVEL, &irq));
    handles_free();
    EXPECT_OK(irq_create(environment.machine, chip.line, IRQ_LEVEL, &irq));
    close_handle(irq);
    chip_close(&chip);
}

static void test_bind_errors(void)
{
    struct clock_chip chip;
    handle_t event = new_event();
    handle_t irq = 0;
    REQUIRE(chip_open(&chip));
    REQUIRE_OK(irq_create(environment.machine, chip.line, IRQ_LEVEL, &irq));
    EXPECT_STATUS(STATUS_BAD_STATE, irq_acknowledge(irq)); /* not bound */
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, irq_bind(irq, event, 0));
    EXPECT_HANDLE_ERRORS(irq_bind(handle, event, A), event,
                         with_rights(irq, RIGHT_ALL & ~RIGHT_IRQ_CONTROL));
    EXPECT_HANDLE_ERRORS(irq_bind(irq, handle, A), irq,
                         with_rights(event, RIGHT_ALL & ~RIGHT_EVENT_SIGNAL));
    EXPECT_HANDLE_ERRORS(irq_acknowledge(handle), event,
                         with_rights(irq, RIGHT_ALL & ~RIGHT_IRQ_CONTROL));
    EXPECT_STATUS(STATUS_BAD_STATE, irq_acknowledge(irq)); /* none of these bound it */
    close_handle(irq);
    close_handle(event);
    chip_close(&chip);
}

/* Masked from the interrupt to its acknowledgement, whatever the device does meanwhile. */
static void test_masked(void)
{
    struct clock_chip chip;
    handle_t event = new_event();
    handle_t irq = 0;
    REQUIRE(chip_open(&chip));
    volatile uint32_t *registers = at(chip.registers);
    REQUIRE_OK(irq_create(environment.machine, chip.line, IRQ_LEVEL, &irq));
    EXPECT_OK(irq_bind(irq, event, A));
    EXPECT(stays_away(event, A));
    chip_raise(registers);
    EXPECT(comes(event, A));
    chip_raise(registers);
    EXPECT(stays_away(event, A));
    EXPECT_OK(irq_acknowledge(irq)); /* it is active still */
    EXPECT(comes(event, A));
    chip_quiet(registers);
    EXPECT_OK(irq_acknowledge(irq));
    EXPECT_OK(irq_acknowledge(irq)); /* twice: nothing more */
    EXPECT(stays_away(event, A));
    chip_raise(registers);
    EXPECT(comes(event, A));
    chip_quiet(registers);
    close_handle(irq);
    close_handle(event);
    chip_close(&chip);
}

/* What is pending outlives bindings and objects; a new binding takes the place of the old one. */
static void test_bindings(void)
{
    struct clock_chip chip;
    handle_t event = new_event();
    handle_t other = new_event();
    handle_t irq = 0;
    REQUIRE(chip_open(&chip));
    volatile uint32_t *registers = at(chip.registers);
    REQUIRE_OK(irq_create(environment.machine, chip.line, IRQ_LEVEL, &irq));
    chip_raise(registers); /* nobody listens */
    EXPECT_OK(irq_bind(irq, event, A));
    EXPECT(comes(event, A));
    close_handle(irq);
    chip_raise(registers);
    EXPECT(stays_away(event, A | B));
    REQUIRE_OK(irq_create(environment.machine, chip.line, IRQ_LEVEL, &irq));
    EXPECT(stays_away(event, A | B)); /* it starts masked */
    EXPECT_OK(irq_bind(irq, event, B));
    EXPECT(comes(event, B));
    EXPECT_OK(irq_bind(irq, other, A));
    close_handle(event); /* its binding is over: nothing holds it */
    chip_quiet(registers);
    EXPECT_OK(irq_acknowledge(irq));
    status_ignore(event_wait(other, A, clock_read() + MILLISECOND, NULL)); /* from before */
    EXPECT_OK(irq_acknowledge(irq));
    EXPECT(stays_away(other, A));
    chip_raise(registers);
    EXPECT(comes(other, A));
    chip_quiet(registers);
    close_handle(other); /* the line holds it now */
    EXPECT_OK(irq_acknowledge(irq));
    chip_raise(registers); /* signals what nobody can wait for */
    sleep_for(MILLISECOND);
    close_handle(irq);
    chip_close(&chip);
}

struct taker {
    handle_t irq, event;
    volatile uint32_t *registers;
    volatile uint64_t count;
    uint64_t most;
};

static void take_interrupts(void *argument)
{
    struct taker *taker = argument;
    while (taker->count < taker->most && comes(taker->event, A)) {
        chip_quiet(taker->registers);
        taker->count++;
        EXPECT_OK(irq_acknowledge(taker->irq));
    }
}

/* One after the other, to a thread that waits, as a driver does. */
static void test_many(void)
{
    static struct taker taker;
    struct clock_chip chip;
    struct worker worker;
    REQUIRE(chip_open(&chip));
    taker.event = new_event();
    taker.registers = at(chip.registers);
    taker.count = 0;
    taker.most = 200;
    REQUIRE_OK(irq_create(environment.machine, chip.line, IRQ_LEVEL, &taker.irq));
    EXPECT_OK(irq_bind(taker.irq, taker.event, A));
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, take_interrupts, &taker));
    for (uint64_t i = 0; i < taker.most; i++) {
        chip_raise(taker.registers);
        EVENTUALLY(taker.count == i + 1);
    }
    EXPECT(worker_end(&worker));
    EXPECT(stays_away(taker.event, A));
    close_handle(taker.irq);
    close_handle(taker.event);
    chip_close(&chip);
}

const struct test interrupt_tests[] = {
    {"interrupt_create", test_create_errors},
    {"interrupt_no_handle", test_no_handle},
    {"interrupt_bind", test_bind_errors},
    {"interrupt_masked", test_masked},
    {"interrupt_bindings", test_bindings},
    {"interrupt_many", test_many},
    {NULL, NULL},
};
