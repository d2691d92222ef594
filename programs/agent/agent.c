/*
 * The other end of `./run push`: takes objects from the host (frame.h), has the supervisor replace
 * services by them, and answers with its text, what the log says, and how it ended.
 *
 * It is no service: init.rc keeps it running on a stream to the host, as a prompt on a console,
 * with the start handle `service`. The host can do through it what `svc replace` can.
 */
#include <fcntl.h>
#include <sinter/protocol/service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_line.h"
#include "note.h"
#include "program.h"
#include "tool.h"
#include "transfer.h"

PROGRAM_NOTE("agent", "agent: takes objects that `./run push` sends; init.rc starts it");

#define LOG_PATH "/dev/log"
#define LOG_TIME 300000000u /* ns, in which a new instance can say its first words */

enum {
    TOKEN_BYTES = 4,
    LINE_BYTES = 128,
    TEXT_BYTES = 8192, /* of an answer of the supervisor */
    LOG_LINE = 256,
};

static struct transfer transfer;

/* ---- answers -------------------------------------------------------------------------------- */

static void send(enum frame_kind kind, const void *bytes, size_t length)
{
    uint8_t frame[FRAME_HEADER + FRAME_PAYLOAD];
    uint8_t *payload = frame + FRAME_HEADER;
    const uint8_t *at = bytes;
    frame_put32(payload, transfer.token);
    do {
        size_t part = length < FRAME_PAYLOAD - TOKEN_BYTES ? length : FRAME_PAYLOAD - TOKEN_BYTES;
        memcpy(payload + TOKEN_BYTES, at, part);
        frame_head(frame, kind, payload, (uint32_t)(TOKEN_BYTES + part));
        (void)tool_write(STDOUT_FILENO, frame, FRAME_HEADER + TOKEN_BYTES + part);
        at += part;
        length -= part;
    } while (length > 0);
}

static void send_end(bool good)
{
    uint8_t code[sizeof(uint32_t)];
    frame_put32(code, good ? 0 : 1);
    send(FRAME_END, code, sizeof(code));
}

static void fail(const char *why)
{
    char text[LINE_BYTES + LINE_BYTES];
    bool has_name = transfer.name[0] != '\0';
    (void)snprintf(text, sizeof(text), "%s%s%s\n", transfer.name, has_name ? ": " : "", why);
    send(FRAME_TEXT, text, strlen(text));
    send_end(false);
}

/* ---- the log -------------------------------------------------------------------------------- */

static void send_line(char *line, size_t length, uint64_t since)
{
    line[length] = '\0';
    bool wanted = log_line_is_of(line, transfer.name) || log_line_is_of(line, "init");
    if (wanted && log_line_time(line) >= since) {
        line[length] = '\n';
        send(FRAME_LOG, line, length + 1);
    }
}

/* What the service, and the supervisor, have said since then. */
static void send_log(uint64_t since)
{
    char line[LOG_LINE];
    size_t used = 0;
    ssize_t count;
    int file = open(LOG_PATH, O_RDONLY);
    while (file >= 0 && (count = read(file, tool_buffer, sizeof(tool_buffer))) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            if (tool_buffer[i] == '\n') {
                send_line(line, used, since);
                used = 0;
            } else if (used < sizeof(line) - 1) {
                line[used++] = tool_buffer[i];
            }
        }
    }
    if (file >= 0) {
        close(file);
    }
}

/* ---- objects -------------------------------------------------------------------------------- */

static void replace(void)
{
    char line[LINE_BYTES];
    uint64_t since = clock_read();
    uint64_t length = 0;
    uint64_t room = transfer.size > TEXT_BYTES ? transfer.size : TEXT_BYTES;
    int count =
        snprintf(line, sizeof(line), "replace \"%s\" with \"%s\"", transfer.name, transfer.file);
    status_t status = service_replace(program_handle("service"), line, (size_t)count, transfer.size,
                                      transfer.bytes, room, &length);
    if (length == 0) {
        fail(status_text(status));
        return;
    }
    send(FRAME_TEXT, transfer.bytes, length < room ? length : room);
    status_ignore(program_sleep(LOG_TIME));
    send_log(since);
    send_end(status == STATUS_OK);
}

static void make_room(void)
{
    free(transfer.bytes);
    transfer.bytes = malloc(transfer.size > TEXT_BYTES ? transfer.size : TEXT_BYTES);
    if (transfer.bytes == NULL) {
        transfer_break(&transfer);
        fail("there is no memory for an object of this size");
    }
}

static void take(const struct frame *frame)
{
    switch (transfer_take(&transfer, frame)) {
    case TRANSFER_BEGUN:
        make_room();
        break;
    case TRANSFER_WHOLE:
        replace();
        break;
    case TRANSFER_REFUSED:
        fail(transfer.why);
        break;
    default:
        break;
    }
    if (transfer.state != TRANSFER_RUNS) {
        free(transfer.bytes);
        transfer.bytes = NULL;
    }
}

int main(void)
{
    static struct frame_reader reader;
    static uint8_t bytes[FRAME_PAYLOAD];
    ssize_t count;
    while ((count = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
        struct frame frame;
        size_t taken = 0;
        do {
            taken += frame_take(&reader, bytes + taken, (size_t)count - taken, &frame);
            if (frame.kind != FRAME_NONE) {
                take(&frame);
            }
        } while (frame.kind != FRAME_NONE);
    }
    return EXIT_FAILURE;
}
