/* Unit tests of drivers/common/gpio.c, with lines that a test sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/protocol/gpio.h>

#include "gpio.h"

enum { LINES = 8, START = 1000, ME = 7, ALL = 0xff };

/* ---- the lines ------------------------------------------------------------------------------ */

static struct {
    uint64_t pins, outputs, functions, connected, pulled, rising, falling, rose, fell;
} chip;
static struct gpio gpio;

static uint64_t values(void)
{
    return chip.pins;
}

static uint64_t outputs(void)
{
    return chip.outputs;
}

static uint64_t functions(void)
{
    return chip.functions;
}

static void connect(uint64_t lines)
{
    chip.connected |= lines;
}

static void drive(uint64_t lines, uint64_t wanted)
{
    chip.outputs |= lines;
    chip.pins = (chip.pins & ~lines) | (wanted & lines);
}

static void release(uint64_t lines)
{
    chip.outputs &= ~lines;
}

static uint64_t pulled_up(void)
{
    return chip.pulled;
}

static void pull_up(uint64_t lines, bool on)
{
    chip.pulled = on ? chip.pulled | lines : chip.pulled & ~lines;
}

static void watch(uint64_t rising, uint64_t falling)
{
    chip.rising = rising;
    chip.falling = falling;
}

static void take(uint64_t *rising, uint64_t *falling)
{
    *rising = chip.rose;
    *falling = chip.fell;
    chip.rose = 0;
    chip.fell = 0;
}

static struct gpio_device device = {
    .values = values,
    .outputs = outputs,
    .functions = functions,
    .connect = connect,
    .drive = drive,
    .release = release,
    .watch = watch,
    .take = take,
};

static int start(void **state)
{
    (void)state;
    memset(&chip, 0, sizeof(chip));
    device.lines = LINES;
    device.interrupt_each = false;
    device.pulled_up = pulled_up;
    device.pull_up = pull_up;
    gpio_init(&gpio, &device, 1, START);
    return 0;
}

static void rise(uint64_t line, uint64_t time)
{
    chip.pins |= 1ull << line;
    chip.rose = 1ull << line;
    gpio_collect(&gpio, time);
}

static void fall(uint64_t line, uint64_t time)
{
    chip.pins &= ~(1ull << line);
    chip.fell = 1ull << line;
    gpio_collect(&gpio, time);
}

static void expect_event(struct gpio_wanted *wanted, uint32_t line, uint32_t event, uint64_t time)
{
    struct gpio_event found;
    assert_true(gpio_find(&gpio, wanted, START + 100, &found));
    assert_int_equal(found.line, line);
    assert_int_equal(found.event, event);
    assert_int_equal(found.time, time);
    assert_false(found.lost);
    wanted->after = found.time;
}

static void expect_none(const struct gpio_wanted *wanted)
{
    struct gpio_event found;
    assert_false(gpio_find(&gpio, wanted, START + 100, &found));
}

/* ---- values --------------------------------------------------------------------------------- */

static void test_start_changes_no_line(void **state)
{
    (void)state;
    chip.pins = chip.outputs = 0x5;
    chip.rose = chip.rising = 0x1;
    gpio_init(&gpio, &device, 1, START);
    assert_int_equal(chip.pins, 0x5);
    assert_int_equal(chip.outputs, 0x5);
    assert_int_equal(chip.rose | chip.rising, 0);
}

static void test_configured(void **state)
{
    (void)state;
    uint64_t told;
    assert_int_equal(gpio_make(&gpio, 0x6, GPIO_OUTPUT, 0xff), STATUS_OK);
    assert_int_equal(chip.outputs, 0x6);
    assert_int_equal(gpio_values(&gpio, ALL, &told), STATUS_OK);
    assert_int_equal(told, 0x6);
    assert_int_equal(gpio_change(&gpio, 0x2, 0), STATUS_OK);
    assert_int_equal(gpio_values(&gpio, 0xf, &told), STATUS_OK);
    assert_int_equal(told, 0x4);
    assert_int_equal(gpio_make(&gpio, 0x2, GPIO_PULL_UP, 0), STATUS_OK);
    assert_int_equal(chip.outputs, 0x4);
    assert_int_equal(chip.pulled, 0x2);
    assert_int_equal(gpio_make(&gpio, 0x2, 0, 0), STATUS_OK);
    assert_int_equal(chip.pulled, 0x2);
    assert_int_equal(gpio_make(&gpio, 0x2, GPIO_PULL_NONE, 0), STATUS_OK);
    assert_int_equal(chip.pulled, 0);
}

