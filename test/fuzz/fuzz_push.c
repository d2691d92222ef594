/*
 * libFuzzer: any bytes on the stream to the agent. The first byte chooses the size of the pieces in
 * which they come, and whether the sums of frames are made right, so that what is behind them is
 * reached. Nothing is written outside an object's room (which AddressSanitizer checks), and what is
 * said to be whole is.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 16, STREAM = 1 << 16 };

static struct transfer transfer;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool is_text(const char *text, size_t size)
{
    return text[0] != '\0' && memchr(text, '\0', size) != NULL && strpbrk(text, "\"\\\n") == NULL;
}

static void take(const struct frame *frame)
{
    require(frame->length <= FRAME_PAYLOAD);
    switch (transfer_take(&transfer, frame)) {
    case TRANSFER_BEGUN:
        require(transfer.size > 0 && transfer.size <= TRANSFER_MOST);
        require(is_text(transfer.name, TRANSFER_NAME) && is_text(transfer.file, TRANSFER_FILE));
        free(transfer.bytes);
        transfer.bytes = transfer.size <= ROOM ? malloc(transfer.size) : NULL;
        if (transfer.bytes == NULL) {
            transfer_break(&transfer);
        }
        break;
    case TRANSFER_WHOLE:
        require(transfer.received == transfer.size);
        break;
    case TRANSFER_REFUSED:
        require(transfer.why != NULL && memchr(transfer.name, '\0', TRANSFER_NAME) != NULL);
        break;
    default:
        break;
    }
}

/* Frames of the input: a kind, a length, and so many bytes; the rest comes as it is. */
static size_t build(const uint8_t *data, size_t size, uint8_t *stream)
{
    size_t used = 0;
    while (size >= 2 && size - 2 >= data[1] && used + FRAME_HEADER + data[1] <= STREAM) {
        frame_head(stream + used, (enum frame_kind)data[0], data + 2, data[1]);
        memcpy(stream + used + FRAME_HEADER, data + 2, data[1]);
        used += FRAME_HEADER + (size_t)data[1];
        size -= 2 + (size_t)data[1];
        data += 2 + data[1];
    }
    size = size < STREAM - used ? size : STREAM - used;
    memcpy(stream + used, data, size);
    return used + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t stream[STREAM];
    static struct frame_reader reader;
    if (size == 0) {
        return 0;
    }
    size_t piece = 1 + (data[0] & 0x7f) * 8u;
    size_t length = size - 1 < STREAM ? size - 1 : STREAM;
    memcpy(stream, data + 1, length);
    if ((data[0] & 0x80) != 0) {
        length = build(data + 1, size - 1, stream);
    }
    memset(&reader, 0, sizeof(reader));
    memset(&transfer, 0, sizeof(transfer));
    for (size_t at = 0; at < length;) {
        size_t end = at + piece < length ? at + piece : length;
        struct frame frame;
        do {
            at += frame_take(&reader, stream + at, end - at, &frame);
            if (frame.kind != FRAME_NONE) {
                take(&frame);
            }
        } while (frame.kind != FRAME_NONE);
        require(at == end);
    }
    free(transfer.bytes);
    return 0;
}
