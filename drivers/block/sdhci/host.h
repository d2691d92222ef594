/*
 * The host controller (SD Specifications Part A2, SD Host Controller Simplified Specification
 * 3.00): clock, power, commands, and blocks through its buffer by programmed I/O, so it is given no
 * DMA.
 *
 *   sdhci     the server and its disk
 *   sd_card   identification of the card
 *   host      this
 *
 * What the controller does is waited for with its interrupt, and not longer than the specifications
 * allow a card. After an error the lines are reset, so that the next command finds them free.
 */
#ifndef SDHCI_HOST_H
#define SDHCI_HOST_H

#include "device.h"
#include "sd_card.h"

struct sdhci_host {
    struct sd_host host;
    struct device device;
    handle_t event;        /* that the interrupt signals */
    uint32_t capabilities; /* the lower half of the register */
    uint32_t version;      /* of the specification, as the register numbers them */
};

/*
 * Resets the controller, powers the slot and gives it the clock for identification. *reason says in
 * words what is wrong if it fails. NO_DEVICE: no card is in the slot.
 */
SINTER_MUST_CHECK status_t sdhci_host_start(struct sdhci_host *host, handle_t account,
                                            const char **reason);

/* The clock of a card that has been identified. */
SINTER_MUST_CHECK status_t sdhci_host_full_speed(struct sdhci_host *host);

/* Whether the slot's switch protects the card. */
bool sdhci_host_protected(const struct sdhci_host *host);

/* Whole blocks that lie on the card; aligned to 4 bytes. */
SINTER_MUST_CHECK status_t sdhci_host_read(struct sdhci_host *host, const struct sd_card *card,
                                           uint64_t start, uint8_t *to, uint32_t length);
SINTER_MUST_CHECK status_t sdhci_host_write(struct sdhci_host *host, const struct sd_card *card,
                                            uint64_t start, const uint8_t *from, uint32_t length);

/* Interrupts and clock off. */
void sdhci_host_stop(struct sdhci_host *host);

#endif
