/*
 * The early console: PL011 (and the SBSA subset of it) or 16550, as the firmware has set it up.
 */
#include <arch/console.h>
#include <boot/devicetree.h>
#include <kern/kmap.h>

#include "mmio.h"

#define PL011_DATA 0x00
#define PL011_FLAGS 0x18
#define PL011_FLAG_TRANSMIT_FULL (1u << 5)

#define NS16550_DATA 0
#define NS16550_LINE_STATUS 5
#define NS16550_TRANSMIT_EMPTY (1u << 5)

#define REGISTERS_SIZE 0x1000

struct console {
    void (*put)(char character);
    uint8_t *registers;
    unsigned shift;    /* of 16550 register numbers */
    unsigned io_width; /* bytes in an access to a 16550 register: 1 or 4 */
};

static struct console console;

static void pl011_put(char character)
{
    while (mmio_read32(console.registers + PL011_FLAGS) & PL011_FLAG_TRANSMIT_FULL) {
    }
    mmio_write32(console.registers + PL011_DATA, (uint8_t)character);
}

static uint32_t ns16550_read(unsigned number)
{
    uint8_t *address = console.registers + ((uint64_t)number << console.shift);
    return console.io_width == 4 ? mmio_read32(address) : mmio_read8(address);
}

static void ns16550_write(unsigned number, uint8_t value)
{
    uint8_t *address = console.registers + ((uint64_t)number << console.shift);
    if (console.io_width == 4) {
        mmio_write32(address, value);
    } else {
        mmio_write8(address, value);
    }
}

static void ns16550_put(char character)
{
    while (!(ns16550_read(NS16550_LINE_STATUS) & NS16550_TRANSMIT_EMPTY)) {
    }
    ns16550_write(NS16550_DATA, (uint8_t)character);
}

static const struct {
    const char *compatible;
    void (*put)(char character);
} models[] = {
    {"arm,pl011", pl011_put},     {"arm,sbsa-uart", pl011_put},     {"ns16550a", ns16550_put},
    {"ns16550", ns16550_put},     {"snps,dw-apb-uart", ns16550_put},
};

static dt_node find_node(const struct devicetree *tree)
{
    dt_node chosen = devicetree_find_path(tree, "/chosen");
    const char *path = 0;
    if (chosen != DEVICETREE_NONE) {
        path = devicetree_string(tree, chosen, "stdout-path");
    }
    return devicetree_find_path(tree, path ? path : "serial0");
}

void console_init(const struct devicetree *tree)
{
    dt_node node = find_node(tree);
    uint64_t physical, size;
    uint32_t value;
    console.put = 0;
    if (node == DEVICETREE_NONE || !devicetree_registers(tree, node, 0, &physical, &size)) {
        return;
    }
    console.shift = devicetree_cell(tree, node, "reg-shift", 0, &value) ? value & 7 : 0;
    console.io_width = devicetree_cell(tree, node, "reg-io-width", 0, &value) ? value : 1;
    for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (devicetree_is_compatible(tree, node, models[i].compatible)) {
            console.registers = kmap_device(physical, REGISTERS_SIZE);
            console.put = console.registers ? models[i].put : 0;
            return;
        }
    }
}

void console_write(const char *text, size_t length)
{
    for (size_t i = 0; console.put && i < length; i++) {
        if (text[i] == '\n') {
            console.put('\r');
        }
        console.put(text[i]);
    }
}
