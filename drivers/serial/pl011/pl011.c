/*
 * The PL011 UART (Arm PrimeCell UART technical reference manual, DDI 0183).
 *
 * The speed stays as the firmware left it: the node names its clock only by reference. Receive
 * and transmit by interrupt.
 *
 * Stateless: a new instance finds the line as it is. A call in flight at a crash fails with
 * PEER_DIED and its client repeats it; bytes received and not yet read are lost with the ring.
 */
#include <sinter/object.h>

#include "io.h"
#include "serial_server.h"

int server_main(const struct start_info *info);

SERVER_META(name, "pl011");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Serial line on a PL011 UART");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "arm,pl011");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 23);
SERVER_META(path, "serial*");

enum pl011_register {
    DATA = 0x000,
    FLAGS = 0x018,
    LINE_CONTROL = 0x02c,
    CONTROL = 0x030,
    FIFO_LEVELS = 0x034,
    INTERRUPT_MASK = 0x038,
    REGISTERS_END = 0x048
};

enum pl011_bits {
    DATA_BREAK = 0x400,
    FLAGS_BUSY = 0x08,
    FLAGS_RECEIVE_EMPTY = 0x10,
    FLAGS_TRANSMIT_FULL = 0x20,
    LINE_FIFOS = 0x10,
    LINE_8_BITS = 0x60,
    CONTROL_ENABLE = 0x001,
    CONTROL_TRANSMIT = 0x100,
    CONTROL_RECEIVE = 0x200,
    LEVELS_TRANSMIT_HALF = 0x02, /* receive at an eighth, or when the line rests (timeout) */
    INTERRUPT_RECEIVE = 0x10,
    INTERRUPT_TRANSMIT = 0x20,
    INTERRUPT_TIMEOUT = 0x40
};

enum { FIFO_BYTES = 32 };

struct pl011 {
    struct uart uart;
    uintptr_t registers;
};

static struct pl011 device;

static uintptr_t address_of(struct uart *uart, uint32_t number)
{
    return ((struct pl011 *)(void *)uart)->registers + number;
}

/* A break comes as a zero byte, which nobody has sent. */
static bool pl011_get(struct uart *uart, uint8_t *byte)
{
    for (int i = 0; i < FIFO_BYTES; i++) {
        if ((mmio_read32(address_of(uart, FLAGS)) & FLAGS_RECEIVE_EMPTY) != 0) {
            return false;
        }
        uint32_t data = mmio_read32(address_of(uart, DATA));
        *byte = (uint8_t)data;
        if ((data & DATA_BREAK) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * The FIFO is always filled until it is full: its interrupt comes when it drains through the
 * level, so one that never was above would wait for ever.
 */
static uint32_t pl011_room(struct uart *uart)
{
    return (mmio_read32(address_of(uart, FLAGS)) & FLAGS_TRANSMIT_FULL) == 0 ? 1 : 0;
}

static void pl011_put(struct uart *uart, uint8_t byte)
{
    mmio_write32(address_of(uart, DATA), byte);
}

static void pl011_set_interrupts(struct uart *uart, bool receive, bool transmit)
{
    uint32_t mask = (receive ? INTERRUPT_RECEIVE | INTERRUPT_TIMEOUT : 0u) |
                    (transmit ? INTERRUPT_TRANSMIT : 0u);
    mmio_write32(address_of(uart, INTERRUPT_MASK), mask);
}

static bool pl011_idle(struct uart *uart)
{
    return (mmio_read32(address_of(uart, FLAGS)) & FLAGS_BUSY) == 0;
}

static const struct uart_operations operations = {
    .get = pl011_get,
    .room = pl011_room,
    .put = pl011_put,
    .set_interrupts = pl011_set_interrupts,
    .idle = pl011_idle,
};

/*
 * 3.3.7: the line control may be written only while the UART is off, and that is needed only if
 * the firmware did not use the FIFOs.
 */
static void set_line(uintptr_t registers)
{
    uint32_t line = mmio_read32(registers + LINE_CONTROL);
    if ((line & (LINE_FIFOS | LINE_8_BITS)) != (LINE_FIFOS | LINE_8_BITS)) {
        mmio_write32(registers + CONTROL, 0);
        mmio_write32(registers + LINE_CONTROL, line | LINE_FIFOS | LINE_8_BITS);
    }
    mmio_write32(registers + FIFO_LEVELS, LEVELS_TRANSMIT_HALF);
    mmio_write32(registers + CONTROL, mmio_read32(registers + CONTROL) | CONTROL_ENABLE |
                                          CONTROL_TRANSMIT | CONTROL_RECEIVE);
}

static struct uart *pl011_start(const struct device *found)
{
    if (found->length < REGISTERS_END) {
        return 0;
    }
    device.registers = found->registers;
    device.uart.operations = &operations;
    mmio_write32(device.registers + INTERRUPT_MASK, 0);
    set_line(device.registers);
    return &device.uart;
}

int server_main(const struct start_info *info)
{
    return serial_server_run(info, pl011_start, SERIAL_PATH);
}
