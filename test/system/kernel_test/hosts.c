/* Tasks that host guests, as others see them; and the tests that run inside one. */
#include "child.h"

#include "foreign.h"

#define GIB (UINT64_C(1) << 30)

static void test_inside(void)
{
    static struct child child;
    REQUIRE(child_start_host(&child, 0));
    child_order(&child, CHILD_TESTS, 0, 0);
    EXPECT(child.call.words[0] > 0 && child.call.words[1] == 0);
    child_command(&child, CHILD_RETURN, 0, 0);
    child_end(&child, EXIT_NORMAL, 0);
}

enum { STORM_ROUNDS = 1000 }; /* of 10,000 exits */

/* Ten million times a guest leaves, in one task; others go on meanwhile, as its rounds check. */
static void test_storm(void)
{
    static struct child child;
    REQUIRE(child_start_host(&child, 0));
    for (unsigned i = 0; i < STORM_ROUNDS; i++) {
        child_order(&child, CHILD_STORM, 0, 0);
        REQUIRE(child.call.words[0] == i + 1 && child.call.words[1] == 0);
        test_goes_on();
    }
    child_command(&child, CHILD_RETURN, 0, 0);
    child_end(&child, EXIT_NORMAL, 0);
}

/* All that guests had is given back when their host dies while they run. */
static void test_killed(void)
{
    static struct child child;
    REQUIRE(child_start_host(&child, 0));
    child_order(&child, CHILD_SPIN, 0, 0);
    sleep_for(20 * MILLISECOND);
    EXPECT_OK(task_kill(child.task, 3));
    child_end(&child, EXIT_KILLED, 3);
}

/* Its cpu_time is that of its guest once it is long. */
static bool spins(handle_t task, uint64_t number)
{
    handle_t thread = 0;
    uint64_t used = 0;
    EXPECT_OK(task_thread(task, number - 1, &thread, &number));
    EXPECT_OK(thread_info(thread, NULL, NULL, &used, NULL));
    close_handle(thread);
    return used > 20 * MILLISECOND;
}

/* Of a thread that is in its guest. */
static uint64_t stopped_pc(handle_t task, uint64_t number)
{
    handle_t thread = 0;
    uint64_t pc;
    EXPECT_OK(task_thread(task, number - 1, &thread, &number));
    EXPECT_OK(thread_registers(thread));
    pc = registers_pc(message_page()->data);
    EXPECT(registers_sp(message_page()->data) > pc / GIB * GIB);
    EXPECT_STATUS(STATUS_BAD_STATE, thread_set_registers(thread));
    close_handle(thread);
    return pc;
}

/* Threads that are stopped in their guests, the second and third. */
static void test_stopped(void)
{
    static struct child child;
    handle_t event = new_event();
    uint64_t bits = 0;
    REQUIRE(child_start_host(&child, 0));
    child_order(&child, CHILD_SPIN, 0, 0);
    EVENTUALLY(spins(child.task, 2) && spins(child.task, 3));
    EXPECT_OK(task_stop(child.task, event, 1));
    EXPECT_OK(event_wait(event, 1, clock_read() + PATIENCE, &bits));
    EXPECT(stopped_pc(child.task, 2) == stopped_pc(child.task, 3));
    EXPECT_OK(task_resume(child.task));
    EXPECT_OK(task_kill(child.task, 3));
    child_end(&child, EXIT_KILLED, 3);
    close_handle(event);
}

/* What it does on command is a fault of the host. */
static void faults(uint64_t command, uint64_t word, uint32_t kind, status_t status)
{
    static struct child child;
    struct service service;
    struct received fault = {0};
    const struct message refusal = {.tag = message_tag(STATUS_REFUSED, 0, 0, 0)};
    REQUIRE(service_open(&service) && child_start_host(&child, service.endpoint));
    child_command(&child, command, word, 0);
    EXPECT_OK(port_receive(service.port, service.reply, &fault));
    EXPECT(fault.words[0] == kind && fault.words[4] == (uint32_t)status);
    EXPECT_OK(port_reply(service.reply, &refusal));
    child_end(&child, EXIT_FAULT, 0);
    service_close(&service);
}

/* A host has no floating-point unit: its guests do, and theirs is not its own when they leave. */
static void test_no_floating_point(void)
{
    for (uint64_t way = FLOAT_NONE; way < FLOAT_WAYS; way++) {
        faults(CHILD_FLOAT, way, FAULT_ILLEGAL, STATUS_UNSUPPORTED);
    }
}

/* What is no instruction at all is told apart. */
static void test_illegal(void)
{
    faults(CHILD_ILLEGAL, 0, FAULT_ILLEGAL, STATUS_BAD_ADDRESS);
}

static void test_does_not_execute(void)
{
    faults(CHILD_EXECUTE, 0, FAULT_EXECUTE, STATUS_BAD_ADDRESS);
}

/* Only copies end with an error, and only at the end that is the guest's. */
static void test_stray(void)
{
    faults(CHILD_STRAY, STRAY_READ, FAULT_READ, STATUS_BAD_ADDRESS);
    faults(CHILD_STRAY, STRAY_RUN, FAULT_READ, STATUS_BAD_ADDRESS);
    faults(CHILD_STRAY, STRAY_CALL, FAULT_WRITE, STATUS_BAD_ADDRESS);
    faults(CHILD_STRAY, STRAY_COPY, FAULT_WRITE, STATUS_BAD_ADDRESS);
}

