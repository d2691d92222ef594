/*
 * The SiFive UART (SiFive FU540-C000 Manual, chapter 13).
 *
 * The speed stays as the firmware left it: the node names its clock only by reference. Receive
 * and transmit by interrupt, both of which last as long as what they tell of. A break or a false
 * stop bit is not told by this UART.
 *
 * Stateless: a new instance finds the line as it is. A call in flight at a crash fails with
 * PEER_DIED and its client repeats it; bytes received and not yet read are lost with the ring.
 */
#include <sinter/object.h>

#include "io.h"
#include "serial_server.h"

int server_main(const struct start_info *info);

SERVER_META(name, "sifive-uart");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Serial line on a SiFive UART");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "sifive,uart0");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 23);
SERVER_META(path, "serial*");

enum sifive_uart_register {
    TXDATA = 0x00,
    RXDATA = 0x04,
    TXCTRL = 0x08,
    RXCTRL = 0x0c,
    IE = 0x10,
    IP = 0x14,
    REGISTERS_END = 0x1c
};

#define TXDATA_FULL    (1u << 31)
#define RXDATA_EMPTY   (1u << 31)
#define TXCTRL_TXEN    0x1u
#define TXCTRL_NSTOP   0x2u       /* two stop bits, if the firmware chose so */
#define TXCTRL_TXCNT1  (1u << 16) /* watermark: fewer than one byte in the FIFO */
#define RXCTRL_RXEN    0x1u       /* watermark 0: more than no byte in the FIFO */
#define INTERRUPT_TXWM 0x1u       /* in IE and IP */
#define INTERRUPT_RXWM 0x2u

struct sifive_uart {
    struct uart uart;
    uintptr_t registers;
};

static struct sifive_uart device;

static uintptr_t address_of(struct uart *uart, uint32_t number)
{
    return ((struct sifive_uart *)(void *)uart)->registers + number;
}

static bool sifive_uart_get(struct uart *uart, uint8_t *byte)
{
    uint32_t data = mmio_read32(address_of(uart, RXDATA));
    *byte = (uint8_t)data;
    return (data & RXDATA_EMPTY) == 0;
}

static uint32_t sifive_uart_room(struct uart *uart)
{
    return (mmio_read32(address_of(uart, TXDATA)) & TXDATA_FULL) == 0 ? 1 : 0;
}

static void sifive_uart_put(struct uart *uart, uint8_t byte)
{
    mmio_write32(address_of(uart, TXDATA), byte);
}

static void sifive_uart_set_interrupts(struct uart *uart, bool receive, bool transmit)
{
    uint32_t enable = (receive ? INTERRUPT_RXWM : 0u) | (transmit ? INTERRUPT_TXWM : 0u);
    mmio_write32(address_of(uart, IE), enable);
}

/* That the FIFO is empty is all it tells; the byte being shifted out needs nobody any more. */
static bool sifive_uart_idle(struct uart *uart)
{
    return (mmio_read32(address_of(uart, IP)) & INTERRUPT_TXWM) != 0;
}

static const struct uart_operations operations = {
    .get = sifive_uart_get,
    .room = sifive_uart_room,
    .put = sifive_uart_put,
    .set_interrupts = sifive_uart_set_interrupts,
    .idle = sifive_uart_idle,
};

static struct uart *sifive_uart_start(const struct device *found)
{
    if (found->length < REGISTERS_END) {
        return 0;
    }
    device.registers = found->registers;
    device.uart.operations = &operations;
    mmio_write32(device.registers + IE, 0);
    uint32_t stop_bits = mmio_read32(device.registers + TXCTRL) & TXCTRL_NSTOP;
    mmio_write32(device.registers + TXCTRL, TXCTRL_TXEN | TXCTRL_TXCNT1 | stop_bits);
    mmio_write32(device.registers + RXCTRL, RXCTRL_RXEN);
    return &device.uart;
}

int server_main(const struct start_info *info)
{
    return serial_server_run(info, sifive_uart_start, SERIAL_PATH);
}
