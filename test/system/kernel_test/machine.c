/* Calls on the machine: what it is, its log, entropy, device memory, and who may reset it. */
#include "devices.h"
#include "server.h"

#include "test_device.h"

/* ---- system_info() --------------------------------------------------------------------------- */

static uint64_t cpus_in(const struct devicetree *tree)
{
    uint64_t count = 0;
    dt_node node = devicetree_first_child(tree, devicetree_find_path(tree, "/cpus"));
    for (; node != DEVICETREE_NONE; node = devicetree_next_sibling(tree, node)) {
        const char *type = devicetree_string(tree, node, "device_type");
        count += type != NULL && type[0] == 'c' && type[1] == 'p' && type[2] == 'u';
    }
    return count;
}

/* The first range of memory. */
static bool memory_in(const struct devicetree *tree, uint64_t *base, uint64_t *size)
{
    dt_node node = devicetree_find_path(tree, "/memory");
    return node != DEVICETREE_NONE && devicetree_registers(tree, node, 0, base, size);
}

static void test_info(void)
{
    struct devicetree tree;
    uint64_t cpus, total, unused, kernel, uptime;
    uint64_t base = 0;
    uint64_t size = 0;
    REQUIRE(tree_open(&tree));
    uint64_t before = clock_read();
    EXPECT_OK(system_info(&cpus, &total, &unused, &kernel, &uptime));
    uint64_t after = clock_read();
    EXPECT(cpus == cpus_in(&tree) || (cpus == CPUS_MOST && cpus_in(&tree) > CPUS_MOST));
    EXPECT(memory_in(&tree, &base, &size));
    EXPECT(total <= size / PAGE && total > size / PAGE / 2);
    EXPECT(unused < total && kernel > 0 && kernel < total * PAGE);
    EXPECT(before <= uptime + MICROSECOND && uptime <= after + MICROSECOND);
    tree_close(&tree);
}

static uint64_t free_pages(void)
{
    uint64_t pages = 0;
    EXPECT_OK(system_info(NULL, NULL, &pages, NULL, NULL));
    return pages;
}

static void test_info_follows(void)
{
    enum { PAGES = 64 };
    handle_t memory = 0;
    uint64_t before = free_pages();
    REQUIRE_OK(memory_create(environment.account, PAGES * PAGE, MEMORY_CONTIGUOUS, &memory));
    EXPECT(free_pages() <= before - PAGES);
    close_handle(memory);
    EVENTUALLY(free_pages() >= before - 2);
}

/* ---- the log --------------------------------------------------------------------------------- */

#define LOG_KEPT ((uint64_t)32 << 10) /* bytes */
#define LINE     256                  /* most bytes of one log_write() */

static uint64_t log_end(void)
{
    uint64_t next = 0;
    uint64_t length = 1;
    while (length != 0) {
        EXPECT_OK(log_read(environment.machine, next, &next, &length));
    }
    return next;
}

static status_t write_line(const char *text, uint64_t length)
{
    for (uint64_t i = 0; i < length && i <= LINE; i++) {
        message_page()->data[i] = (uint8_t)text[i];
    }
    return log_write(length);
}

/* "[ seconds.micros] init: TEXT\n" at the position. */
static bool log_has(uint64_t position, const char *text, uint64_t length)
{
    static const char task[] = "] init: ";
    uint64_t next = 0;
    uint64_t got = 0;
    EXPECT_OK(log_read(environment.machine, position, &next, &got));
    const char *data = (const char *)message_page()->data;
    uint64_t at_byte = 0;
    while (at_byte < got && data[at_byte] != ']') {
        at_byte++;
    }
    if (next != position + got || got != at_byte + sizeof(task) - 1 + length + 1 ||
        data[0] != '[' || data[got - 1] != '\n') {
        return false;
    }
    for (uint64_t i = 0; i < sizeof(task) - 1; i++) {
        if (data[at_byte + i] != task[i]) {
            return false;
        }
    }
    for (uint64_t i = 0; i < length; i++) {
        if (data[at_byte + sizeof(task) - 1 + i] != text[i]) {
            return false;
        }
    }
    return true;
}

