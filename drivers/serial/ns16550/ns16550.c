/*
 * The 16550 UART and its relatives (National Semiconductor PC16550D data sheet).
 *
 * Device-tree properties: reg-shift (log2 of the distance of registers), reg-io-width (bytes of
 * an access), reg-offset; with clock-frequency and current-speed the line is set to that speed
 * and 8N1, otherwise it stays as the firmware left it. Receive and transmit by interrupt.
 *
 * Stateless: a new instance finds the line as it is. A call in flight at a crash fails with
 * PEER_DIED and its client repeats it; bytes received and not yet read are lost with the ring.
 */
#include <sinter/object.h>

#include "io.h"
#include "serial_server.h"

int server_main(const struct start_info *info);

SERVER_META(name, "ns16550");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Serial line on a 16550 UART");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "ns16550a");
SERVER_META(device, "ns16550");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 23);
SERVER_META(path, "serial*");

enum ns16550_register {
    RECEIVE = 0,
    TRANSMIT = 0,
    DIVISOR_LOW = 0, /* while LCR_DIVISOR is set, and DIVISOR_HIGH too */
    INTERRUPT_ENABLE = 1,
    DIVISOR_HIGH = 1,
    FIFO_CONTROL = 2,
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5
};

enum ns16550_bits {
    IER_RECEIVED = 0x01,
    IER_TRANSMIT_EMPTY = 0x02,
    FCR_ENABLE = 0x01, /* trigger level 1: an interrupt for each byte */
    LCR_8N1 = 0x03,
    LCR_DIVISOR = 0x80,
    MCR_READY = 0x0b, /* DTR, RTS, and OUT2, which gates the interrupt on PCs */
    LSR_DATA = 0x01,
    LSR_BREAK = 0x10,
    LSR_TRANSMIT_EMPTY = 0x20, /* the FIFO is empty */
    LSR_IDLE = 0x40            /* and the shift register too */
};

enum { FIFO_BYTES = 16, CLOCKS_PER_BIT = 16 };

struct ns16550 {
    struct uart uart;
    uintptr_t registers;
    uint32_t shift;
    uint32_t width; /* bytes of an access: 1, 2 or 4 */
};

static struct ns16550 device;

static uint8_t read_register(const struct ns16550 *at, uint32_t number)
{
    uintptr_t address = at->registers + ((uintptr_t)number << at->shift);
    switch (at->width) {
    case 4:
        return (uint8_t)mmio_read32(address);
    case 2:
        return (uint8_t)mmio_read16(address);
    default:
        return mmio_read8(address);
    }
}

static void write_register(const struct ns16550 *at, uint32_t number, uint8_t value)
{
    uintptr_t address = at->registers + ((uintptr_t)number << at->shift);
    switch (at->width) {
    case 4:
        mmio_write32(address, value);
        break;
    case 2:
        mmio_write16(address, value);
        break;
    default:
        mmio_write8(address, value);
        break;
    }
}

static struct ns16550 *ns16550_of(struct uart *uart)
{
    return (struct ns16550 *)(void *)uart;
}

/* A break comes as a zero byte, which nobody has sent. */
static bool ns16550_get(struct uart *uart, uint8_t *byte)
{
    struct ns16550 *at = ns16550_of(uart);
    for (int i = 0; i < FIFO_BYTES; i++) {
        uint8_t status = read_register(at, LINE_STATUS);
        if ((status & LSR_DATA) == 0) {
            return false;
        }
        *byte = read_register(at, RECEIVE);
        if ((status & LSR_BREAK) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t ns16550_room(struct uart *uart)
{
    uint8_t status = read_register(ns16550_of(uart), LINE_STATUS);
    return (status & LSR_TRANSMIT_EMPTY) != 0 ? FIFO_BYTES : 0;
}

static void ns16550_put(struct uart *uart, uint8_t byte)
{
    write_register(ns16550_of(uart), TRANSMIT, byte);
}

/*
 * A pending transmit interrupt ends with the next byte or with its being switched off. Reading the
 * identification would end it too, and with it the only notice of a FIFO that drained meanwhile.
 */
static void ns16550_set_interrupts(struct uart *uart, bool receive, bool transmit)
{
    uint32_t enable = (receive ? IER_RECEIVED : 0u) | (transmit ? IER_TRANSMIT_EMPTY : 0u);
    write_register(ns16550_of(uart), INTERRUPT_ENABLE, (uint8_t)enable);
}

static bool ns16550_idle(struct uart *uart)
{
    return (read_register(ns16550_of(uart), LINE_STATUS) & LSR_IDLE) != 0;
}

static const struct uart_operations operations = {
    .get = ns16550_get,
    .room = ns16550_room,
    .put = ns16550_put,
    .set_interrupts = ns16550_set_interrupts,
    .idle = ns16550_idle,
};

static void set_speed(const struct ns16550 *at, const struct node *node)
{
    uint32_t clock = node_u32(node, "clock-frequency", 0);
    uint32_t speed = node_u32(node, "current-speed", 0);
    if (clock == 0 || speed == 0 || speed > clock / CLOCKS_PER_BIT) {
        return;
    }
    uint32_t divisor = clock / CLOCKS_PER_BIT / speed;
    write_register(at, LINE_CONTROL, LCR_DIVISOR | LCR_8N1);
    write_register(at, DIVISOR_LOW, (uint8_t)divisor);
    write_register(at, DIVISOR_HIGH, (uint8_t)(divisor >> 8));
    write_register(at, LINE_CONTROL, LCR_8N1);
}

/* The largest register must lie within the range that was granted. */
static bool set_layout(struct ns16550 *at, const struct device *found)
{
    uint32_t offset = node_u32(&found->node, "reg-offset", 0);
    at->shift = node_u32(&found->node, "reg-shift", 0);
    at->width = node_u32(&found->node, "reg-io-width", 1);
    at->registers = found->registers + offset;
    bool known = at->width == 1 || at->width == 2 || at->width == 4;
    return known && at->shift <= 4 && offset % at->width == 0 &&
           offset + ((uint64_t)LINE_STATUS << at->shift) + at->width <= found->length;
}

static struct uart *ns16550_start(const struct device *found)
{
    if (!set_layout(&device, found)) {
        return 0;
    }
    write_register(&device, INTERRUPT_ENABLE, 0);
    set_speed(&device, &found->node);
    write_register(&device, FIFO_CONTROL, FCR_ENABLE);
    write_register(&device, MODEM_CONTROL, MCR_READY);
    device.uart.operations = &operations;
    return &device.uart;
}

int server_main(const struct start_info *info)
{
    return serial_server_run(info, ns16550_start, SERIAL_PATH);
}
