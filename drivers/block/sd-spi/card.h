/*
 * An SD card over SPI (SD Specifications Part 1, Physical Layer Simplified Specification 6.00,
 * chapter 7): identification, and blocks one by one. Checksums are on, both ways. No system call:
 * a bus carries the bytes and tells the time.
 *
 *   sd-spi        the server
 *   card          this
 *   sifive_spi    the bus
 */
#ifndef SD_SPI_CARD_H
#define SD_SPI_CARD_H

#include <sinter/abi.h>

#include "sd_registers.h"

/* A driver begins its own structure with this one. */
struct spi_bus {
    const struct spi_bus_operations *operations;
};

struct spi_bus_operations {
    /* Sends bytes (null: ones) while as many come (null: they do not matter). */
    void (*exchange)(struct spi_bus *bus, const uint8_t *out, uint8_t *in, uint32_t length);
    void (*select)(struct spi_bus *bus, bool selected);
    uint64_t (*now)(struct spi_bus *bus); /* ns, from anywhere */
    void (*pause)(struct spi_bus *bus);   /* some milliseconds */
};

/*
 * Resets the card into SPI mode and identifies it. *reason says in words what is wrong if it fails.
 * NO_DEVICE: nothing answers. UNSUPPORTED: no SD memory card for this host. TIMED_OUT, IO_ERROR: it
 * began to answer and then did not, or with an error.
 */
SINTER_MUST_CHECK status_t spi_card_identify(struct spi_bus *bus, struct sd_card *card,
                                             const char **reason);

/* Whole blocks that lie on the card. IO_ERROR: the card, or a checksum, says so, or it is late. */
SINTER_MUST_CHECK status_t spi_card_read(struct spi_bus *bus, const struct sd_card *card,
                                         uint64_t start, uint8_t *to, uint32_t length);
SINTER_MUST_CHECK status_t spi_card_write(struct spi_bus *bus, const struct sd_card *card,
                                          uint64_t start, const uint8_t *from, uint32_t length);

#endif