static void test_refused(void **state)
{
    (void)state;
    uint64_t told;
    static const uint64_t masks[] = {0, 0x100, 1ull << 63, ~0ull};
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        assert_int_equal(gpio_make(&gpio, masks[i], 0, 0), STATUS_BAD_ARGUMENT);
        assert_int_equal(gpio_values(&gpio, masks[i], &told), STATUS_BAD_ARGUMENT);
        assert_int_equal(gpio_change(&gpio, masks[i], 0), STATUS_BAD_ARGUMENT);
    }
    assert_int_equal(gpio_make(&gpio, 1, GPIO_FUNCTION, 0), STATUS_BAD_ARGUMENT);
    assert_int_equal(gpio_make(&gpio, 1, GPIO_PULL_UP | GPIO_PULL_NONE, 0), STATUS_BAD_ARGUMENT);
    assert_int_equal(gpio_change(&gpio, 1, 1), STATUS_BAD_STATE);
    chip.functions = 0x4;
    assert_int_equal(gpio_make(&gpio, 0x6, GPIO_OUTPUT, 0), STATUS_BUSY);
    assert_int_equal(gpio_values(&gpio, 0x6, &told), STATUS_OK);
    assert_int_equal(chip.connected, 0x2);
    device.pull_up = NULL;
    assert_int_equal(gpio_make(&gpio, 1, GPIO_PULL_UP, 0), STATUS_UNSUPPORTED);
    assert_int_equal(chip.outputs, 0);
}

static void test_described(void **state)
{
    (void)state;
    uint32_t flags;
    uint32_t value;
    chip.pins = 0x2;
    chip.outputs = 0x2;
    chip.functions = chip.pulled = 0x80;
    assert_int_equal(gpio_line_state(&gpio, 1, &flags, &value), STATUS_OK);
    assert_int_equal(flags, GPIO_OUTPUT | GPIO_EVENTS);
    assert_int_equal(value, 1);
    assert_int_equal(gpio_line_state(&gpio, 7, &flags, &value), STATUS_OK);
    assert_int_equal(flags, GPIO_FUNCTION | GPIO_PULL_UP | GPIO_EVENTS);
    const struct gpio_wanted wanted = {.low = 0x80};
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_OK);
    assert_int_equal(gpio_line_state(&gpio, 7, &flags, &value), STATUS_OK);
    assert_int_equal(flags, GPIO_FUNCTION | GPIO_PULL_UP | GPIO_EVENTS | GPIO_WATCHED);
    assert_int_equal(gpio_line_state(&gpio, 8, &flags, &value), STATUS_NOT_FOUND);
    assert_int_equal(gpio_line_state(&gpio, UINT32_MAX, &flags, &value), STATUS_NOT_FOUND);
    assert_int_equal(chip.connected, 0);
}

static void test_sixty_four_lines(void **state)
{
    (void)state;
    uint64_t told;
    device.lines = GPIO_LINES;
    gpio_init(&gpio, &device, 0, START);
    assert_int_equal(gpio_make(&gpio, ~0ull, GPIO_OUTPUT, 1ull << 63), STATUS_OK);
    assert_int_equal(gpio_values(&gpio, ~0ull, &told), STATUS_OK);
    assert_true(told == 1ull << 63);
}

/* ---- edges ---------------------------------------------------------------------------------- */

static void test_edges_in_order(void **state)
{
    (void)state;
    struct gpio_wanted wanted = {.rising = 0x3, .falling = 0x1, .after = START};
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_OK);
    assert_int_equal(chip.rising, 0x3);
    assert_int_equal(chip.falling, 0x1);
    assert_int_equal(chip.connected, 0x3);
    expect_none(&wanted);
    rise(0, START + 5);
    rise(1, START + 5);
    fall(1, START + 6);
    fall(0, START + 7);
    rise(2, START + 8);
    expect_event(&wanted, 0, GPIO_RISING, START + 5);
    expect_event(&wanted, 1, GPIO_RISING, START + 6);
    expect_event(&wanted, 0, GPIO_FALLING, START + 7);
    expect_none(&wanted);
}

/* Both edges of a line at once: its value says which came last. */
static void test_pulses(void **state)
{
    (void)state;
    struct gpio_wanted wanted = {.rising = 0x3, .falling = 0x3, .after = START};
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_OK);
    chip.pins = 0x2;
    chip.rose = chip.fell = 0x3;
    gpio_collect(&gpio, START + 1);
    expect_event(&wanted, 0, GPIO_RISING, START + 1);
    expect_event(&wanted, 0, GPIO_FALLING, START + 2);
    expect_event(&wanted, 1, GPIO_FALLING, START + 3);
    expect_event(&wanted, 1, GPIO_RISING, START + 4);
}

