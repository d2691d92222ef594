/* The host controller of host.h; section numbers are those of its specification. */
#include "host.h"

#include "io.h"

/* 1.5: offsets. */
enum sdhci_register {
    BLOCK_SIZE = 0x04,
    BLOCK_COUNT = 0x06,
    ARGUMENT = 0x08,
    TRANSFER_MODE = 0x0c,
    COMMAND = 0x0e,
    RESPONSE = 0x10,
    BUFFER_DATA = 0x20,
    PRESENT_STATE = 0x24,
    HOST_CONTROL = 0x28,
    POWER_CONTROL = 0x29,
    CLOCK_CONTROL = 0x2c,
    TIMEOUT_CONTROL = 0x2e,
    SOFTWARE_RESET = 0x2f,
    INTERRUPT_STATUS = 0x30, /* normal, and errors in the upper half */
    STATUS_ENABLE = 0x34,
    SIGNAL_ENABLE = 0x38,
    CAPABILITIES = 0x40,
    HOST_VERSION = 0xfe,
    REGISTERS_END = 0x100
};

#define MODE_BLOCK_COUNT    0x0002u /* TRANSFER_MODE, 2.2.5 */
#define MODE_AUTO_CMD12     0x0004u
#define MODE_READ           0x0010u
#define MODE_MULTIPLE       0x0020u
#define COMMAND_LENGTH_136  0x01u /* 2.2.6 */
#define COMMAND_LENGTH_48   0x02u
#define COMMAND_LENGTH_BUSY 0x03u
#define COMMAND_CHECK_CRC   0x08u
#define COMMAND_CHECK_INDEX 0x10u
#define COMMAND_DATA        0x20u
#define COMMAND_INDEX_SHIFT 8
#define INHIBIT_COMMAND     0x00000001u /* PRESENT_STATE, 2.2.9 */
#define INHIBIT_DATA        0x00000002u
#define CARD_INSERTED       0x00010000u
#define CARD_STABLE         0x00020000u
#define WRITE_ENABLED       0x00080000u /* the switch pin */
#define CONTROL_FOUR_LINES  0x02u
#define POWER_ON            0x01u
#define POWER_3V3           0x0eu
#define POWER_3V0           0x0cu
#define CLOCK_INTERNAL      0x0001u /* 2.2.14 */
#define CLOCK_STABLE        0x0002u
#define CLOCK_CARD          0x0004u
#define TIMEOUT_LONGEST     0x0eu /* 2^27 clocks */
#define RESET_ALL           0x01u
#define RESET_COMMAND       0x02u
#define RESET_DATA          0x04u
#define COMMAND_COMPLETE    0x00000001u /* INTERRUPT_STATUS, 2.2.18 and 2.2.19 */
#define TRANSFER_COMPLETE   0x00000002u
#define WRITE_READY         0x00000010u
#define READ_READY          0x00000020u
#define ERROR_INTERRUPT     0x00008000u
#define ERROR_COMMAND_TIME  0x00010000u
#define ERRORS              0xffff0000u
#define INTERRUPTS          (COMMAND_COMPLETE | TRANSFER_COMPLETE | WRITE_READY | READ_READY)
#define CAPABILITY_3V3      0x01000000u /* 2.2.26 */
#define CAPABILITY_3V0      0x02000000u
#define MEGAHERTZ           1000000u

enum {
    INTERRUPT_BIT = 0x1,
    VERSION_3 = 2,
    BASE_CLOCK_SHIFT = 8,
    BASE_CLOCK_MASK_2 = 0x3f, /* MHz, before version 3 */
    BASE_CLOCK_MASK_3 = 0xff,
    DIVIDER_MOST_2 = 0x80,
    DIVIDER_MOST_3 = 0x3ff,
    IDENTIFICATION_HERTZ = 400000,
    FULL_HERTZ = 25000000, /* default speed, which every card has */
    STEP_TIME = 1000,      /* ms: no longer than heartbeats may be missed */
    RESET_TIME = 100,
    POLL_TIME = 1
};
#define MILLISECOND 1000000ull

static struct sdhci_host *sdhci_of(struct sd_host *host)
{
    return (struct sdhci_host *)(void *)host;
}

static uint32_t read32(const struct sdhci_host *at, uint32_t number)
{
    return mmio_read32(at->device.registers + number);
}

static void write32(const struct sdhci_host *at, uint32_t number, uint32_t value)
{
    mmio_write32(at->device.registers + number, value);
}

