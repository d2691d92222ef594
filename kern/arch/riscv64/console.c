/*
 * The early console: the UART of /chosen/stdout-path, or the firmware's console. Before
 * console_init() it is the firmware's, so that an early panic can be read.
 *
 * Writes by polling; a UART that stays full for long loses the byte.
 */
#include <arch/console.h>
#include <arch/layout.h>
#include <boot/devicetree.h>
#include <kern/kmap.h>

#include "mmio.h"
#include "sbi.h"

#define POLLS_MAX 1000000

/* 16550, in units of its register size. */
#define NS16550_DATA 0
#define NS16550_STATUS 5
#define NS16550_STATUS_EMPTY 0x20

#define SIFIVE_DATA 0x00
#define SIFIVE_DATA_FULL (UINT32_C(1) << 31)
#define SIFIVE_TRANSMIT 0x08
#define SIFIVE_TRANSMIT_ENABLE 1

struct uart {
    volatile uint8_t *base;
    uint32_t shift; /* ns16550: log2 of the distance of registers, */
    uint32_t width; /* and bytes of an access, 1 or 4 */
};

static struct uart uart;

static bool firmware_put(uint8_t byte);
static bool (*put)(uint8_t byte) = firmware_put; /* false: not now */

static bool firmware_put(uint8_t byte)
{
    static enum { UNKNOWN, LEGACY, DEBUG_CONSOLE } kind;

    if (kind == UNKNOWN) {
        kind = sbi_has(SBI_DBCN) ? DEBUG_CONSOLE : LEGACY;
    }
    if (kind == DEBUG_CONSOLE) {
        (void)sbi_call(SBI_DBCN, SBI_DBCN_WRITE_BYTE, byte, 0, 0, 0, 0);
    } else {
        (void)sbi_call(SBI_LEGACY_CONSOLE_PUTCHAR, 0, byte, 0, 0, 0, 0);
    }
    return true;
}

static bool ns16550_put(uint8_t byte)
{
    uint64_t status = (uint64_t)NS16550_STATUS << uart.shift;

    if (uart.width == sizeof(uint32_t)) {
        if ((mmio_read32(uart.base, status) & NS16550_STATUS_EMPTY) == 0) {
            return false;
        }
        mmio_write32(uart.base, NS16550_DATA, byte);
    } else {
        if ((mmio_read8(uart.base, status) & NS16550_STATUS_EMPTY) == 0) {
            return false;
        }
        mmio_write8(uart.base, NS16550_DATA, byte);
    }
    return true;
}

static bool sifive_put(uint8_t byte)
{
    if ((mmio_read32(uart.base, SIFIVE_DATA) & SIFIVE_DATA_FULL) != 0) {
        return false;
    }
    mmio_write32(uart.base, SIFIVE_DATA, byte);
    return true;
}

/* Maps the first registers of a node; false if it has none. */
static bool uart_map(const struct devicetree *tree, dt_node node)
{
    uint64_t address, size;

    if (!devicetree_registers(tree, node, 0, &address, &size)) {
        return false;
    }
    uint8_t *page = kmap_device(address & ~PAGE_MASK, PAGE_SIZE);
    uart.base = page + (address & PAGE_MASK);
    return page != NULL;
}

static bool is_ns16550(const struct devicetree *tree, dt_node node)
{
    return devicetree_is_compatible(tree, node, "ns16550a") ||
           devicetree_is_compatible(tree, node, "ns16550") ||
           devicetree_is_compatible(tree, node, "snps,dw-apb-uart");
}

static void ns16550_init(const struct devicetree *tree, dt_node node)
{
    uart.shift = 0;
    uart.width = 1;
    (void)devicetree_cell(tree, node, "reg-shift", 0, &uart.shift);
    (void)devicetree_cell(tree, node, "reg-io-width", 0, &uart.width);
    bool usable = uart.shift <= 3 && (uart.width == 1 || uart.width == sizeof(uint32_t));
    if (usable && uart_map(tree, node)) {
        put = ns16550_put;
    }
}

void console_init(const struct devicetree *tree)
{
    dt_node chosen = devicetree_find_path(tree, "/chosen");
    const char *path = devicetree_string(tree, chosen, "stdout-path");
    dt_node node = path == NULL ? DEVICETREE_NONE : devicetree_find_path(tree, path);

    if (is_ns16550(tree, node)) {
        ns16550_init(tree, node);
    } else if (devicetree_is_compatible(tree, node, "sifive,uart0") && uart_map(tree, node)) {
        mmio_write32(uart.base, SIFIVE_TRANSMIT,
                     mmio_read32(uart.base, SIFIVE_TRANSMIT) | SIFIVE_TRANSMIT_ENABLE);
        put = sifive_put;
    }
}

static void write_byte(uint8_t byte)
{
    for (unsigned polls = 0; polls < POLLS_MAX; polls++) {
        if (put(byte)) {
            return;
        }
    }
}

void console_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            write_byte('\r');
        }
        write_byte((uint8_t)text[i]);
    }
}