static void test_levels(void **state)
{
    (void)state;
    struct gpio_event found;
    struct gpio_wanted wanted = {.high = 0x1, .low = 0x2, .after = START};
    chip.pins = 0x2;
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_OK);
    assert_int_equal(chip.rising, 0x1);
    assert_int_equal(chip.falling, 0x2);
    expect_none(&wanted);
    rise(0, START + 1);
    fall(0, START + 2);
    expect_event(&wanted, 0, GPIO_HIGH, START + 1); /* it was, meanwhile */
    expect_none(&wanted);
    chip.pins = 0;
    assert_true(gpio_find(&gpio, &wanted, START + 3, &found));
    assert_int_equal(found.event, GPIO_LOW);
    assert_int_equal(found.line, 1);
    assert_int_equal(found.time, START + 3);
}

static void test_lost(void **state)
{
    (void)state;
    struct gpio_event found;
    struct gpio_wanted wanted = {.rising = 0x1, .after = START};
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_OK);
    for (uint64_t i = 1; i <= GPIO_KEPT + 2; i++) {
        rise(0, START + i);
    }
    assert_true(gpio_find(&gpio, &wanted, START, &found));
    assert_int_equal(found.time, START + 3);
    assert_true(found.lost);
    wanted.after = START + 2; /* had the one that is gone */
    assert_true(gpio_find(&gpio, &wanted, START, &found));
    assert_false(found.lost);
    gpio_init(&gpio, &device, 1, START + 1000);
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_OK);
    rise(0, START + 1001);
    assert_true(gpio_find(&gpio, &wanted, START, &found));
    assert_true(found.lost);
}

static void test_openings(void **state)
{
    (void)state;
    struct gpio_wanted wanted = {.rising = 0x1};
    for (uint64_t badge = 0; badge < GPIO_OPENINGS; badge++) {
        wanted.falling = 1ull << badge % LINES;
        assert_int_equal(gpio_watch(&gpio, badge, &wanted, false), STATUS_OK);
    }
    assert_int_equal(chip.falling, ALL);
    assert_int_equal(gpio_watch(&gpio, GPIO_OPENINGS, &wanted, false), STATUS_BUSY);
    gpio_forget(&gpio, GPIO_OPENINGS);
    for (uint64_t badge = 0; badge < GPIO_OPENINGS; badge++) {
        gpio_forget(&gpio, badge);
    }
    assert_int_equal(chip.rising | chip.falling, 0);
    assert_int_equal(gpio_watch(&gpio, GPIO_OPENINGS, &wanted, false), STATUS_OK);
    wanted = (struct gpio_wanted){.low = 0x8};
    assert_int_equal(gpio_watch(&gpio, GPIO_OPENINGS, &wanted, false), STATUS_OK);
    assert_int_equal(chip.rising, 0);
    assert_int_equal(chip.falling, 0x8);
}

static void test_two_waits_of_one_opening(void **state)
{
    (void)state;
    struct gpio_wanted first = {.rising = 0x1, .low = 0x2};
    struct gpio_wanted second = {.falling = 0x4, .high = 0x8};
    assert_int_equal(gpio_watch(&gpio, ME, &first, true), STATUS_OK);
    assert_int_equal(gpio_watch(&gpio, ME, &second, true), STATUS_OK);
    assert_int_equal(chip.rising, 0x9);
    assert_int_equal(chip.falling, 0x6);
    assert_int_equal(gpio_watch(&gpio, ME, &second, false), STATUS_OK);
    assert_int_equal(chip.rising, 0x8);
    assert_int_equal(chip.falling, 0x4);
    gpio_forget(&gpio, ME);
    assert_int_equal(gpio_watch(&gpio, ME + 1, &first, true), STATUS_OK);
    assert_int_equal(chip.rising, 0x1);
}

static void test_waits_refused(void **state)
{
    (void)state;
    struct gpio_wanted wanted = {.after = START};
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_BAD_ARGUMENT);
    wanted.low = 0x100;
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_BAD_ARGUMENT);
    device.interrupt_each = true;
    gpio_init(&gpio, &device, ~0ull << 1, START);
    wanted.low = 0x3;
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_UNSUPPORTED);
    wanted.low = 0x82;
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_OK);
    device.interrupt_each = false;
    gpio_init(&gpio, &device, 0, START);
    assert_int_equal(gpio_watch(&gpio, ME, &wanted, false), STATUS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_start_changes_no_line, start),
        cmocka_unit_test_setup(test_configured, start),
        cmocka_unit_test_setup(test_refused, start),
        cmocka_unit_test_setup(test_described, start),
        cmocka_unit_test_setup(test_sixty_four_lines, start),
        cmocka_unit_test_setup(test_edges_in_order, start),
        cmocka_unit_test_setup(test_pulses, start),
        cmocka_unit_test_setup(test_levels, start),
        cmocka_unit_test_setup(test_lost, start),
        cmocka_unit_test_setup(test_openings, start),
        cmocka_unit_test_setup(test_two_waits_of_one_opening, start),
        cmocka_unit_test_setup(test_waits_refused, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
