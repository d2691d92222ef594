/* SD cards over SPI, as card.h says; section numbers are those of the specification. */
#include "card.h"

#define R1_IDLE      0x01u /* 7.3.2.1 */
#define R1_ILLEGAL   0x04u
#define R1_NONE      0x80u /* set in what is no answer */
#define TOKEN_START  0xfeu /* 7.3.3: of a block, in single transfers */
#define TOKEN_ERRORS 0xf0u /* none of these is set in a token of an error */
#define DATA_MASK    0x1fu /* 7.3.3.1: the answer to a block */
#define DATA_TAKEN   0x05u
#define RESTING      0xffu /* the line when nobody has anything to say */

enum {
    FRAME_BYTES = 6, /* 7.3.1.1 */
    START_BITS = 0x40,
    ANSWER_BYTES = 9, /* 7.5.1: N_CR is at most 8 */
    CRC_BYTES = 2,
    SEND_STATUS = 13,
    CRC_ON = 1,
    RESET_TRIES = 10,
    LOOKS_LEAST = 16 /* for cards whose time is the clocks that they get */
};

#define MILLISECOND   1000000ull
#define READ_TIME     (100 * MILLISECOND)  /* 4.6.2.1 */
#define WRITE_TIME    (500 * MILLISECOND)  /* 4.6.2.2 */
#define POWER_UP_TIME (1000 * MILLISECOND) /* 4.2.3 */

static uint8_t take(struct spi_bus *bus)
{
    uint8_t byte = 0;
    bus->operations->exchange(bus, 0, &byte, 1);
    return byte;
}

/* Whether to look once more, after `looks`. A driver that was kept waiting finds the time over
 * before it has looked: what counts is what the card says then. */
static bool may_look(struct spi_bus *bus, uint64_t start, uint64_t time, uint32_t looks)
{
    return looks < LOOKS_LEAST || bus->operations->now(bus) - start <= time;
}

/* A card that is busy holds the line down. */
static bool wait_ready(struct spi_bus *bus)
{
    uint64_t start = bus->operations->now(bus);
    bool ready = false;
    for (uint32_t looks = 0; !ready && may_look(bus, start, WRITE_TIME, looks); looks++) {
        ready = take(bus) == RESTING;
    }
    return ready;
}

/* Sends a command and takes R1; TIMED_OUT without an answer. */
static status_t command(struct spi_bus *bus, uint32_t index, uint32_t argument, uint8_t *r1)
{
    (void)take(bus); /* 7.5.1: N_RC, eight clocks between an answer and the next command */
    uint8_t frame[FRAME_BYTES] = {
        (uint8_t)(START_BITS | index), (uint8_t)(argument >> 24), (uint8_t)(argument >> 16),
        (uint8_t)(argument >> 8),      (uint8_t)argument,         0};
    frame[FRAME_BYTES - 1] = (uint8_t)(sd_crc7(frame, FRAME_BYTES - 1) << 1 | 1);
    bus->operations->exchange(bus, frame, 0, FRAME_BYTES);
    for (uint32_t i = 0; i < ANSWER_BYTES; i++) {
        *r1 = take(bus);
        if ((*r1 & R1_NONE) == 0) {
            return STATUS_OK;
        }
    }
    return STATUS_TIMED_OUT;
}

/* A command that nothing may be wrong with; `idle` is what R1 has to say of that. */
static status_t plain(struct spi_bus *bus, uint32_t index, uint32_t argument, uint8_t idle)
{
    uint8_t r1 = 0;
    status_t status = command(bus, index, argument, &r1);
    return status == STATUS_OK && r1 != idle ? STATUS_IO_ERROR : status;
}