static void test_log_lines(void)
{
    static char text[LINE + 1];
    uint64_t end = log_end();
    EXPECT_OK(write_line("a line of a test", 16));
    EXPECT(log_has(end, "a line of a test", 16));
    end = log_end();
    EXPECT_OK(write_line("", 0));
    EXPECT(log_has(end, "", 0));
    end = log_end();
    EXPECT_OK(write_line("a\nb\x1b[2Jc\x7f\xff\tz", 12)); /* nothing that moves a terminal */
    EXPECT(log_has(end, "a?b?[2Jc??\tz", 12));
    for (unsigned i = 0; i < sizeof(text); i++) {
        text[i] = (char)('A' + i % 26);
    }
    end = log_end();
    EXPECT_OK(write_line(text, LINE));
    EXPECT(log_has(end, text, LINE));
    end = log_end();
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, log_write(LINE + 1));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, log_write(LIMIT_MESSAGE_DATA));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, log_write(UINT64_C(1) << 32));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, log_write(~UINT64_C(0)));
    EXPECT(log_end() == end);
}

static void test_log_positions(void)
{
    handle_t event = new_event();
    uint64_t next = 1;
    uint64_t length = 1;
    uint64_t end = log_end();
    EXPECT_OK(log_read(environment.machine, end, &next, &length));
    EXPECT(next == end && length == 0);
    EXPECT_OK(log_read(environment.machine, ~UINT64_C(0), &next, &length));
    EXPECT(length == 0);
    EXPECT_OK(log_read(environment.machine, end + 1, &next, &length));
    EXPECT(length == 0);
    EXPECT_OK(log_read(environment.machine, end - 10, &next, &length));
    EXPECT(next == end && length == 10 && message_page()->data[9] == '\n');
    EXPECT_HANDLE_ERRORS(log_read(handle, 0, &next, &length), event,
                         with_rights(environment.machine, RIGHT_ALL & ~RIGHT_MACHINE_LOG));
    EXPECT_HANDLE_ERRORS(log_take_console(handle), event,
                         with_rights(environment.machine, RIGHT_ALL & ~RIGHT_MACHINE_LOG));
    close_handle(event);
}

enum { WRAPPING_TASKS = 3, WRAPPING_LINES = 80 };

/* No more than one task may write at once. */
static void write_wrapping_lines(void *argument)
{
    unsigned first = *(const unsigned *)argument;
    char line[200];
    for (unsigned i = first; i < first + WRAPPING_LINES; i++) {
        size_t written = format_text(line, sizeof(line), "wrapping line %03u %0100u", i, 0);
        REQUIRE_OK(write_line(line, written));
    }
}

/* More than is kept: the newest stays, in one piece. */
static void test_log_wraps(void)
{
    enum { LINES = WRAPPING_TASKS * WRAPPING_LINES };
    static uint8_t kept[LOG_KEPT];
    uint64_t next = 0;
    uint64_t length = 0;
    uint64_t start = log_end();
    for (unsigned first = 0; first < LINES; first += WRAPPING_LINES) {
        struct worker worker;
        handle_t task = 0;
        REQUIRE_OK(child_create("wrap", &task));
        EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, write_wrapping_lines, &first));
        EXPECT(worker_end(&worker));
        EXPECT_OK(task_kill(task, 0));
        EXPECT(task_ends(task));
        close_handle(task);
    }
    uint64_t end = log_end();
    REQUIRE(end > start + LOG_KEPT);
    uint64_t at_byte = 0;
    EXPECT_OK(log_read(environment.machine, 0, &next, &length));
    EXPECT(next - length == end - LOG_KEPT && length == LIMIT_MESSAGE_DATA);
    while (length != 0 && at_byte + length <= LOG_KEPT) {
        for (uint64_t i = 0; i < length; i++) {
            kept[at_byte++] = message_page()->data[i];
        }
        EXPECT_OK(log_read(environment.machine, next, &next, &length));
    }
    EXPECT(at_byte == LOG_KEPT && next == end);
    unsigned expected = LINES - 1; /* from the end, every line that is whole */
    for (uint64_t i = LOG_KEPT - 2; i > 0 && at_byte == LOG_KEPT; i--) {
        if (kept[i] == '\n') {
            char number[4] = {0};
            format_text(number, sizeof(number), "%03u", expected--);
            uint64_t colon = i;
            while (kept[colon] != ':') {
                colon++;
            }
            const uint8_t *found = kept + colon + sizeof(": wrapping line ") - 1;
            EXPECT(found[0] == number[0] && found[1] == number[1] && found[2] == number[2]);
        }
    }
    EXPECT(expected < LINES - LOG_KEPT / 200);
}

/* ---- the time of day ------------------------------------------------------------------------- */