/* A task in another space has nothing to do with guests. */
static void test_plain(void)
{
    handle_t space = 0;
    handle_t guest = 0;
    handle_t event = new_event();
    uint64_t state = 0;
    const struct guest_handler handler = {0, 0};
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_create_guest(0, environment.account, &space));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  guest_create(environment.space, environment.account, &guest, &state));
    EXPECT_STATUS(STATUS_BAD_STATE, guest_run(&handler));
    EXPECT_STATUS(STATUS_WRONG_TYPE, guest_attach(event));
    EXPECT_STATUS(STATUS_WRONG_TYPE, guest_kick(event));
    EXPECT_OK(guest_attach(0));
    close_handle(event);
}

/* Whose handle came in a message: only threads of the task that hosts it can have it. */
static void test_guest_of_another(void)
{
    static struct child child;
    REQUIRE(child_start_host(&child, 0));
    message_page()->accept = 1;
    child_order(&child, CHILD_GUEST, 0, 0);
    message_page()->accept = 0;
    REQUIRE(tag_handles(child.call.tag) == 1);
    handle_t guest = message_page()->handles[0];
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, guest_attach(guest));
    close_handle(guest);
    child_command(&child, CHILD_RETURN, 0, 0);
    child_end(&child, EXIT_NORMAL, 0);
}

static void test_host_of_another(void)
{
    handle_t host = 0;
    handle_t space = 0;
    handle_t guest = 0;
    handle_t task = 0;
    uint64_t state = 0;
    uint64_t libsys = 0;
    EXPECT_OK(space_create_host(environment.account, &host, &libsys));
    EXPECT(libsys != 0);
    EXPECT_OK(space_create_guest(host, environment.account, &space));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_create_guest(space, environment.account, &guest));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, guest_create(space, environment.account, &guest, &state));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, task_create(environment.account, space, 0, &task));
    close_handle(space);
    close_handle(host);
}

static void test_ranges(void)
{
    handle_t host = 0;
    handle_t space = 0;
    handle_t memory = new_memory(1);
    uint64_t libsys = 0;
    uint64_t mapped = 0;
    uint64_t low = 0;
    EXPECT_OK(space_create_host(environment.account, &host, &libsys));
    EXPECT_OK(space_create_guest(host, environment.account, &space));
    const uint64_t base = libsys & ~(GIB - 1);
    EXPECT_OK(space_map(host, memory, 0, 0, PAGE, MAP_READ, &mapped));
    EXPECT(mapped >= base);
    mapped = base - PAGE;
    EXPECT_STATUS(STATUS_BAD_ADDRESS,
                  space_map(host, memory, mapped, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    EXPECT_OK(space_map(space, memory, low, 0, PAGE, MAP_READ | MAP_FIXED, &low));
    mapped = base - PAGE;
    EXPECT_OK(space_map(space, memory, mapped, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    EXPECT_STATUS(STATUS_BAD_ADDRESS,
                  space_map(space, memory, base, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    EXPECT_OK(space_map(space, memory, 0, 0, PAGE, MAP_READ, &mapped));
    EXPECT(mapped < base && mapped != 0);
    close_handle(memory);
    close_handle(host); /* the guest's space still needs it */
    close_handle(space);
}

/* A guest's space with two pages of room and one below what the kernel chooses from. */
static void test_full(void)
{
    const uint64_t lowest = 0x10000;
    handle_t host = 0;
    handle_t space = 0;
    handle_t memory = new_memory(GIB / PAGE);
    uint64_t libsys = 0;
    uint64_t mapped = 0;
    EXPECT_OK(space_create_host(environment.account, &host, &libsys));
    EXPECT_OK(space_create_guest(host, environment.account, &space));
    const uint64_t base = libsys & ~(GIB - 1);
    EXPECT_OK(space_map(space, memory, mapped, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    for (uint64_t address = lowest; address < base; address = mapped + GIB) {
        uint64_t length = base - address < GIB ? base - address - 2 * PAGE : GIB;
        mapped = address;
        REQUIRE_OK(space_map(space, memory, mapped, 0, length, MAP_READ | MAP_FIXED, &mapped));
    }
    EXPECT_OK(space_map(space, memory, 0, 0, PAGE, MAP_READ, &mapped));
    EXPECT(mapped == base - 2 * PAGE);
    close_handle(memory);
    close_handle(space);
    close_handle(host);
}

const struct test storm_tests[] = {
    {"host_storm", test_storm},
    {0},
};

const struct test host_tests[] = {
    {"host_inside", test_inside},
    {"host_killed", test_killed},
    {"host_stopped", test_stopped},
    {"host_no_floating_point", test_no_floating_point},
    {"host_illegal", test_illegal},
    {"host_does_not_execute", test_does_not_execute},
    {"host_stray", test_stray},
    {"host_plain", test_plain},
    {"host_of_another", test_host_of_another},
    {"host_guest_of_another", test_guest_of_another},
    {"host_ranges", test_ranges},
    {"host_full", test_full},
    {0},
};
