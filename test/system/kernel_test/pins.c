/*
 * Pins of memory objects, and the quarantine of what a dead task had pinned. The device is the
 * machine's clock chip, which does no DMA: what counts is which pages are kept, and for how long.
 */
#include "devices.h"

#define PIN_MOST ((uint64_t)1 << 20)

static uint64_t pages_of(handle_t account)
{
    uint64_t pages = 0;
    EXPECT_OK(account_info(account, &pages, NULL, NULL, NULL, NULL));
    return pages;
}

static void test_create_errors(void)
{
    struct clock_chip chip;
    handle_t event = new_event();
    handle_t memory = new_memory(4);
    handle_t large = new_memory(PIN_MOST / PAGE + 1);
    handle_t pin = 0;
    REQUIRE(chip_open(&chip));
    handle_t device = chip.memory;
    const uint64_t last = ~UINT64_C(0) & ~(PAGE - 1);
    const uint64_t bad[][2] = {{0, 0},           {1, PAGE},        {0, PAGE - 1},
                               {8, 8},           {4 * PAGE, PAGE}, {0, 5 * PAGE},
                               {PAGE, 4 * PAGE}, {last, PAGE},     {PAGE, last}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        EXPECT_STATUS(STATUS_BAD_ARGUMENT, pin_create(device, memory, bad[i][0], bad[i][1], &pin));
    }
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, pin_create(device, large, 0, PIN_MOST + PAGE, &pin));
    EXPECT_STATUS(STATUS_BAD_STATE, pin_create(memory, memory, 0, PAGE, &pin));
    EXPECT_STATUS(STATUS_BAD_STATE, pin_create(device, device, 0, PAGE, &pin));
    EXPECT_HANDLE_ERRORS(pin_create(handle, memory, 0, PAGE, &pin), event, 0);
    EXPECT_HANDLE_ERRORS(pin_create(device, handle, 0, PAGE, &pin), event,
                         with_rights(memory, RIGHT_ALL & ~RIGHT_MEMORY_READ));
    EXPECT_HANDLE_ERRORS(pin_create(device, handle, 0, PAGE, &pin), event,
                         with_rights(memory, RIGHT_ALL & ~RIGHT_MEMORY_WRITE));
    EXPECT_STATUS(STATUS_BAD_STATE, pin_release(memory));
    EXPECT_HANDLE_ERRORS(pin_release(handle), event, 0);
    EXPECT(pin == 0 && pages_of(environment.account) == 0);
    close_handle(large);
    close_handle(memory);
    close_handle(event);
    chip_close(&chip);
}