static void write16(const struct sdhci_host *at, uint32_t number, uint32_t value)
{
    mmio_write16(at->device.registers + number, (uint16_t)value);
}

static void write8(const struct sdhci_host *at, uint32_t number, uint32_t value)
{
    mmio_write8(at->device.registers + number, (uint8_t)value);
}

/* Lets an interrupt, or this time, pass. */
static void rest(struct sdhci_host *at, uint64_t until)
{
    uint64_t bits = 0;
    status_ignore(event_wait(at->event, INTERRUPT_BIT, until, &bits));
    device_acknowledge(&at->device);
}

static void sdhci_pause(struct sd_host *host)
{
    uint64_t until = clock_read() + SD_CARD_PAUSE * MILLISECOND;
    while (clock_read() < until) {
        rest(sdhci_of(host), until);
    }
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* Until bits of a register are as wanted, where no interrupt tells. */
static status_t poll(struct sdhci_host *at, uint32_t number, uint32_t mask, uint32_t wanted,
                     uint32_t milliseconds)
{
    uint64_t deadline = clock_read() + milliseconds * MILLISECOND;
    while ((read32(at, number & ~3u) >> (number & 3u) * 8 & mask) != wanted) {
        uint64_t now = clock_read();
        if (now > deadline) {
            return STATUS_TIMED_OUT;
        }
        rest(at, now + POLL_TIME * MILLISECOND);
    }
    return STATUS_OK;
}

/* 3.10: what an error leaves behind goes with both lines. */
static void reset_lines(struct sdhci_host *at)
{
    write8(at, SOFTWARE_RESET, RESET_COMMAND | RESET_DATA);
    status_ignore(poll(at, SOFTWARE_RESET, RESET_COMMAND | RESET_DATA, 0, RESET_TIME));
    write32(at, INTERRUPT_STATUS, INTERRUPTS | ERRORS);
}

/* Until the controller tells this, which is then taken, or an error. */
static status_t wait(struct sdhci_host *at, uint32_t bit)
{
    uint64_t deadline = clock_read() + STEP_TIME * MILLISECOND;
    for (;;) {
        uint32_t status = read32(at, INTERRUPT_STATUS);
        if ((status & (ERROR_INTERRUPT | ERRORS)) != 0) {
            reset_lines(at);
            return (status & ERROR_COMMAND_TIME) != 0 ? STATUS_TIMED_OUT : STATUS_IO_ERROR;
        }
        if ((status & bit) != 0) {
            write32(at, INTERRUPT_STATUS, bit);
            return STATUS_OK;
        }
        if (clock_read() > deadline) {
            reset_lines(at);
            return STATUS_IO_ERROR;
        }
        rest(at, deadline);
    }
}

/* ---- commands ------------------------------------------------------------------------------- */

static uint32_t response_flags(enum sd_response response)
{
    switch (response) {
    case SD_R1:
    case SD_R6:
    case SD_R7:
        return COMMAND_LENGTH_48 | COMMAND_CHECK_CRC | COMMAND_CHECK_INDEX;
    case SD_R1B:
        return COMMAND_LENGTH_BUSY | COMMAND_CHECK_CRC | COMMAND_CHECK_INDEX;
    case SD_R2:
        return COMMAND_LENGTH_136 | COMMAND_CHECK_CRC;
    case SD_R3:
        return COMMAND_LENGTH_48;
    default:
        return 0;
    }
}

/* 2.2.7: of R2 the register has bits 127 to 8, eight places lower. */
static void read_response(const struct sdhci_host *at, enum sd_response response,
                          uint32_t words[SD_RESPONSE_WORDS])
{
    if (response != SD_R2) {
        words[0] = read32(at, RESPONSE);
        return;
    }
    uint32_t below = 0;
    for (uint32_t i = 0; i < SD_RESPONSE_WORDS; i++) {
        uint32_t word = read32(at, RESPONSE + i * (uint32_t)sizeof(uint32_t));
        words[SD_RESPONSE_WORDS - 1 - i] = word << 8 | below;
        below = word >> 24;
    }
}

/* 3.7.1: the two halves are written at once, since the upper one starts the command. */
static status_t issue(struct sdhci_host *at, uint32_t index, uint32_t argument, uint32_t flags,
                      uint32_t mode)
{
    status_t status = poll(at, PRESENT_STATE, INHIBIT_COMMAND | INHIBIT_DATA, 0, STEP_TIME);
    if (status != STATUS_OK) {
        reset_lines(at);
        return STATUS_IO_ERROR;
    }
    write32(at, INTERRUPT_STATUS, INTERRUPTS | ERRORS);
    write32(at, ARGUMENT, argument);
    write32(at, TRANSFER_MODE, mode | (index << COMMAND_INDEX_SHIFT | flags) << 16);
    return wait(at, COMMAND_COMPLETE);
}

static status_t sdhci_command(struct sd_host *host, uint32_t index, uint32_t argument,
                              enum sd_response response, uint32_t words[SD_RESPONSE_WORDS])
{
    struct sdhci_host *at = sdhci_of(host);
    status_t status = issue(at, index, argument, response_flags(response), 0);
    if (status == STATUS_OK) {
        read_response(at, response, words);
    }
    if (status == STATUS_OK && response == SD_R1B) {
        status = wait(at, TRANSFER_COMPLETE);
    }
    return status;
}

static void sdhci_use_four_lines(struct sd_host *host)
{
    write8(sdhci_of(host), HOST_CONTROL, CONTROL_FOUR_LINES);
}

static const struct sd_host_operations operations = {
    .command = sdhci_command,
    .pause = sdhci_pause,
    .use_four_lines = sdhci_use_four_lines,
};

/* ---- data ----------------------------------------------------------------------------------- */

static status_t begin_data(struct sdhci_host *at, uint32_t index, uint32_t argument,
                           uint32_t blocks, uint32_t mode)
{
    uint32_t several = blocks > 1 ? MODE_MULTIPLE | MODE_BLOCK_COUNT | MODE_AUTO_CMD12 : 0;
    write16(at, BLOCK_SIZE, SD_BLOCK);
    write16(at, BLOCK_COUNT, blocks);
    status_t status =
        issue(at, index, argument, response_flags(SD_R1) | COMMAND_DATA, mode | several);
    if (status == STATUS_OK && (read32(at, RESPONSE) & SD_R1_ERRORS) != 0) {
        reset_lines(at);
        status = STATUS_IO_ERROR;
    }
    return status;
}

/* A transfer of several blocks that was broken off has left the card sending or receiving. */
static status_t end_data(struct sdhci_host *at, uint32_t blocks, status_t status)
{
    uint32_t words[SD_RESPONSE_WORDS];
    if (status == STATUS_OK) {
        status = wait(at, TRANSFER_COMPLETE);
    }
    if (status == STATUS_OK) {
        return STATUS_OK;
    }
    reset_lines(at);
    if (blocks > 1) {
        status_ignore(sdhci_command(&at->host, SD_STOP_TRANSMISSION, 0, SD_R1B, words));
    }
    return STATUS_IO_ERROR;
}

status_t sdhci_host_read(struct sdhci_host *at, const struct sd_card *card, uint64_t start,
                         uint8_t *to, uint32_t length)
{
    uint32_t blocks = length / SD_BLOCK;
    uint32_t *words = (uint32_t *)(void *)to;
    status_t status = begin_data(at, blocks > 1 ? SD_READ_MULTIPLE_BLOCK : SD_READ_SINGLE_BLOCK,
                                 sd_block_argument(card, start), blocks, MODE_READ);
    for (uint32_t block = 0; status == STATUS_OK && block < blocks; block++) {
        status = wait(at, READ_READY);
        for (uint32_t i = 0; status == STATUS_OK && i < SD_BLOCK / sizeof(uint32_t); i++) {
            *words++ = read32(at, BUFFER_DATA);
        }
    }
    return end_data(at, blocks, status);
}

status_t sdhci_host_write(struct sdhci_host *at, const struct sd_card *card, uint64_t start,
                          const uint8_t *from, uint32_t length)
{
    uint32_t blocks = length / SD_BLOCK;
    const uint32_t *words = (const uint32_t *)(const void *)from;
    status_t status = begin_data(at, blocks > 1 ? SD_WRITE_MULTIPLE_BLOCK : SD_WRITE_SINGLE_BLOCK,
                                 sd_block_argument(card, start), blocks, 0);
    for (uint32_t block = 0; status == STATUS_OK && block < blocks; block++) {
        status = wait(at, WRITE_READY);
        for (uint32_t i = 0; status == STATUS_OK && i < SD_BLOCK / sizeof(uint32_t); i++) {
            write32(at, BUFFER_DATA, *words++);
        }
    }
    return end_data(at, blocks, status);
}

/* ---- starting ------------------------------------------------------------------------------- */

/* 3.2.1. A controller that does not tell its base clock is taken to have the fastest one. */
static status_t set_clock(struct sdhci_host *at, uint32_t hertz)
{
    bool version_3 = at->version >= VERSION_3;
    uint32_t mask = version_3 ? BASE_CLOCK_MASK_3 : BASE_CLOCK_MASK_2;
    uint32_t base = at->capabilities >> BASE_CLOCK_SHIFT & mask;
    uint64_t base_hertz = (uint64_t)(base != 0 ? base : mask) * MEGAHERTZ;
    uint32_t divider = 0; /* the clock is base / (2 * divider), and of 0 the base itself */
    uint32_t most = version_3 ? DIVIDER_MOST_3 : DIVIDER_MOST_2;
    while (divider < most && (divider == 0 ? base_hertz : base_hertz / (2 * divider)) > hertz) {
        divider = version_3 ? divider + 1 : divider == 0 ? 1 : 2 * divider;
    }
    uint32_t value = (divider & 0xff) << 8 | (divider >> 8 & 0x3) << 6 | CLOCK_INTERNAL;
    write16(at, CLOCK_CONTROL, 0);
    write16(at, CLOCK_CONTROL, value);
    status_t status = poll(at, CLOCK_CONTROL, CLOCK_STABLE, CLOCK_STABLE, RESET_TIME);
    write16(at, CLOCK_CONTROL, value | CLOCK_CARD);
    return status;
}

static status_t power(struct sdhci_host *at)
{
    uint32_t voltage = 0;
    if ((at->capabilities & CAPABILITY_3V3) != 0) {
        voltage = POWER_3V3;
    } else if ((at->capabilities & CAPABILITY_3V0) != 0) {
        voltage = POWER_3V0;
    } else {
        return STATUS_UNSUPPORTED;
    }
    write8(at, POWER_CONTROL, voltage);
    write8(at, POWER_CONTROL, voltage | POWER_ON);
    return STATUS_OK;
}

static status_t reset(struct sdhci_host *at)
{
    write8(at, SOFTWARE_RESET, RESET_ALL);
    status_t status = poll(at, SOFTWARE_RESET, RESET_ALL, 0, RESET_TIME);
    at->capabilities = read32(at, CAPABILITIES);
    at->version = mmio_read16(at->device.registers + HOST_VERSION) & 0xff;
    write8(at, TIMEOUT_CONTROL, TIMEOUT_LONGEST);
    write32(at, STATUS_ENABLE, INTERRUPTS | ERRORS);
    write32(at, SIGNAL_ENABLE, INTERRUPTS | ERRORS);
    return status;
}

static status_t listen(struct sdhci_host *at, handle_t account)
{
    status_t status = event_create(account, &at->event);
    if (status == STATUS_OK) {
        status = at->device.irq != 0 ? irq_bind(at->device.irq, at->event, INTERRUPT_BIT)
                                     : STATUS_NO_DEVICE;
    }
    return status;
}

status_t sdhci_host_start(struct sdhci_host *at, handle_t account, const char **reason)
{
    at->host.operations = &operations;
    *reason = "its registers are too few";
    if (at->device.length < REGISTERS_END) {
        return STATUS_BAD_ARGUMENT;
    }
    *reason = "its interrupt cannot be had";
    status_t status = listen(at, account);
    if (status != STATUS_OK) {
        return status == STATUS_NO_DEVICE ? STATUS_UNSUPPORTED : status;
    }
    *reason = "the controller does not reset";
    status = reset(at);
    if (status == STATUS_OK) {
        *reason = "there is no card in its slot";
        status_ignore(poll(at, PRESENT_STATE, CARD_STABLE, CARD_STABLE, RESET_TIME));
        status = (read32(at, PRESENT_STATE) & CARD_INSERTED) != 0 ? STATUS_OK : STATUS_NO_DEVICE;
    }
    if (status == STATUS_OK) {
        *reason = "the controller has no 3.3 V";
        status = power(at);
    }
    if (status == STATUS_OK) {
        *reason = "the controller's clock does not start";
        status = set_clock(at, IDENTIFICATION_HERTZ);
    }
    if (status == STATUS_OK) {
        sdhci_pause(&at->host); /* 74 clocks, and the supply rises */
    }
    return status;
}

status_t sdhci_host_full_speed(struct sdhci_host *at)
{
    return set_clock(at, FULL_HERTZ);
}

bool sdhci_host_protected(const struct sdhci_host *at)
{
    return (read32(at, PRESENT_STATE) & WRITE_ENABLED) == 0;
}

void sdhci_host_stop(struct sdhci_host *at)
{
    write32(at, SIGNAL_ENABLE, 0);
    write16(at, CLOCK_CONTROL, 0);
}
