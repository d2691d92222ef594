/* The SPI controller of sifive_spi.h. */
#include "sifive_spi.h"

#include "io.h"
#include "server.h"

enum sifive_spi_register {
    SCKDIV = 0x00,
    SCKMODE = 0x04,
    CSID = 0x10,
    CSDEF = 0x14,
    CSMODE = 0x18,
    FMT = 0x40,
    TXDATA = 0x48,
    RXDATA = 0x4c,
    FCTRL = 0x60,
    IE = 0x70,
    REGISTERS_END = 0x78
};

#define SCKDIV_MOST  0xfffu
#define CSMODE_AUTO  0u /* between frames the line is let go */
#define CSMODE_HOLD  2u
#define FMT_8_BITS   (8u << 16) /* single line, most significant bit first, both directions */
#define TXDATA_FULL  (1u << 31)
#define RXDATA_EMPTY (1u << 31)
#define NO_BYTE      0xffu /* what a line that nobody drives reads as */

enum {
    FIFO_BYTES = 8,
    LINES = 32,
    IDENTIFICATION_HERTZ = 400000,
    /* The node names its clock only by reference; no FU540 runs its peripherals faster. */
    INPUT_HERTZ_MOST = 750000000
};
#define MILLISECOND 1000000ull
#define FIFO_TIME   (10 * MILLISECOND) /* eight bytes at the slowest clock take 0.7 ms */
#define PAUSE_TIME  (5 * MILLISECOND)

static struct sifive_spi *spi_of(struct spi_bus *bus)
{
    return (struct sifive_spi *)(void *)bus;
}

static uint32_t read_register(const struct sifive_spi *spi, uint32_t number)
{
    return mmio_read32(spi->device.registers + number);
}

static void write_register(const struct sifive_spi *spi, uint32_t number, uint32_t value)
{
    mmio_write32(spi->device.registers + number, value);
}

/* The byte that came for one sent; if the controller has stopped, what a free line reads as. */
static uint8_t receive(const struct sifive_spi *spi, uint64_t deadline)
{
    uint32_t data = read_register(spi, RXDATA);
    while ((data & RXDATA_EMPTY) != 0) {
        if (clock_read() > deadline) {
            return NO_BYTE;
        }
        data = read_register(spi, RXDATA);
    }
    return (uint8_t)data;
}

/* No more than the FIFO holds is on its way, so both FIFOs have room. */
static void sifive_spi_exchange(struct spi_bus *bus, const uint8_t *out, uint8_t *in,
                                uint32_t length)
{
    struct sifive_spi *spi = spi_of(bus);
    for (uint32_t done = 0; done < length;) {
        uint32_t count = length - done < FIFO_BYTES ? length - done : FIFO_BYTES;
        for (uint32_t i = 0; i < count; i++) {
            write_register(spi, TXDATA, out != NULL ? out[done + i] : NO_BYTE);
        }
        uint64_t deadline = clock_read() + FIFO_TIME;
        for (uint32_t i = 0; i < count; i++) {
            uint8_t byte = receive(spi, deadline);
            if (in != NULL) {
                in[done + i] = byte;
            }
        }
        done += count;
    }
}

static void sifive_spi_select(struct spi_bus *bus, bool selected)
{
    write_register(spi_of(bus), CSMODE, selected ? CSMODE_HOLD : CSMODE_AUTO);
}

static uint64_t sifive_spi_now(struct spi_bus *bus)
{
    (void)bus;
    return clock_read();
}

static void sifive_spi_pause(struct spi_bus *bus)
{
    uint64_t bits = 0;
    status_ignore(event_wait(spi_of(bus)->event, 1, clock_read() + PAUSE_TIME, &bits));
}

static const struct spi_bus_operations operations = {
    .exchange = sifive_spi_exchange,
    .select = sifive_spi_select,
    .now = sifive_spi_now,
    .pause = sifive_spi_pause,
};

/* The clock is input / (2 * (SCKDIV + 1)). */
void sifive_spi_set_speed(struct sifive_spi *spi, uint32_t hertz)
{
    uint32_t divider = SCKDIV_MOST;
    if (hertz != 0 && INPUT_HERTZ_MOST / 2 / hertz < SCKDIV_MOST) {
        divider = INPUT_HERTZ_MOST / 2 / hertz;
    }
    write_register(spi, SCKDIV, divider);
}

/* Held while its resting level is taken for the other one, the line does not move. */
void sifive_spi_wake(struct sifive_spi *spi, uint32_t bytes)
{
    uint32_t resting = read_register(spi, CSDEF) | 1u << spi->chip;
    write_register(spi, CSDEF, resting & ~(1u << spi->chip));
    write_register(spi, CSMODE, CSMODE_HOLD);
    sifive_spi_exchange(&spi->bus, NULL, NULL, bytes);
    write_register(spi, CSMODE, CSMODE_AUTO);
    write_register(spi, CSDEF, resting);
}

static void empty_fifo(const struct sifive_spi *spi)
{
    for (int i = 0; i < FIFO_BYTES; i++) {
        (void)read_register(spi, RXDATA);
    }
}

status_t sifive_spi_start(struct sifive_spi *spi, handle_t account, uint32_t chip)
{
    if (spi->device.length < REGISTERS_END || chip >= LINES) {
        return STATUS_BAD_ARGUMENT;
    }
    spi->bus.operations = &operations;
    spi->chip = chip;
    write_register(spi, IE, 0);
    write_register(spi, FCTRL, 0); /* no memory-mapped flash */
    write_register(spi, SCKMODE, 0);
    write_register(spi, FMT, FMT_8_BITS);
    write_register(spi, CSID, chip);
    write_register(spi, CSMODE, CSMODE_AUTO);
    sifive_spi_set_speed(spi, IDENTIFICATION_HERTZ);
    empty_fifo(spi);
    return event_create(account, &spi->event);
}