/* Pages come from the account of the memory, the object from that of the task that pins. */
static void test_limits(void)
{
    struct clock_chip chip;
    handle_t account = 0;
    handle_t memory = 0;
    handle_t pin = 0;
    uint64_t bytes = 0;
    uint64_t with_pin = 0;
    REQUIRE(chip_open(&chip));
    REQUIRE_OK(account_create(environment.account, &account));
    EXPECT_OK(memory_create(account, 8 * PAGE, 0, &memory));
    EXPECT_OK(account_limit(account, ACCOUNT_PAGES, 3, 0));
    EXPECT_STATUS(STATUS_NO_PAGES, pin_create(chip.memory, memory, 0, 4 * PAGE, &pin));
    EXPECT_OK(account_info(environment.own, NULL, NULL, &bytes, NULL, NULL));
    EXPECT_OK(account_limit(environment.own, ACCOUNT_KERNEL, bytes, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, pin_create(chip.memory, memory, 0, PAGE, &pin));
    EXPECT_OK(account_limit(environment.own, ACCOUNT_KERNEL, ~UINT64_C(0), 0));
    EXPECT(pin == 0);
    EXPECT_OK(pin_create(chip.memory, memory, 0, 3 * PAGE, &pin));
    EXPECT_OK(account_info(environment.own, NULL, NULL, &with_pin, NULL, NULL));
    EXPECT(pages_of(account) == 3 && with_pin > bytes);
    close_handle(pin);
    close_handle(memory);
    close_handle(account);
    chip_close(&chip);
}

static void test_addresses(void)
{
    enum { PAGES = 5 };
    struct clock_chip chip;
    handle_t memory = new_memory(PAGES);
    handle_t piece = 0;
    handle_t event = new_event();
    handle_t pins[2] = {0, 0};
    uint64_t first = 0;
    uint64_t left = 0;
    REQUIRE(chip_open(&chip));
    REQUIRE_OK(pin_create(chip.memory, memory, PAGE, (PAGES - 1) * PAGE, &pins[0]));
    EXPECT_OK(pin_create(chip.memory, memory, 0, PAGES * PAGE, &pins[1]));
    for (uint64_t offset = 0; offset < (PAGES - 1) * PAGE; offset += 1024) {
        uint64_t addresses[2] = {0, 0};
        uint64_t follow[2] = {0, 0};
        EXPECT_OK(pin_address(pins[0], offset, &addresses[0], &follow[0]));
        EXPECT_OK(pin_address(pins[1], offset + PAGE, &addresses[1], &follow[1]));
        EXPECT(addresses[0] == addresses[1] && follow[0] == follow[1]);
        EXPECT(addresses[0] % PAGE == offset % PAGE);
        EXPECT(follow[0] >= PAGE - offset % PAGE && follow[0] <= (PAGES - 1) * PAGE - offset);
    }
    static const uint64_t outside[] = {(PAGES - 1) * PAGE, PAGES * PAGE, UINT64_C(1) << 40,
                                       ~UINT64_C(0)};
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        EXPECT_STATUS(STATUS_BAD_ARGUMENT, pin_address(pins[0], outside[i], &first, &left));
        EXPECT(first == 0 && left == 0);
    }
    EXPECT_HANDLE_ERRORS(pin_address(handle, 0, &first, &left), event,
                         with_rights(pins[0], RIGHT_ALL & ~RIGHT_PIN_ADDRESS));
    close_handle(pins[0]);
    close_handle(pins[1]);
    EXPECT_OK(memory_create(environment.account, PAGES * PAGE, MEMORY_CONTIGUOUS, &piece));
    REQUIRE_OK(pin_create(chip.memory, piece, 0, PAGES * PAGE, &pins[0]));
    EXPECT_OK(pin_address(pins[0], 0, &first, &left));
    EXPECT(left == PAGES * PAGE);
    uint64_t later = 0;
    EXPECT_OK(pin_address(pins[0], 3 * PAGE + 8, &later, &left));
    EXPECT(later == first + 3 * PAGE + 8 && left == 2 * PAGE - 8);
    close_handle(pins[0]);
    close_handle(piece);
    close_handle(memory);
    close_handle(event);
    chip_close(&chip);
}

/* Pages outlive their memory object for as long as a pin holds them. */
static void test_holds(void)
{
    enum { PAGES = 3 };
    struct clock_chip chip;
    handle_t memory = new_memory(PAGES);
    handle_t pin = 0;
    REQUIRE(chip_open(&chip));
    REQUIRE_OK(pin_create(chip.memory, memory, 0, PAGES * PAGE, &pin));
    EXPECT(pages_of(environment.account) == PAGES);
    uint64_t before = 0;
    uint64_t after = 0;
    EXPECT_OK(pin_address(pin, 2 * PAGE, &before, NULL));
    close_handle(memory);
    sleep_for(2 * MILLISECOND);
    EXPECT_OK(pin_address(pin, 2 * PAGE, &after, NULL));
    EXPECT(before == after && pages_of(environment.account) == PAGES);
    close_handle(pin);
    EVENTUALLY(pages_of(environment.account) == 0);
    EXPECT_OK(pin_release(chip.memory)); /* there was no quarantine, and nothing to free */
    chip_close(&chip);
}

/* ---- the quarantine -------------------------------------------------------------------------- */

struct pinner {
    struct worker worker;
    handle_t task;
    handle_t device, memory; /* its handles */
    uint32_t closes, exits;
    volatile uint32_t done;
    uint64_t address;
    status_t status;
};

