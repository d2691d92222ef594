/*
 * drivers/gpio/pl061 and sifive-gpio, each with registers that do what its manual says. Both have
 * to pass the same tests. Pins that nothing drives from outside follow the output, then the
 * pull-up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gpio_server.h"

#include <host_io.h>

int pl061_main(const struct start_info *info);
int sifive_gpio_main(const struct start_info *info);

enum { LINE = 0x4, OTHER = 0x2, LENGTH = 0x1000, WORDS = LENGTH / 4 };

static struct {
    uint32_t word[WORDS]; /* by offset / 4 */
    uint32_t outside, held, pins;
    uint32_t history; /* values that outputs ever had */
    bool pl061;
} chip;
static const struct gpio_device *driver;
static gpio_start *starter;
static const struct device *given;

#define REGISTER(offset) chip.word[(offset) / 4]

/* ---- PL061 ---------------------------------------------------------------------------------- */

enum {
    DATA_BYTES = 0x400,
    DIR = 0x400,
    IS = 0x404,
    IBE = 0x408,
    IE = 0x410,
    RIS = 0x414,
    IC = 0x41c
};
enum { AFSEL = 0x420 };

static void pl061_update(void)
{
    uint32_t dir = REGISTER(DIR);
    uint32_t now = (REGISTER(0) & dir) | (chip.outside & ~dir);
    REGISTER(RIS) |= (now ^ chip.pins) & ~dir & ~REGISTER(IS) & REGISTER(IBE);
    chip.history |= dir & now;
    chip.pins = now;
}

static void pl061_write(uintptr_t address, uint32_t value)
{
    if (address < DATA_BYTES) {
        uint32_t mask = (uint32_t)(address >> 2) & REGISTER(DIR);
        REGISTER(0) = (REGISTER(0) & ~mask) | (value & mask);
    } else if (address == IC) {
        REGISTER(RIS) &= ~value;
    } else {
        assert_int_not_equal(address, RIS);
        REGISTER(address) = value;
    }
    pl061_update();
}

static uint32_t pl061_read(uintptr_t address)
{
    return address < DATA_BYTES ? chip.pins & (uint32_t)(address >> 2) : REGISTER(address);
}

/* ---- SiFive --------------------------------------------------------------------------------- */

enum { IN_VAL = 0x00, IN_EN = 0x04, OUT_EN = 0x08, OUT_VAL = 0x0c, PUE = 0x10, RISE_IE = 0x18 };
enum { RISE_IP = 0x1c, FALL_IE = 0x20, FALL_IP = 0x24, IOF_EN = 0x38, OUT_XOR = 0x40 };

static void sifive_update(void)
{
    uint32_t out = REGISTER(OUT_EN);
    uint32_t driven = REGISTER(OUT_VAL) ^ REGISTER(OUT_XOR);
    uint32_t undriven = (driven & out) | (REGISTER(PUE) & ~out);
    uint32_t pins = (chip.outside & chip.held) | (undriven & ~chip.held);
    uint32_t now = pins & REGISTER(IN_EN);
    REGISTER(RISE_IP) |= now & ~REGISTER(IN_VAL);
    REGISTER(FALL_IP) |= ~now & REGISTER(IN_VAL);
    REGISTER(IN_VAL) = now;
    chip.history |= out & driven;
}

static void sifive_write(uintptr_t address, uint32_t value)
{
    if (address == RISE_IP || address == FALL_IP) {
        REGISTER(address) &= ~value;
    } else {
        assert_int_not_equal(address, IN_VAL);
        REGISTER(address) = value;
    }
    sifive_update();
}

/* ---- both ----------------------------------------------------------------------------------- */

uint32_t mmio_read32(uintptr_t address)
{
    assert_true(address < LENGTH && address % 4 == 0);
    return chip.pl061 ? pl061_read(address) : REGISTER(address);
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    assert_true(address < LENGTH && address % 4 == 0);
    if (chip.pl061) {
        pl061_write(address, value);
    } else {
        sifive_write(address, value);
    }
}

