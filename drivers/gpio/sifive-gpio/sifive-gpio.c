/*
 * SiFive GPIO (FU540-C000 Manual, chapter 17; FE310-G002 Manual for the functions of lines): up to
 * 32 lines with an interrupt and a pull-up each. A line's value shows once its input is on: from
 * the first time that somebody asks. Stateless.
 */
#include <sinter/object.h>

#include "gpio_server.h"
#include "io.h"

int server_main(const struct start_info *info);

SERVER_META(name, "sifive-gpio");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "SiFive general-purpose lines");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "gpio 1.0");
SERVER_META(device, "sifive,gpio0");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "gpio*");

enum sifive_gpio_register {
    INPUT_VAL = 0x00,
    INPUT_EN = 0x04,
    OUTPUT_EN = 0x08,
    OUTPUT_VAL = 0x0c,
    PUE = 0x10, /* pull-up enable */
    RISE_IE = 0x18,
    RISE_IP = 0x1c, /* a bit written as 1 is cleared, here and in FALL_IP */
    FALL_IE = 0x20,
    FALL_IP = 0x24,
    HIGH_IE = 0x28,
    LOW_IE = 0x30,
    IOF_EN = 0x38, /* the line belongs to another device; chips without read 0 */
    OUT_XOR = 0x40,
    REGISTERS_END = 0x44
};

enum { MOST_LINES = 32, CELL = 4 };

static uintptr_t registers;

static uint32_t read_register(enum sifive_gpio_register number)
{
    return mmio_read32(registers + number);
}

static void write_register(enum sifive_gpio_register number, uint32_t value)
{
    mmio_write32(registers + number, value);
}

static void set_bits(enum sifive_gpio_register number, uint64_t lines)
{
    write_register(number, read_register(number) | (uint32_t)lines);
}

static void clear_bits(enum sifive_gpio_register number, uint64_t lines)
{
    write_register(number, read_register(number) & ~(uint32_t)lines);
}

static uint64_t sifive_gpio_outputs(void)
{
    return read_register(OUTPUT_EN);
}

/* Of an output whose input is off: what it drives. */
static uint64_t sifive_gpio_values(void)
{
    uint32_t on = read_register(INPUT_EN);
    uint32_t driven =
        (read_register(OUTPUT_VAL) ^ read_register(OUT_XOR)) & read_register(OUTPUT_EN);
    return (read_register(INPUT_VAL) & on) | (driven & ~on);
}

static uint64_t sifive_gpio_functions(void)
{
    return read_register(IOF_EN);
}

static void sifive_gpio_connect(uint64_t lines)
{
    set_bits(INPUT_EN, lines);
}

static void sifive_gpio_drive(uint64_t lines, uint64_t values)
{
    uint32_t kept = read_register(OUTPUT_VAL) & ~(uint32_t)lines;
    uint32_t changed = ((uint32_t)values ^ read_register(OUT_XOR)) & (uint32_t)lines;
    write_register(OUTPUT_VAL, kept | changed);
    set_bits(OUTPUT_EN, lines);
}

static void sifive_gpio_release(uint64_t lines)
{
    clear_bits(OUTPUT_EN, lines);
}

static uint64_t sifive_gpio_pulled_up(void)
{
    return read_register(PUE);
}

static void sifive_gpio_pull_up(uint64_t lines, bool on)
{
    if (on) {
        set_bits(PUE, lines);
    } else {
        clear_bits(PUE, lines);
    }
}

/* What a line had raised before it is watched is not told. */
static void watch_edge(enum sifive_gpio_register enable, enum sifive_gpio_register pending,
                       uint32_t lines)
{
    write_register(pending, lines & ~read_register(enable));
    write_register(enable, lines);
}

static void sifive_gpio_watch(uint64_t rising, uint64_t falling)
{
    watch_edge(RISE_IE, RISE_IP, (uint32_t)rising);
    watch_edge(FALL_IE, FALL_IP, (uint32_t)falling);
}

static uint32_t take_edge(enum sifive_gpio_register enable, enum sifive_gpio_register pending)
{
    uint32_t raised = read_register(pending) & read_register(enable);
    write_register(pending, raised);
    return raised;
}

static void sifive_gpio_take(uint64_t *rising, uint64_t *falling)
{
    *rising = take_edge(RISE_IE, RISE_IP);
    *falling = take_edge(FALL_IE, FALL_IP);
}

static struct gpio_device lines = {
    .interrupt_each = true,
    .values = sifive_gpio_values,
    .outputs = sifive_gpio_outputs,
    .functions = sifive_gpio_functions,
    .connect = sifive_gpio_connect,
    .drive = sifive_gpio_drive,
    .release = sifive_gpio_release,
    .pulled_up = sifive_gpio_pulled_up,
    .pull_up = sifive_gpio_pull_up,
    .watch = sifive_gpio_watch,
    .take = sifive_gpio_take,
};

/* The node gives the number of lines, or by its interrupts, of one cell, as many. */
static const struct gpio_device *sifive_gpio_start(const struct device *device)
{
    uint32_t bytes = 0;
    (void)node_find(&device->node, "interrupts", &bytes);
    registers = device->registers;
    lines.lines = node_u32(&device->node, "ngpios", bytes / CELL);
    if (device->length < REGISTERS_END || lines.lines == 0 || lines.lines > MOST_LINES) {
        return NULL;
    }
    write_register(HIGH_IE, 0);
    write_register(LOW_IE, 0);
    return &lines;
}

int server_main(const struct start_info *info)
{
    return gpio_server_run(info, sifive_gpio_start);
}