static void run_pinner(void *argument)
{
    struct pinner *pinner = argument;
    handle_t pin = 0;
    pinner->status = pin_create(pinner->device, pinner->memory, 0, 2 * PAGE, &pin);
    status_ignore(pin_address(pin, 0, &pinner->address, NULL));
    if (pinner->closes) {
        status_ignore(handle_close(pin));
    }
    pinner->done = 1;
    if (pinner->exits) {
        task_exit(0);
    }
    for (;;) {
        sleep_for(SECOND);
    }
}

/* Runs a task that pins two pages of memory that is nobody's else, until it is dead. */
static void pin_and_die(const struct clock_chip *chip, uint32_t closes, uint32_t exits)
{
    static struct pinner pinner;
    handle_t memory = new_memory(2);
    pinner = (struct pinner){.closes = closes, .exits = exits};
    EXPECT_OK(child_create("pinner", &pinner.task));
    EXPECT_OK(task_install(pinner.task, chip->memory, RIGHT_ALL, &pinner.device));
    EXPECT_OK(task_install(pinner.task, memory, RIGHT_ALL, &pinner.memory));
    close_handle(memory);
    EXPECT_OK(worker_start(&pinner.worker, pinner.task, OTHER_PRIORITY, run_pinner, &pinner));
    EVENTUALLY(pinner.done != 0);
    EXPECT_OK(pinner.status);
    if (!exits) {
        EXPECT_OK(task_kill(pinner.task, 0));
    }
    EXPECT(task_ends(pinner.task));
    EXPECT(worker_end(&pinner.worker));
    close_handle(pinner.task);
}

/* Nobody is given a page that the device may still write, until it has been reset. */
static void test_quarantine(void)
{
    struct clock_chip chip;
    uint64_t bytes = 0;
    REQUIRE(chip_open(&chip));
    for (uint32_t exits = 0; exits < 2; exits++) {
        pin_and_die(&chip, 0, exits);
        EVENTUALLY(pages_of(environment.account) == 2);
        sleep_for(5 * MILLISECOND);
        EXPECT(pages_of(environment.account) == 2);
        EXPECT_OK(pin_release(chip.memory));
        EVENTUALLY(pages_of(environment.account) == 0);
        pin_and_die(&chip, 1, exits); /* it had closed the pin in time */
        EVENTUALLY(pages_of(environment.account) == 0);
    }
    for (unsigned i = 1; i <= 3; i++) {
        pin_and_die(&chip, 0, 1);
        EVENTUALLY(pages_of(environment.account) == 2 * i);
    }
    EXPECT_OK(account_info(environment.account, NULL, NULL, &bytes, NULL, NULL));
    EXPECT(bytes > 0); /* the pins themselves */
    EXPECT_OK(pin_release(chip.memory));
    EXPECT_OK(pin_release(chip.memory)); /* again: nothing */
    EVENTUALLY(pages_of(environment.account) == 0);
    chip_close(&chip);
}

/* It is the device's: another object of the same registers has a quarantine of its own. */
static void test_quarantine_of_device(void)
{
    struct clock_chip chip;
    handle_t other = 0;
    REQUIRE(chip_open(&chip));
    REQUIRE_OK(
        memory_create_device(environment.machine, chip.physical, PAGE, DEVICE_REGISTERS, &other));
    pin_and_die(&chip, 0, 0);
    EVENTUALLY(pages_of(environment.account) == 2);
    EXPECT_OK(pin_release(other));
    sleep_for(2 * MILLISECOND);
    EXPECT(pages_of(environment.account) == 2);
    EXPECT_OK(pin_release(chip.memory));
    EVENTUALLY(pages_of(environment.account) == 0);
    close_handle(other);
    chip_close(&chip);
}

const struct test pin_tests[] = {
    {"pin_create", test_create_errors},
    {"pin_limits", test_limits},
    {"pin_addresses", test_addresses},
    {"pin_holds", test_holds},
    {"pin_quarantine", test_quarantine},
    {"pin_quarantine_of_device", test_quarantine_of_device},
    {NULL, NULL},
};
