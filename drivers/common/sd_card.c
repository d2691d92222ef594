/* Identification of an SD memory card, as sd_card.h says. */
#include "sd_card.h"

enum { RCA_SHIFT = 16 };

struct identification {
    struct sd_host *host;
    uint32_t words[SD_RESPONSE_WORDS];
    bool version_2;   /* of the specification: it knows SEND_IF_COND */
    uint32_t address; /* RCA in the place where arguments have it */
};

static status_t command(struct identification *at, uint32_t index, uint32_t argument,
                        enum sd_response response)
{
    status_t status = at->host->operations->command(at->host, index, argument, response, at->words);
    bool with_status = response == SD_R1 || response == SD_R1B;
    uint32_t errors = index == SD_APP_CMD ? SD_R1_ERRORS & ~SD_R1_BEFORE : SD_R1_ERRORS;
    if (status == STATUS_OK && with_status && (at->words[0] & errors) != 0) {
        return STATUS_IO_ERROR;
    }
    return status;
}

static status_t application_command(struct identification *at, uint32_t index, uint32_t argument,
                                    enum sd_response response)
{
    status_t status = command(at, SD_APP_CMD, at->address, SD_R1);
    return status == STATUS_OK ? command(at, index, argument, response) : status;
}

/* A card of version 1 does not answer; neither does an empty slot, which shows later. */
static status_t ask_voltage(struct identification *at)
{
    status_t status = command(at, SD_SEND_IF_COND, SD_IF_COND_3V3, SD_R7);
    if (status == STATUS_TIMED_OUT) {
        return STATUS_OK;
    }
    at->version_2 = true;
    bool echoed = (at->words[0] & SD_IF_COND_MASK) == SD_IF_COND_3V3;
    return status != STATUS_OK || echoed ? status : STATUS_UNSUPPORTED;
}

static status_t power_up(struct identification *at, struct sd_card *card)
{
    uint32_t argument = SD_OCR_VOLTAGES | (at->version_2 ? SD_OCR_CAPACITY : 0);
    for (int i = 0; i < SD_CARD_POWER_UP_TRIES; i++) {
        status_t status = application_command(at, SD_SEND_OP_COND, argument, SD_R3);
        if (status != STATUS_OK) {
            return status == STATUS_TIMED_OUT && i == 0 ? STATUS_NO_DEVICE : status;
        }
        if ((at->words[0] & SD_OCR_READY) != 0) {
            card->addressed_by_block = (at->words[0] & SD_OCR_CAPACITY) != 0;
            bool fits = (at->words[0] & SD_OCR_VOLTAGES) != 0 &&
                        (at->version_2 || !card->addressed_by_block);
            return fits ? STATUS_OK : STATUS_UNSUPPORTED;
        }
        at->host->operations->pause(at->host);
    }
    return STATUS_TIMED_OUT;
}

static status_t take_address(struct identification *at)
{
    status_t status = command(at, SD_ALL_SEND_CID, 0, SD_R2);
    if (status == STATUS_OK) {
        status = command(at, SD_SEND_RELATIVE_ADDR, 0, SD_R6);
    }
    if (status == STATUS_OK && (at->words[0] & SD_R6_ERRORS) != 0) {
        status = STATUS_IO_ERROR;
    }
    at->address = at->words[0] >> RCA_SHIFT << RCA_SHIFT;
    return status;
}

static status_t read_csd(struct identification *at, struct sd_card *card)
{
    uint8_t csd[SD_CSD_BYTES];
    status_t status = command(at, SD_SEND_CSD, at->address, SD_R2);
    for (uint32_t i = 0; i < SD_CSD_BYTES; i++) {
        csd[i] = (uint8_t)(at->words[i / 4] >> (24 - i % 4 * 8));
    }
    if (status == STATUS_OK && !sd_csd_read(csd, card)) {
        status = STATUS_UNSUPPORTED;
    }
    return status;
}

static status_t select(struct identification *at)
{
    status_t status = command(at, SD_SELECT_CARD, at->address, SD_R1B);
    if (status == STATUS_OK) {
        status = command(at, SD_SET_BLOCKLEN, SD_BLOCK, SD_R1);
    }
    if (status == STATUS_OK) {
        status = application_command(at, SD_SET_BUS_WIDTH, SD_BUS_WIDTH_4, SD_R1);
    }
    if (status == STATUS_OK) {
        at->host->operations->use_four_lines(at->host);
    }
    return status;
}

status_t sd_card_identify(struct sd_host *host, struct sd_card *card, const char **reason)
{
    struct identification at = {.host = host};
    *card = (struct sd_card){0};
    *reason = "the bus does not work";
    status_t status = command(&at, SD_GO_IDLE_STATE, 0, SD_NO_RESPONSE);
    if (status == STATUS_OK) {
        *reason = "the card does not take the voltage";
        status = ask_voltage(&at);
    }
    if (status == STATUS_OK) {
        *reason = "no SD memory card powers up here";
        status = power_up(&at, card);
    }
    if (status == STATUS_OK) {
        *reason = "the card takes no address";
        status = take_address(&at);
    }
    if (status == STATUS_OK) {
        *reason = "the card does not tell its size in a form that is known";
        status = read_csd(&at, card);
    }
    if (status == STATUS_OK) {
        *reason = "the card cannot be selected";
        status = select(&at);
    }
    return status;
}
