/*
 * The early console: the UART that /chosen/stdout-path names, or else the alias serial0, as the
 * firmware has set it up. Polls before each byte; a UART that stays full for long loses the byte.
 */
#include <kern/console.h>

#include <arch/entry.h>
#include <arch/firmware.h>
#include <arch/mmio.h>
#include <base/devicetree.h>

#define POLLS_MAX           1000000
#define NS16550_LINE_STATUS 5
#define NS16550_EMPTY       (1u << 5)
#define PL011_FLAGS         0x18
#define PL011_FULL          (1u << 5)
#define SIFIVE_TRANSMIT     0x00
#define SIFIVE_FULL         (1u << 31)

/* The register at 0 takes a byte while (status & mask) == ready. */
struct uart_model {
    const char *compatible;
    uint32_t width;  /* bytes of an access, unless reg-io-width says: 1 or 4 */
    uint32_t status; /* offset, before reg-shift */
    uint32_t mask, ready;
};

static const struct uart_model models[] = {
    {"ns16550a", 1, NS16550_LINE_STATUS, NS16550_EMPTY, NS16550_EMPTY},
    {"ns16550", 1, NS16550_LINE_STATUS, NS16550_EMPTY, NS16550_EMPTY},
    {"snps,dw-apb-uart", 1, NS16550_LINE_STATUS, NS16550_EMPTY, NS16550_EMPTY},
    {"arm,pl011", 4, PL011_FLAGS, PL011_FULL, 0},
    {"arm,sbsa-uart", 4, PL011_FLAGS, PL011_FULL, 0},
    {"sifive,uart0", 4, SIFIVE_TRANSMIT, SIFIVE_FULL, 0},
};

static struct uart_model uart; /* as it is here: with its width, and the shift in `status` */
static uint8_t *registers;     /* null: the firmware's console */

static bool put(uint8_t byte)
{
    bool wide = uart.width == sizeof(uint32_t);
    uint32_t status =
        wide ? mmio_read32(registers + uart.status) : mmio_read8(registers + uart.status);

    if ((status & uart.mask) != uart.ready) {
        return false;
    }
    if (wide) {
        mmio_write32(registers, byte);
    } else {
        mmio_write8(registers, byte);
    }
    return true;
}

static void use(const struct devicetree *tree, dt_node node)
{
    uint64_t physical, size;
    uint32_t shift = 0;

    (void)devicetree_cell(tree, node, "reg-shift", 0, &shift);
    (void)devicetree_cell(tree, node, "reg-io-width", 0, &uart.width);
    if (shift <= 3 && (uart.width == 1 || uart.width == sizeof(uint32_t)) &&
        devicetree_registers(tree, node, 0, &physical, &size)) {
        uart.status <<= shift;
        registers = kmap_device(physical, uart.status + uart.width);
    }
}

void console_init(const struct devicetree *tree)
{
    const char *path =
        devicetree_string(tree, devicetree_find_path(tree, "/chosen"), "stdout-path");
    dt_node node = devicetree_find_path(tree, path != NULL ? path : "serial0");

    for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (devicetree_is_compatible(tree, node, models[i].compatible)) {
            uart = models[i];
            use(tree, node);
            break;
        }
    }
}

static void write_byte(uint8_t byte)
{
    if (registers == NULL) {
        firmware_put(byte);
        return;
    }
    for (unsigned polls = 0; polls < POLLS_MAX && !put(byte); polls++) {
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
