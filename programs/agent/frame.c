/*
 * Frames: see frame.h.
 */
#include "frame.h"

#include <stdbool.h>
#include <string.h>

enum { AT_KIND = 4, AT_LENGTH = 6, AT_SUM = 8 };

uint32_t frame_get32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

void frame_put32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint32_t get16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

/* CRC-32 of IEEE 802.3, reflected, four bits at a time. */
static uint32_t add_sum(uint32_t sum, const uint8_t *bytes, size_t length)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    for (size_t i = 0; i < length; i++) {
        sum ^= bytes[i];
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return sum;
}

static uint32_t sum_of(const uint8_t *header, const uint8_t *payload, uint32_t length)
{
    uint32_t sum = add_sum(UINT32_MAX, header + AT_KIND, AT_SUM - AT_KIND);
    return ~add_sum(sum, payload, length);
}

void frame_head(uint8_t header[FRAME_HEADER], enum frame_kind kind, const uint8_t *payload,
                uint32_t length)
{
    frame_put32(header, FRAME_MAGIC);
    frame_put32(header + AT_KIND, (uint32_t)kind | length << 16);
    frame_put32(header + AT_SUM, sum_of(header, payload, length));
}

/* Bytes that are wanted before it can be said whether a frame begins; 0: none does here. */
static uint32_t wanted(const uint8_t *bytes, uint32_t used)
{
    uint8_t magic[AT_KIND];
    frame_put32(magic, FRAME_MAGIC);
    if (memcmp(bytes, magic, used < sizeof(magic) ? used : sizeof(magic)) != 0) {
        return 0;
    }
    if (used < FRAME_HEADER) {
        return FRAME_HEADER;
    }
    uint32_t length = get16(bytes + AT_LENGTH);
    uint32_t whole = FRAME_HEADER + length;
    if (length > FRAME_PAYLOAD || get16(bytes + AT_KIND) == FRAME_NONE) {
        return 0;
    }
    bool good =
        used < whole || frame_get32(bytes + AT_SUM) == sum_of(bytes, bytes + FRAME_HEADER, length);
    return good ? whole : 0;
}

/* Goes to the next place where a frame may begin; answers how many bytes are wanted from there. */
static uint32_t seek(struct frame_reader *reader, uint32_t at)
{
    uint32_t need = 0;
    while (at < reader->used && (need = wanted(reader->bytes + at, reader->used - at)) == 0) {
        at++;
    }
    reader->used -= at;
    memmove(reader->bytes, reader->bytes + at, reader->used);
    return need == 0 ? FRAME_HEADER : need;
}

size_t frame_take(struct frame_reader *reader, const uint8_t *bytes, size_t length,
                  struct frame *frame)
{
    size_t taken = 0;
    uint32_t need = seek(reader, reader->whole);
    reader->whole = 0;
    while (reader->used < need && taken < length) {
        size_t more = need - reader->used;
        more = more < length - taken ? more : length - taken;
        memcpy(reader->bytes + reader->used, bytes + taken, more);
        reader->used += (uint32_t)more;
        taken += more;
        need = seek(reader, 0);
    }
    *frame = (struct frame){.kind = FRAME_NONE};
    if (reader->used >= need) {
        reader->whole = need;
        frame->kind = (enum frame_kind)get16(reader->bytes + AT_KIND);
        frame->payload = reader->bytes + FRAME_HEADER;
        frame->length = need - FRAME_HEADER;
    }
    return taken;
}
