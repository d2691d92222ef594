/*
 * What SD cards tell about themselves (SD Specifications Part 1, Physical Layer Simplified
 * Specification 6.00): their registers as bytes or words, and checksums. No system call; whatever a
 * card sends is taken for data: an answer means something or is refused.
 *
 *   sdhci.c, sd_spi.c   a host that carries commands to the card
 *   sd_card             identification over the SD bus, above any host of that kind
 *   sd_registers        this
 */
#ifndef DRIVERS_COMMON_SD_REGISTERS_H
#define DRIVERS_COMMON_SD_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SD_BLOCK = 512, SD_CSD_BYTES = 16 };

/* 4.7.4; commands after SD_APP_CMD are another set (ACMD). */
enum sd_command {
    SD_GO_IDLE_STATE = 0,
    SD_ALL_SEND_CID = 2,
    SD_SEND_RELATIVE_ADDR = 3,
    SD_SELECT_CARD = 7,
    SD_SEND_IF_COND = 8,
    SD_SEND_CSD = 9,
    SD_STOP_TRANSMISSION = 12,
    SD_SET_BLOCKLEN = 16,
    SD_READ_SINGLE_BLOCK = 17,
    SD_READ_MULTIPLE_BLOCK = 18,
    SD_WRITE_SINGLE_BLOCK = 24,
    SD_WRITE_MULTIPLE_BLOCK = 25,
    SD_APP_CMD = 55,
    SD_READ_OCR = 58,  /* SPI only */
    SD_CRC_ON_OFF = 59 /* SPI only */
};

enum sd_application_command { SD_SET_BUS_WIDTH = 6, SD_SEND_OP_COND = 41 };

#define SD_IF_COND_3V3  0x1aau /* 4.3.13: 2.7-3.6 V, and a pattern to be sent back */
#define SD_IF_COND_MASK 0xfffu
#define SD_OCR_VOLTAGES 0x00ff8000u /* 5.1: 2.7-3.6 V */
#define SD_OCR_CAPACITY (1u << 30)  /* HCS in the question, CCS in the answer */
#define SD_OCR_READY    (1u << 31)  /* power-up is over; only then is CCS valid */
#define SD_BUS_WIDTH_4  2u
#define SD_R1_ERRORS    0xfdf90008u /* 4.10.1: the bits of the card status that are errors */
#define SD_R1_BEFORE    0x00c00000u /* of them, those that can be about the command before */
#define SD_R6_ERRORS    0xe000u     /* 4.9.5: bits 23, 22 and 19 of the card status */

struct sd_card {
    uint64_t size;           /* bytes, a multiple of SD_BLOCK */
    bool addressed_by_block; /* and not by byte: SDHC and SDXC */
    bool read_only;          /* protected by its CSD */
};

/*
 * Reads a CSD (5.3), most significant byte first, bits 127 to 0. False, and nothing done: its
 * structure is unknown, or it does not fit the card's way of addressing, or its sizes are absurd.
 */
bool sd_csd_read(const uint8_t csd[SD_CSD_BYTES], struct sd_card *card);

/* What a read or write command names a block by. The block lies on the card. */
uint32_t sd_block_argument(const struct sd_card *card, uint64_t start);

/* 4.5: of commands and of the CSD (without its end bit), and of data. */
uint8_t sd_crc7(const uint8_t *bytes, size_t length);
uint16_t sd_crc16(const uint8_t *bytes, size_t length);

#endif
