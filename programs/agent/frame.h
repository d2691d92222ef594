/*
 * Frames on a stream of bytes that may lose some: what `./run push` and the agent say to each
 * other.
 *
 * A frame is a header (little-endian, FRAME_HEADER bytes) and its payload:
 *   u32 FRAME_MAGIC   u16 kind   u16 bytes of the payload   u32 CRC-32 of kind, bytes and payload
 * Whatever is no frame is skipped, byte by byte; so after anything at all the next whole frame is
 * found, at the latest once FRAME_HEADER + FRAME_PAYLOAD bytes more have come.
 * tools/harness/push.py is the other side. Pure.
 */
#ifndef AGENT_FRAME_H
#define AGENT_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAGIC UINT32_C(0x48535550) /* "PUSH" */

enum { FRAME_HEADER = 12, FRAME_PAYLOAD = 4096 };

enum frame_kind {
    FRAME_NONE,
    /* From the host. */
    FRAME_BEGIN, /* u32 token, u32 size of the object; name of the service and file, each ended by
                    NUL. The token is any number; the answers have it */
    FRAME_DATA,  /* u32 offset; bytes of the object, in their order */
    /* From the system. */
    FRAME_TEXT, /* u32 token; for people: how it ended */
    FRAME_LOG,  /* u32 token; for people: what the log says of it */
    FRAME_END,  /* u32 token, u32: 0, the service runs with the object; 1, it does not */
};

struct frame {
    enum frame_kind kind;
    const uint8_t *payload;
    uint32_t length;
};

struct frame_reader {
    uint32_t used;
    uint32_t whole; /* bytes of the frame that was given out, to be dropped */
    uint8_t bytes[FRAME_HEADER + FRAME_PAYLOAD];
};

/*
 * Takes bytes until a frame is whole; answers how many. frame->kind FRAME_NONE: all were taken, and
 * there is none yet. The payload is valid until the next call.
 */
size_t frame_take(struct frame_reader *reader, const uint8_t *bytes, size_t length,
                  struct frame *frame);

/* Puts the header before a payload of at most FRAME_PAYLOAD bytes. */
void frame_head(uint8_t header[FRAME_HEADER], enum frame_kind kind, const uint8_t *payload,
                uint32_t length);

uint32_t frame_get32(const uint8_t *bytes);
void frame_put32(uint8_t *bytes, uint32_t value);

#endif