static void test_clock_set_wall(void)
{
    const uint64_t wall = UINT64_C(1800000000000000000); /* in January of 2027 */
    handle_t event = new_event();
    EXPECT(clock_read_wall() == 0); /* nobody has said */
    EXPECT_HANDLE_ERRORS(clock_set_wall(handle, wall), event,
                         with_rights(environment.machine, RIGHT_ALL & ~RIGHT_MACHINE_CLOCK));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, clock_set_wall(environment.machine, 0));
    EXPECT(clock_read_wall() == 0);
    uint64_t before = clock_read();
    EXPECT_OK(clock_set_wall(environment.machine, wall));
    uint64_t told = clock_read_wall();
    EXPECT(told >= wall && told - wall <= clock_read() - before);
    uint64_t later = clock_read_wall();
    EXPECT(later >= told && later - wall <= clock_read() - before);
    EXPECT_OK(clock_set_wall(environment.machine, wall / 2)); /* it may be set back */
    EXPECT(clock_read_wall() < wall);
    EXPECT_OK(clock_set_wall(environment.machine, ~UINT64_C(0) / 2));
    EXPECT(clock_read_wall() >= ~UINT64_C(0) / 2);
    close_handle(event);
}

/* ---- entropy --------------------------------------------------------------------------------- */

static void test_entropy(void)
{
    enum { MOST = 256, ROUNDS = 16 };
    static uint8_t last[MOST];
    volatile uint8_t *data = message_page()->data;
    uint64_t ones = 0;
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, entropy_read(0));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, entropy_read(MOST + 1));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, entropy_read(UINT64_C(1) << 32));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, entropy_read(~UINT64_C(0)));
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned same = 0;
        data[MOST] = 0x5a;
        EXPECT_OK(entropy_read(MOST));
        EXPECT(data[MOST] == 0x5a);
        for (unsigned i = 0; i < MOST; i++) {
            same += data[i] == last[i];
            last[i] = data[i];
            for (uint8_t bits = data[i]; bits != 0; bits &= (uint8_t)(bits - 1)) {
                ones++;
            }
        }
        EXPECT(same < MOST / 16); /* one in 256 is what chance gives */
    }
    EXPECT(ones > ROUNDS * MOST * 8 * 47 / 100 && ones < ROUNDS * MOST * 8 * 53 / 100);
    for (unsigned i = 0; i < 8; i++) {
        data[i] = 0;
    }
    EXPECT_OK(entropy_read(3));
    EXPECT(data[3] == 0 && data[4] == 0); /* no more than was asked for */
}

/* What is mixed in changes what comes next, and repeating it repeats nothing. */
static void test_entropy_add(void)
{
    enum { MOST = 256, PART = 32, ROUNDS = 64 };
    static uint8_t seen[ROUNDS][PART];
    volatile uint8_t *data = message_page()->data;
    handle_t event = new_event();
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, entropy_add(environment.machine, 0));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, entropy_add(environment.machine, MOST + 1));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, entropy_add(environment.machine, UINT64_C(1) << 32));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, entropy_add(environment.machine, ~UINT64_C(0)));
    EXPECT_HANDLE_ERRORS(entropy_add(handle, MOST), event,
                         with_rights(environment.machine, RIGHT_ALL & ~RIGHT_MACHINE_ENTROPY));
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < MOST; i++) {
            data[i] = 0;
        }
        EXPECT_OK(entropy_add(environment.machine, 1 + round * 4));
        EXPECT(data[0] == 0 && data[MOST - 1] == 0); /* nothing of the generator comes back */
        EXPECT_OK(entropy_read(PART));
        for (unsigned i = 0; i < PART; i++) {
            seen[round][i] = data[i];
        }
        for (unsigned earlier = 0; earlier < round; earlier++) {
            unsigned same = 0;
            for (unsigned i = 0; i < PART; i++) {
                same += seen[round][i] == seen[earlier][i];
            }
            EXPECT(same < PART / 2);
        }
    }
    close_handle(event);
}

/* ---- device memory --------------------------------------------------------------------------- */

static void refused(uint64_t physical, uint64_t size, uint32_t attributes)
{
    handle_t memory = 0;
    char text[100];
    status_t status =
        memory_create_device(environment.machine, physical, size, attributes, &memory);
    if (status != STATUS_BAD_ARGUMENT) {
        format_text(text, sizeof(text), "device memory at %#lx, %#lx bytes: status %d", physical,
                    size, status);
        test_failed(__FILE__, __LINE__, text);
        close_handle(memory);
    }
}

