/*
 * libFuzzer: a card that sends any bytes, over the SD bus and over SPI, is refused or has a size
 * that blocks can be addressed in, and identification ends.
 */
#include <stdlib.h>

#include "card.h"
#include "sd_card.h"

#define MICROSECOND 1000ull
#define PAUSE       5000000ull

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *bytes;
static size_t left;
static uint64_t now;

static uint8_t next(void)
{
    if (left == 0) {
        return 0xff;
    }
    left--;
    return *bytes++;
}

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void require_card(status_t status, const struct sd_card *card, const char *reason)
{
    require(reason != NULL);
    if (status == STATUS_OK) {
        require(card->size > 0 && card->size % SD_BLOCK == 0);
        uint64_t last = card->size - SD_BLOCK;
        uint64_t named = sd_block_argument(card, last);
        require((card->addressed_by_block ? named * SD_BLOCK : named) == last);
    }
}

/* ---- the SD bus ----------------------------------------------------------------------------- */

static status_t command(struct sd_host *host, uint32_t index, uint32_t argument,
                        enum sd_response response, uint32_t words[SD_RESPONSE_WORDS])
{
    (void)host;
    (void)index;
    (void)argument;
    if (left == 0) {
        return STATUS_TIMED_OUT;
    }
    uint32_t count = response == SD_R2 ? SD_RESPONSE_WORDS : 1;
    for (uint32_t i = 0; i < count; i++) {
        words[i] = (uint32_t)next() << 24 | (uint32_t)next() << 16 | (uint32_t)next() << 8 | next();
    }
    return STATUS_OK;
}

static void nothing(struct sd_host *host)
{
    (void)host;
}

static const struct sd_host_operations host_operations = {
    .command = command,
    .pause = nothing,
    .use_four_lines = nothing,
};

/* ---- SPI ------------------------------------------------------------------------------------ */

static void exchange(struct spi_bus *bus, const uint8_t *out, uint8_t *in, uint32_t length)
{
    (void)bus;
    (void)out;
    for (uint32_t i = 0; i < length; i++) {
        uint8_t byte = out == NULL ? next() : 0xff;
        now += MICROSECOND;
        if (in != NULL) {
            in[i] = byte;
        }
    }
}

static void spi_select(struct spi_bus *bus, bool selected)
{
    (void)bus;
    (void)selected;
}

static uint64_t spi_now(struct spi_bus *bus)
{
    (void)bus;
    return now;
}

static void spi_pause(struct spi_bus *bus)
{
    (void)bus;
    now += PAUSE;
}

static const struct spi_bus_operations bus_operations = {
    .exchange = exchange,
    .select = spi_select,
    .now = spi_now,
    .pause = spi_pause,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sd_host host = {.operations = &host_operations};
    struct spi_bus bus = {.operations = &bus_operations};
    uint8_t block[SD_BLOCK];
    const char *reason = NULL;
    struct sd_card card;
    bytes = data;
    left = size;
    require_card(sd_card_identify(&host, &card, &reason), &card, reason);
    reason = NULL;
    bytes = data;
    left = size;
    status_t status = spi_card_identify(&bus, &card, &reason);
    require_card(status, &card, reason);
    if (status == STATUS_OK) {
        (void)!spi_card_read(&bus, &card, 0, block, SD_BLOCK);
        (void)!spi_card_write(&bus, &card, 0, block, SD_BLOCK);
    }
    return 0;
}
