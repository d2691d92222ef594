/*
 * Identification of an SD memory card over the SD bus (Physical Layer Simplified Specification
 * 6.00, 4.2): the sequence of commands, and what of the answers is believed. No system call: a host
 * carries the commands. Cards over SPI have a sequence of their own (drivers/block/sd-spi).
 */
#ifndef DRIVERS_COMMON_SD_CARD_H
#define DRIVERS_COMMON_SD_CARD_H

#include <sinter/abi.h>

#include "sd_registers.h"

/* 4.9. R1B: R1, and busy on the data line. */
enum sd_response { SD_NO_RESPONSE, SD_R1, SD_R1B, SD_R2, SD_R3, SD_R6, SD_R7 };

enum { SD_RESPONSE_WORDS = 4 }; /* of R2; the others have one */

/* A driver begins its own structure with this one. */
struct sd_host {
    const struct sd_host_operations *operations;
};

struct sd_host_operations {
    /*
     * Sends a command. words: what the card answered, most significant first; of R2 the bits 127
     * to 0 with bits 7 to 0 (CRC) as zero. TIMED_OUT: no answer. IO_ERROR: a damaged one.
     */
    status_t (*command)(struct sd_host *host, uint32_t index, uint32_t argument,
                        enum sd_response response, uint32_t words[SD_RESPONSE_WORDS]);
    /* Lets some time pass: SD_CARD_PAUSE. */
    void (*pause)(struct sd_host *host);
    /* The card has been told: from now on four data lines. */
    void (*use_four_lines)(struct sd_host *host);
};

enum {
    SD_CARD_PAUSE = 10,          /* ms */
    SD_CARD_POWER_UP_TRIES = 100 /* 4.2.3: a card may take 1 s */
};

/*
 * From the idle state to the transfer state, blocks being SD_BLOCK. *reason says in words what is
 * wrong if it fails. NO_DEVICE: nothing answers. UNSUPPORTED: no SD memory card for this host.
 * TIMED_OUT, IO_ERROR: it began to answer and then did not, or with an error.
 */
SINTER_MUST_CHECK status_t sd_card_identify(struct sd_host *host, struct sd_card *card,
                                            const char **reason);

#endif