static void test_device_memory_errors(void)
{
    struct clock_chip chip;
    uint64_t ram = 0;
    uint64_t size = 0;
    uint64_t controller = 0;
    handle_t event = new_event();
    handle_t memory = 0;
    REQUIRE(chip_open(&chip) && memory_in(&chip.tree, &ram, &size));
    refused(chip.physical, 0, DEVICE_REGISTERS);
    refused(chip.physical + 8, PAGE, DEVICE_REGISTERS);
    refused(chip.physical, PAGE - 1, DEVICE_REGISTERS);
    refused(chip.physical, PAGE, DEVICE_WRITE_COMBINE + 1);
    refused(chip.physical, PAGE, ~UINT32_C(0));
    refused(ram, PAGE, DEVICE_REGISTERS);
    refused(ram + size - PAGE, PAGE, DEVICE_REGISTERS);
    refused(ram - PAGE, 2 * PAGE, DEVICE_REGISTERS);
    refused(ram + size - PAGE, 2 * PAGE, DEVICE_WRITE_COMBINE);
    refused(ram - PAGE, size + 2 * PAGE, DEVICE_REGISTERS);
    refused(chip.physical, ~UINT64_C(0) & ~(PAGE - 1), DEVICE_REGISTERS);
    refused(~UINT64_C(0) & ~(PAGE - 1), PAGE, DEVICE_REGISTERS);
    refused(0, UINT64_C(1) << 63, DEVICE_REGISTERS);
    refused(UINT64_C(1) << 56, PAGE, DEVICE_REGISTERS);
    dt_node node = DEVICETREE_NONE;
    dt_node interrupts;
    uint32_t cells[4];
    unsigned count = 0;
    node = devicetree_find_compatible(&chip.tree, node, CHIP_COMPATIBLE);
    EXPECT(devicetree_interrupt(&chip.tree, node, 0, &interrupts, cells, &count) &&
           devicetree_registers(&chip.tree, interrupts, 0, &controller, &size));
    refused(controller, PAGE, DEVICE_REGISTERS);
    refused(controller - PAGE, 2 * PAGE, DEVICE_REGISTERS);
    refused(controller + size - PAGE, PAGE, DEVICE_REGISTERS);
    EXPECT_HANDLE_ERRORS(
        memory_create_device(handle, chip.physical, PAGE, DEVICE_REGISTERS, &memory), event,
        with_rights(environment.machine, RIGHT_ALL & ~RIGHT_MACHINE_PHYSICAL));
    chip_close(&chip);
    close_handle(event);
}

/* Registers are neither copied, nor shared, nor lent: reading them may have effects. */
static void test_device_memory(void)
{
    static struct server server;
    struct clock_chip chip;
    handle_t copy = 0;
    uint64_t size = 0;
    uint32_t kind = 99;
    uint64_t base = map_new(environment.account, PAGE);
    server = (struct server){0};
    REQUIRE(base != 0 && chip_open(&chip) && server_start(&server, true));
    EXPECT_OK(memory_info(chip.memory, &size, &kind, NULL));
    EXPECT(size == PAGE && kind == MEMORY_KIND_DEVICE);
    EXPECT_STATUS(STATUS_BAD_STATE, memory_snapshot(chip.memory, environment.account, &copy));
    *(volatile uint32_t *)at(base) = 1;
    for (unsigned lent = 0; lent < 2; lent++) {
        struct message message = {.tag = message_tag(METHOD_COPY, 0, 0, 1),
                                  .words = {0, 0, lent ? base : chip.registers, 4, LEASE_READ}};
        message_page()->leases[0] =
            (struct lease){0, lent ? chip.registers : base, PAGE, LEASE_READ, 0};
        EXPECT_OK(port_call(server.own.endpoint, &message));
        EXPECT_STATUS(lent ? STATUS_BAD_LEASE : STATUS_BAD_ADDRESS, (status_t)message.words[0]);
        EXPECT(message.words[1] == 0);
    }
    unmap(base, PAGE);
    server_end(&server);
    chip_close(&chip);
}

static void test_reset_errors(void)
{
    handle_t event = new_event();
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, system_reset(environment.machine, RESET_REBOOT + 1));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, system_reset(environment.machine, ~UINT32_C(0)));
    EXPECT_HANDLE_ERRORS(system_reset(handle, RESET_POWEROFF), event,
                         with_rights(environment.machine, RIGHT_ALL & ~RIGHT_MACHINE_RESET));
    close_handle(event);
}

const struct test machine_tests[] = {
    {"machine_info", test_info},
    {"machine_info_follows", test_info_follows},
    {"machine_log_lines", test_log_lines},
    {"machine_log_positions", test_log_positions},
    {"machine_log_wraps", test_log_wraps},
    {"machine_clock_set_wall", test_clock_set_wall},
    {"machine_entropy", test_entropy},
    {"machine_entropy_add", test_entropy_add},
    {"machine_device_memory_errors", test_device_memory_errors},
    {"machine_device_memory", test_device_memory},
    {"machine_reset_errors", test_reset_errors},
    {NULL, NULL},
};