static void outside(uint32_t lines, uint32_t values)
{
    chip.held |= lines;
    chip.outside = (chip.outside & ~lines) | (values & lines);
    if (chip.pl061) {
        pl061_update();
    } else {
        sifive_update();
    }
}

static void function(uint32_t lines)
{
    REGISTER(chip.pl061 ? (uint32_t)AFSEL : (uint32_t)IOF_EN) = lines;
}

int gpio_server_run(const struct start_info *info, gpio_start *start)
{
    (void)info;
    starter = start;
    driver = start(given);
    return driver == NULL ? 1 : 0;
}

/* A node with `interrupts` of 16 cells. */
static const struct device *device_with_node(uint32_t cells, uint64_t length)
{
    static const char name[12] = "interrupts";
    static uint8_t records[8 + sizeof(name) + 64 * 4];
    static struct device device;
    memset(records, 0, sizeof(records));
    records[0] = (uint8_t)sizeof("interrupts") - 1;
    records[4] = (uint8_t)(cells * 4);
    memcpy(records + 8, name, sizeof(name));
    device = (struct device){.length = length};
    device.node.records = records;
    device.node.length = 8 + sizeof(name) + cells * 4u;
    return &device;
}

static void begin(bool pl061)
{
    memset(&chip, 0, sizeof(chip));
    chip.pl061 = pl061;
    given = device_with_node(16, LENGTH);
    assert_int_equal(pl061 ? pl061_main(NULL) : sifive_gpio_main(NULL), 0);
    driver->watch(0, 0);
}

static int begin_pl061(void **state)
{
    (void)state;
    begin(true);
    return 0;
}

static int begin_sifive(void **state)
{
    (void)state;
    begin(false);
    return 0;
}

static void connect(uint64_t lines)
{
    if (driver->connect != NULL) {
        driver->connect(lines);
    }
}

static void expect_edges(uint64_t rising, uint64_t falling)
{
    uint64_t rose;
    uint64_t fell;
    driver->take(&rose, &fell);
    assert_int_equal(rose & 0xff, rising);
    assert_int_equal(fell & 0xff, falling);
}

static void test_outputs(void **state)
{
    (void)state;
    driver->drive(LINE | OTHER, LINE);
    assert_int_equal(driver->outputs(), LINE | OTHER);
    assert_int_equal(driver->values(), LINE);
    driver->drive(LINE, 0);
    assert_int_equal(driver->values(), 0);
    driver->drive(OTHER, OTHER);
    assert_int_equal(driver->values(), OTHER);
    driver->release(OTHER);
    assert_int_equal(driver->outputs(), LINE);
    function(LINE);
    assert_int_equal(driver->functions(), LINE);
}

/* A line that becomes an output with 0 was at no time one with 1. */
static void test_no_other_value_before(void **state)
{
    (void)state;
    driver->drive(LINE, LINE);
    driver->release(LINE);
    chip.history = 0;
    if (!chip.pl061) { /* the PL061 takes a value only for what is an output */
        driver->drive(LINE, 0);
        assert_int_equal(chip.history, 0);
    }
    driver->drive(OTHER, 0);
    assert_int_equal(chip.history & OTHER, 0);
}

static void test_start_keeps_outputs(void **state)
{
    (void)state;
    driver->drive(LINE | OTHER, OTHER);
    chip.history = 0;
    assert_non_null(starter(given));
    driver->watch(0, 0);
    assert_int_equal(driver->outputs(), LINE | OTHER);
    assert_int_equal(driver->values(), OTHER);
    assert_int_equal(chip.history & LINE, 0);
}

