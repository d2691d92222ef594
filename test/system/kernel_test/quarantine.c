/* What becomes of pages that a device may still write. */
#include "test.h"

/* No RAM there on either machine; it is never mapped. */
#define SOME_REGISTERS UINT64_C(0x4000000)

struct pinning {
    handle_t device, memory, task; /* in the table of the task that pins; task: the test's, or 0 */
    handle_t given;                /* the pin in the test's table */
};

static void pin_and_stay(void *argument)
{
    struct pinning *pinning = argument;
    handle_t pin = 0;
    EXPECT_OK(pin_create(pinning->device, pinning->memory, 0, PAGE, &pin));
    if (pinning->task != 0) {
        EXPECT_OK(task_install(pinning->task, pin, RIGHT_ALL, &pinning->given));
    }
}

static handle_t open_registers(void)
{
    handle_t device = 0;
    EXPECT_OK(
        memory_create_device(environment.machine, SOME_REGISTERS, PAGE, DEVICE_REGISTERS, &device));
    return device;
}

/* A task that dies with a page of the test's account pinned for `device`. Answers the pin, which
 * then outlives it, if the task is to give it. */
static handle_t die_with_pin(handle_t device, bool gives)
{
    struct worker worker;
    struct pinning pinning = {0};
    handle_t task = 0;
    handle_t memory = new_memory(1);
    EXPECT_OK(child_create("pinner", &task));
    if (gives) {
        EXPECT_OK(task_install(task, environment.task, RIGHT_ALL, &pinning.task));
    }
    EXPECT_OK(task_install(task, device, RIGHT_ALL, &pinning.device));
    EXPECT_OK(task_install(task, memory, RIGHT_ALL, &pinning.memory));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, pin_and_stay, &pinning));
    EXPECT(worker_end(&worker));
    EXPECT_OK(task_kill(task, 0));
    EXPECT(task_ends(task));
    close_handle(memory);
    close_handle(task);
    return pinning.given;
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
    (void)die_with_pin(device, false);
    EVENTUALLY(charged_pages() == before + 1);
    EXPECT_OK(pin_release(device));
    EVENTUALLY(charged_pages() == before);
    (void)die_with_pin(device, false);
    close_handle(device);
    EVENTUALLY(charged_pages() == before + 1);
    device = open_registers();
    EXPECT(charged_pages() == before + 1);
    EXPECT_OK(pin_release(device));
    EVENTUALLY(charged_pages() == before);
    close_handle(device);
}

/* A pin whose last handle travels is not closed yet; it gets there once. */
static void test_on_the_way(void)
{
    static struct sender sender;
    struct service service;
    struct received received;
    const struct message answer = {.tag = message_tag(STATUS_OK, 0, 0, 0)};
    uint64_t before = charged_pages();
    handle_t device = open_registers();
    handle_t pin = die_with_pin(device, true);
    REQUIRE(service_open(&service));
    sender_start(&sender, service.endpoint, pin);
    EXPECT(worker_reaches(&sender.worker, THREAD_BLOCKED_CALL));
    close_handle(pin);
    message_page()->accept = 1;
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    close_handle(message_page()->handles[0]);
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT(worker_end(&sender.worker));
    EXPECT(charged_pages() > before);
    EXPECT_OK(pin_release(device));
    EVENTUALLY(charged_pages() == before);
    close_handle(device);
    service_close(&service);
}

/* An object that nobody gets leaves the quarantine to the next one. */
static void test_no_handle(void)
{
    uint64_t before = charged_pages();
    handle_t device = open_registers();
    (void)die_with_pin(device, false);
    close_handle(device);
    EVENTUALLY(charged_pages() == before + 1);
    handles_fill();
    EXPECT_STATUS(STATUS_NO_HANDLES, memory_create_device(environment.machine, SOME_REGISTERS, PAGE,
                                                          DEVICE_REGISTERS, &device));
    handles_free();
    device = open_registers();
    EXPECT_OK(pin_release(device));
    EVENTUALLY(charged_pages() == before);
    close_handle(device);
}

const struct test quarantine_tests[] = {
    {"quarantine_next_owner", test_quarantine},
    {"quarantine_on_the_way", test_on_the_way},
    {"quarantine_no_handle", test_no_handle},
    {NULL, NULL},
};