static uint32_t take_word(struct spi_bus *bus)
{
    uint8_t bytes[4] = {0};
    bus->operations->exchange(bus, 0, bytes, sizeof(bytes));
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Begins and ends what a card does while it is selected; eight clocks more let it finish. */
static void begin(struct spi_bus *bus)
{
    bus->operations->select(bus, true);
}

static status_t end(struct spi_bus *bus, status_t status)
{
    (void)take(bus);
    bus->operations->select(bus, false);
    return status;
}

/* ---- blocks --------------------------------------------------------------------------------- */

/* Takes a block of data (7.2.3), whatever its length. */
static status_t take_data(struct spi_bus *bus, uint8_t *to, uint32_t length)
{
    uint8_t crc[CRC_BYTES] = {0};
    uint64_t start = bus->operations->now(bus);
    uint8_t token = RESTING;
    for (uint32_t looks = 0; token != TOKEN_START; looks++) {
        if (!may_look(bus, start, READ_TIME, looks) || (token & TOKEN_ERRORS) == 0) {
            return STATUS_IO_ERROR;
        }
        token = take(bus);
    }
    bus->operations->exchange(bus, 0, to, length);
    bus->operations->exchange(bus, 0, crc, CRC_BYTES);
    uint32_t sent = (uint32_t)crc[0] << 8 | crc[1];
    return sent == sd_crc16(to, length) ? STATUS_OK : STATUS_IO_ERROR;
}

static status_t read_block(struct spi_bus *bus, uint32_t argument, uint8_t *to)
{
    begin(bus);
    status_t status = plain(bus, SD_READ_SINGLE_BLOCK, argument, 0);
    if (status == STATUS_OK) {
        status = take_data(bus, to, SD_BLOCK);
    }
    return end(bus, status);
}

/* 7.2.4. Whether writing itself succeeded, the status tells afterwards. */
static status_t give_data(struct spi_bus *bus, const uint8_t *from)
{
    static const uint8_t before[] = {RESTING, TOKEN_START};
    uint16_t checksum = sd_crc16(from, SD_BLOCK);
    uint8_t crc[CRC_BYTES] = {(uint8_t)(checksum >> 8), (uint8_t)checksum};
    bus->operations->exchange(bus, before, 0, sizeof(before));
    bus->operations->exchange(bus, from, 0, SD_BLOCK);
    bus->operations->exchange(bus, crc, 0, CRC_BYTES);
    bool taken = (take(bus) & DATA_MASK) == DATA_TAKEN;
    bool done = wait_ready(bus);
    if (!taken || !done) {
        return STATUS_IO_ERROR;
    }
    status_t status = plain(bus, SEND_STATUS, 0, 0);
    return status == STATUS_OK && take(bus) != 0 ? STATUS_IO_ERROR : status;
}

static status_t write_block(struct spi_bus *bus, uint32_t argument, const uint8_t *from)
{
    begin(bus);
    status_t status = plain(bus, SD_WRITE_SINGLE_BLOCK, argument, 0);
    if (status == STATUS_OK) {
        status = give_data(bus, from);
    }
    return end(bus, status);
}

status_t spi_card_read(struct spi_bus *bus, const struct sd_card *card, uint64_t start, uint8_t *to,
                       uint32_t length)
{
    status_t status = STATUS_OK;
    for (uint32_t at = 0; status == STATUS_OK && at < length; at += SD_BLOCK) {
        status = read_block(bus, sd_block_argument(card, start + at), to + at);
    }
    return status == STATUS_OK ? STATUS_OK : STATUS_IO_ERROR;
}

status_t spi_card_write(struct spi_bus *bus, const struct sd_card *card, uint64_t start,
                        const uint8_t *from, uint32_t length)
{
    status_t status = STATUS_OK;
    for (uint32_t at = 0; status == STATUS_OK && at < length; at += SD_BLOCK) {
        status = write_block(bus, sd_block_argument(card, start + at), from + at);
    }
    return status == STATUS_OK ? STATUS_OK : STATUS_IO_ERROR;
}

/* ---- identification ------------------------------------------------------------------------- */

/* A driver that was killed within a block has left the card sending the rest of it, or waiting for
 * it: it gets ones, which its checksum tells from the block. */
static void let_finish(struct spi_bus *bus)
{
    begin(bus);
    bus->operations->exchange(bus, 0, 0, ANSWER_BYTES + SD_BLOCK + CRC_BYTES);
    (void)wait_ready(bus);
    (void)end(bus, STATUS_OK);
}

/* 7.2.1: what resets a card selects SPI mode as well. */
static status_t reset(struct spi_bus *bus)
{
    status_t status = STATUS_TIMED_OUT;
    let_finish(bus);
    for (int i = 0; i < RESET_TRIES && status != STATUS_OK; i++) {
        begin(bus);
        status = end(bus, plain(bus, SD_GO_IDLE_STATE, 0, R1_IDLE));
    }
    return status == STATUS_OK ? STATUS_OK : STATUS_NO_DEVICE;
}

/* A card of version 1 of the specification does not know the command. */
static status_t ask_voltage(struct spi_bus *bus, bool *version_2)
{
    uint8_t r1 = 0;
    begin(bus);
    status_t status = command(bus, SD_SEND_IF_COND, SD_IF_COND_3V3, &r1);
    *version_2 = status == STATUS_OK && (r1 & R1_ILLEGAL) == 0;
    if (*version_2 && (r1 != R1_IDLE || (take_word(bus) & SD_IF_COND_MASK) != SD_IF_COND_3V3)) {
        status = STATUS_UNSUPPORTED;
    }
    return end(bus, status);
}

static status_t check_sums(struct spi_bus *bus)
{
    begin(bus);
    return end(bus, plain(bus, SD_CRC_ON_OFF, CRC_ON, R1_IDLE));
}

/* Asks once whether the card has powered up; R1. */
static status_t ask_power(struct spi_bus *bus, bool version_2, uint8_t *r1)
{
    begin(bus);
    status_t status = command(bus, SD_APP_CMD, 0, r1);
    if (status == STATUS_OK) {
        status = command(bus, SD_SEND_OP_COND, version_2 ? SD_OCR_CAPACITY : 0, r1);
    }
    return end(bus, status);
}

static status_t power_up(struct spi_bus *bus, bool version_2)
{
    uint8_t r1 = R1_IDLE;
    uint64_t start = bus->operations->now(bus);
    for (uint32_t looks = 0; may_look(bus, start, POWER_UP_TIME, looks); looks++) {
        status_t status = ask_power(bus, version_2, &r1);
        if (status != STATUS_OK) {
            return status;
        }
        if (r1 != R1_IDLE) {
            return r1 == 0 ? STATUS_OK : STATUS_UNSUPPORTED;
        }
        bus->operations->pause(bus);
    }
    return STATUS_TIMED_OUT;
}

/* Whether the card is still idle the register tells itself; some say it in R1 at any time. */
static status_t read_ocr(struct spi_bus *bus, bool version_2, struct sd_card *card)
{
    uint8_t r1 = 0;
    begin(bus);
    status_t status = command(bus, SD_READ_OCR, 0, &r1);
    if (status == STATUS_OK && (r1 & ~R1_IDLE) != 0) {
        status = STATUS_IO_ERROR;
    }
    uint32_t ocr = status == STATUS_OK ? take_word(bus) : 0;
    card->addressed_by_block = version_2 && (ocr & SD_OCR_CAPACITY) != 0;
    if (status == STATUS_OK && ((ocr & SD_OCR_READY) == 0 || (ocr & SD_OCR_VOLTAGES) == 0)) {
        status = STATUS_UNSUPPORTED;
    }
    return end(bus, status);
}

/* 7.2.6: a register comes like a block. */
static status_t read_csd(struct spi_bus *bus, struct sd_card *card)
{
    uint8_t csd[SD_CSD_BYTES] = {0};
    begin(bus);
    status_t status = plain(bus, SD_SEND_CSD, 0, 0);
    if (status == STATUS_OK) {
        status = take_data(bus, csd, sizeof(csd));
    }
    if (status == STATUS_OK && !sd_csd_read(csd, card)) {
        status = STATUS_UNSUPPORTED;
    }
    return end(bus, status);
}

static status_t set_block(struct spi_bus *bus)
{
    begin(bus);
    return end(bus, plain(bus, SD_SET_BLOCKLEN, SD_BLOCK, 0));
}

status_t spi_card_identify(struct spi_bus *bus, struct sd_card *card, const char **reason)
{
    bool version_2 = false;
    *card = (struct sd_card){0};
    *reason = "no SD card answers";
    status_t status = reset(bus);
    if (status == STATUS_OK) {
        *reason = "the card does not take the voltage";
        status = ask_voltage(bus, &version_2);
    }
    if (status == STATUS_OK) {
        *reason = "the card does not use checksums";
        status = check_sums(bus);
    }
    if (status == STATUS_OK) {
        *reason = "no SD memory card powers up here";
        status = power_up(bus, version_2);
    }
    if (status == STATUS_OK) {
        *reason = "the card is for other voltages";
        status = read_ocr(bus, version_2, card);
    }
    if (status == STATUS_OK) {
        *reason = "the card does not tell its size in a form that is known";
        status = read_csd(bus, card);
    }
    if (status == STATUS_OK) {
        *reason = "the card does not take blocks of 512 bytes";
        status = set_block(bus);
    }
    return status;
}
