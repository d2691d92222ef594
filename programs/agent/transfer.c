/*
 * Transfers: see transfer.h.
 */
#include "transfer.h"

#include <stdbool.h>
#include <string.h>

enum { NUMBER = 4, NUMBERS = 8 }; /* bytes of the number before data, of those before names */

static enum transfer_result refuse(struct transfer *transfer, const char *why)
{
    transfer->state = TRANSFER_BROKEN;
    transfer->why = why;
    return TRANSFER_REFUSED;
}

void transfer_break(struct transfer *transfer)
{
    transfer->state = TRANSFER_BROKEN;
}

/* A text of printable characters without quotes, ended by NUL; null: it is none, or too long. */
static const uint8_t *take_text(const uint8_t *at, const uint8_t *end, char *to, size_t size)
{
    for (size_t i = 0; i < size && at < end; i++, at++) {
        to[i] = (char)*at;
        if (*at == '\0') {
            return i == 0 ? NULL : at + 1;
        }
        if (*at < ' ' || *at == '"' || *at == '\\' || *at == 0x7f) {
            return NULL;
        }
    }
    return NULL;
}

static bool take_texts(struct transfer *transfer, const struct frame *frame)
{
    const uint8_t *end = frame->payload + frame->length;
    const uint8_t *at =
        take_text(frame->payload + NUMBERS, end, transfer->name, sizeof(transfer->name));
    if (at != NULL) {
        at = take_text(at, end, transfer->file, sizeof(transfer->file));
    }
    return at == end;
}

static enum transfer_result begin(struct transfer *transfer, const struct frame *frame)
{
    bool is_whole = frame->length > NUMBERS;
    transfer->token = is_whole ? frame_get32(frame->payload) : 0;
    transfer->size = is_whole ? frame_get32(frame->payload + NUMBER) : 0;
    if (!is_whole || !take_texts(transfer, frame)) {
        transfer->name[0] = '\0';
        return refuse(transfer, "the name of the service or file is none; up to 23 and 47 "
                                "characters, without quotes");
    }
    if (transfer->size == 0 || transfer->size > TRANSFER_MOST) {
        return refuse(transfer, "an object has at least one byte, and at most 8 MiB");
    }
    transfer->state = TRANSFER_RUNS;
    transfer->received = 0;
    return TRANSFER_BEGUN;
}

static enum transfer_result add(struct transfer *transfer, const struct frame *frame)
{
    if (transfer->state == TRANSFER_BROKEN) {
        return TRANSFER_NOTHING;
    }
    uint32_t length = frame->length < NUMBER ? 0 : frame->length - NUMBER;
    bool fits = transfer->state == TRANSFER_RUNS && length > 0 &&
                frame_get32(frame->payload) == transfer->received &&
                length <= transfer->size - transfer->received;
    if (!fits) {
        return refuse(transfer, "bytes were lost on the way; push again");
    }
    memcpy(transfer->bytes + transfer->received, frame->payload + NUMBER, length);
    transfer->received += length;
    if (transfer->received < transfer->size) {
        return TRANSFER_NOTHING;
    }
    transfer->state = TRANSFER_IDLE;
    return TRANSFER_WHOLE;
}

enum transfer_result transfer_take(struct transfer *transfer, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_BEGIN:
        return begin(transfer, frame);
    case FRAME_DATA:
        return add(transfer, frame);
    default:
        return TRANSFER_NOTHING;
    }
}