static void test_inputs_and_edges(void **state)
{
    (void)state;
    connect(LINE | OTHER);
    outside(LINE, LINE);
    assert_int_equal(driver->values(), LINE);
    outside(LINE, 0);
    driver->watch(LINE, LINE);
    expect_edges(0, 0); /* what was before does not count */
    outside(LINE, LINE);
    expect_edges(LINE, 0);
    expect_edges(0, 0);
    outside(OTHER, OTHER);
    expect_edges(0, 0);
    outside(LINE, 0);
    expect_edges(0, LINE);
    outside(LINE, LINE);
    outside(LINE, 0);
    expect_edges(LINE, LINE); /* a pulse */
    driver->watch(LINE | OTHER, LINE | OTHER);
    outside(LINE | OTHER, LINE);
    expect_edges(LINE, OTHER);
    driver->watch(0, 0);
    outside(LINE | OTHER, OTHER);
    expect_edges(0, 0);
}

static void test_short_registers(void **state)
{
    (void)state;
    given = device_with_node(16, 0x40);
    assert_int_equal(pl061_main(NULL), 1);
    assert_int_equal(sifive_gpio_main(NULL), 1);
}

static void test_sifive_node(void **state)
{
    (void)state;
    assert_int_equal(driver->lines, 16);
    given = device_with_node(0, LENGTH);
    assert_int_equal(sifive_gpio_main(NULL), 1);
    given = device_with_node(32, LENGTH);
    assert_int_equal(sifive_gpio_main(NULL), 0);
    assert_int_equal(driver->lines, 32);
    given = device_with_node(33, LENGTH);
    assert_int_equal(sifive_gpio_main(NULL), 1);
    static struct device bare = {.length = LENGTH};
    given = &bare;
    assert_int_equal(sifive_gpio_main(NULL), 1);
}

static void test_sifive_pull_ups(void **state)
{
    (void)state;
    connect(LINE);
    driver->watch(LINE, 0);
    driver->pull_up(LINE, true);
    assert_int_equal(driver->pulled_up(), LINE);
    assert_int_equal(driver->values(), LINE);
    expect_edges(LINE, 0);
    driver->pull_up(LINE, false);
    assert_int_equal(driver->values(), 0);
    expect_edges(0, 0); /* falling is not watched */
}

/* The board's firmware has a line driven the other way round, and its input off. */
static void test_sifive_inverted(void **state)
{
    (void)state;
    REGISTER(OUT_XOR) = LINE;
    REGISTER(OUT_EN) = LINE;
    assert_int_equal(driver->values(), LINE);
    driver->drive(LINE, 0);
    assert_int_equal(REGISTER(OUT_VAL), LINE);
    assert_int_equal(driver->values(), 0);
    connect(LINE);
    driver->drive(LINE, LINE);
    assert_int_equal(driver->values(), LINE);
}

/* An earlier user left a level interrupt on. */
static void test_pl061_levels_become_edges(void **state)
{
    (void)state;
    REGISTER(IS) = LINE | 0x80;
    REGISTER(RIS) = LINE;
    driver->watch(LINE, 0);
    assert_int_equal(REGISTER(IS), 0x80);
    expect_edges(0, 0);
    assert_int_equal(REGISTER(IE), LINE);
    outside(LINE, LINE);
    expect_edges(LINE, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"pl061 outputs", test_outputs, begin_pl061, NULL, NULL},
        {"pl061 no other value", test_no_other_value_before, begin_pl061, NULL, NULL},
        {"pl061 start", test_start_keeps_outputs, begin_pl061, NULL, NULL},
        {"pl061 edges", test_inputs_and_edges, begin_pl061, NULL, NULL},
        {"sifive outputs", test_outputs, begin_sifive, NULL, NULL},
        {"sifive no other value", test_no_other_value_before, begin_sifive, NULL, NULL},
        {"sifive start", test_start_keeps_outputs, begin_sifive, NULL, NULL},
        {"sifive edges", test_inputs_and_edges, begin_sifive, NULL, NULL},
        cmocka_unit_test_setup(test_short_registers, begin_sifive),
        cmocka_unit_test_setup(test_sifive_node, begin_sifive),
        cmocka_unit_test_setup(test_sifive_pull_ups, begin_sifive),
        cmocka_unit_test_setup(test_sifive_inverted, begin_sifive),
        cmocka_unit_test_setup(test_pl061_levels_become_edges, begin_pl061),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
