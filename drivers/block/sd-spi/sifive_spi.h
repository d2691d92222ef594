/*
 * The SiFive SPI controller (SiFive FU540-C000 Manual, chapter 19) as the bus of card.h, by
 * polling: its FIFO of eight bytes is through in microseconds.
 */
#ifndef SD_SPI_SIFIVE_SPI_H
#define SD_SPI_SIFIVE_SPI_H

#include "card.h"
#include "device.h"

struct sifive_spi {
    struct spi_bus bus;
    struct device device;
    handle_t event; /* never signalled: for pauses */
    uint32_t chip;  /* the select line */
};

/* Sets the controller up, nothing selected, at the speed of identification. BAD_ARGUMENT: it has
 * fewer registers, or no such line. */
SINTER_MUST_CHECK status_t sifive_spi_start(struct sifive_spi *spi, handle_t account,
                                            uint32_t chip);

/* At most so fast from now on. */
void sifive_spi_set_speed(struct sifive_spi *spi, uint32_t hertz);

/* Before the first command of a card: eight clocks a byte, without selecting it. */
void sifive_spi_wake(struct sifive_spi *spi, uint32_t bytes);

#endif
