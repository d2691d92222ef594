/*
 * Arm PrimeCell General Purpose Input/Output (PL061, DDI 0190): eight lines, one interrupt, no
 * pull-ups. Which edge has come is told by the value afterwards: a pulse that is over by then shows
 * as the same value with an interrupt, and counts as both. Stateless.
 */
#include <sinter/object.h>

#include "gpio_server.h"
#include "io.h"

int server_main(const struct start_info *info);

SERVER_META(name, "pl061");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Arm PL061 general-purpose lines");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "gpio 1.0");
SERVER_META(device, "arm,pl061");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "gpio*");

enum pl061_register {
    GPIODATA = 0x000, /* address bits 9 to 2 are the mask of the lines that an access is about */
    GPIODIR = 0x400,  /* 1: output */
    GPIOIS = 0x404,   /* 1: level, 0: edge */
    GPIOIBE = 0x408,  /* 1: both edges */
    GPIOIE = 0x410,
    GPIORIS = 0x414,
    GPIOIC = 0x41c,
    GPIOAFSEL = 0x420, /* 1: the line belongs to another device */
    REGISTERS_END = 0x424
};

enum { LINES = 8, ALL_LINES = 0xff, DATA_MASK_SHIFT = 2 };

static uintptr_t registers;
static uint32_t watched;
static uint32_t seen; /* values of the watched lines when an interrupt was last looked at */

static uint32_t read_register(uint32_t number)
{
    return mmio_read32(registers + number) & ALL_LINES;
}

static void write_register(uint32_t number, uint32_t value)
{
    mmio_write32(registers + number, value);
}

static uint32_t data_of(uint32_t lines)
{
    return (uint32_t)GPIODATA + (lines << DATA_MASK_SHIFT);
}

static uint64_t pl061_values(void)
{
    return read_register(data_of(ALL_LINES));
}

static uint64_t pl061_outputs(void)
{
    return read_register(GPIODIR);
}

static uint64_t pl061_functions(void)
{
    return read_register(GPIOAFSEL);
}

/* Of inputs some implementations do not keep the value: it is written again afterwards. */
static void pl061_drive(uint64_t lines, uint64_t values)
{
    uint32_t data = data_of((uint32_t)lines);
    write_register(data, (uint32_t)(values & lines));
    write_register(GPIODIR, read_register(GPIODIR) | (uint32_t)lines);
    write_register(data, (uint32_t)(values & lines));
}

static void pl061_release(uint64_t lines)
{
    write_register(GPIODIR, read_register(GPIODIR) & ~(uint32_t)lines);
}

/* What a line had raised before it is watched is not told. */
static void pl061_watch(uint64_t rising, uint64_t falling)
{
    uint32_t lines = (uint32_t)(rising | falling);
    uint32_t fresh = lines & ~watched;
    write_register(GPIOIE, lines & watched);
    write_register(GPIOIS, read_register(GPIOIS) & ~fresh);
    write_register(GPIOIBE, read_register(GPIOIBE) | fresh);
    write_register(GPIOIC, fresh);
    seen = (seen & ~fresh) | (read_register(data_of(ALL_LINES)) & fresh);
    write_register(GPIOIE, lines);
    watched = lines;
}

static void pl061_take(uint64_t *rising, uint64_t *falling)
{
    uint32_t raised = read_register(GPIORIS) & watched;
    write_register(GPIOIC, raised);
    uint32_t values = read_register(data_of(ALL_LINES));
    uint32_t same = ~(values ^ seen);
    *rising = raised & (values | same);
    *falling = raised & (~values | same);
    seen = (seen & ~raised) | (values & raised);
}

static const struct gpio_device lines = {
    .lines = LINES,
    .values = pl061_values,
    .outputs = pl061_outputs,
    .functions = pl061_functions,
    .drive = pl061_drive,
    .release = pl061_release,
    .watch = pl061_watch,
    .take = pl061_take,
};

static const struct gpio_device *pl061_start(const struct device *device)
{
    registers = device->registers;
    return device->length >= REGISTERS_END ? &lines : NULL;
}

int server_main(const struct start_info *info)
{
    return gpio_server_run(info, pl061_start);
}
