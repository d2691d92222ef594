/* What becomes of pages that a device may still write. */
#include "test.h"

/* No RAM there on either machine; it is never mapped. */
#define SOME_REGISTERS UINT64_C(0x4000000)

struct pinning {
    handle_t device, memory; /* in the table of the task that pins */
};

static void pin_and_stay(void *argument)
{
    const struct pinning *pinning = argument;
    handle_t pin = 0;
    EXPECT_OK(pin_create(pinning->device, pinning->memory, 0, PAGE, &pin));
}

static handle_t open_registers(void)
{
    handle_t device = 0;
    EXPECT_OK(memory_create_device(environment.machine, SOME_REGISTERS, PAGE, DEVICE_REGISTERS,
                                   &device));
    return device;
}

/* A task that dies with a page of the test's account pinned for `device`. */
static void die_with_pin(handle_t device)
{
    struct worker worker;
    struct pinning pinning = {0};
    handle_t task = 0;
    handle_t memory = new_memory(1);
    REQUIRE_OK(child_create("pinner", &task));
    EXPECT_OK(task_install(task, device, RIGHT_ALL, &pinning.device));
    EXPECT_OK(task_install(task, memory, RIGHT_ALL, &pinning.memory));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, pin_and_stay, &pinning));
    EXPECT(worker_end(&worker));
    EXPECT_OK(task_kill(task, 0));
    EXPECT(task_ends(task));
    close_handle(memory);
    close_handle(task);
}

static uint64_t charged_pages(void)
{
    uint64_t pages = 0;
    EXPECT_OK(account_info(environment.account, &pages, NULL, NULL, NULL, NULL));
    return pages;
}

/* Pages in quarantine wait for whoever opens the registers next, if nobody kept them open. */
static void test_quarantine(void)
{
    uint64_t before = charged_pages();
    handle_t device = open_registers();
    die_with_pin(device);
    EVENTUALLY(charged_pages() == before + 1);
    EXPECT_OK(pin_release(device));
    EVENTUALLY(charged_pages() == before);
    die_with_pin(device);
    close_handle(device);
    EVENTUALLY(charged_pages() == before + 1);
    device = open_registers();
    EXPECT(charged_pages() == before + 1);
    EXPECT_OK(pin_release(device));
    EVENTUALLY(charged_pages() == before);
    close_handle(device);
}

const struct test quarantine_tests[] = {
    {"quarantine_next_owner", test_quarantine}, {NULL, NULL},
};
