/*
 * file_storm COUNT SEED PATH...: makes COUNT random calls of the file protocol, and of methods that
 * no protocol has, to what the paths name and to what these calls open; for tests of file servers.
 * Words, data, leases and handles are as a hostile client may send them. It prints how many calls
 * were answered with OK.
 */
#include <sinter/message.h>
#include <sinter/protocol/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

PROGRAM_NOTE("file_storm", "file_storm COUNT SEED PATH...: random calls of the file protocol");

#define POOL    32
#define METHODS 18 /* of the file protocol, and one too many */
#define BUFFER  (1 << 16)
#define OPENING (1 << 6) /* of as many calls one opens and keeps, so that others are closed */

static const char *const parts[] = {"a",   "b",    "c",       "d",   "..",   ".",  "",
                                    "tmp", "boot", "init.rc", "dev", "null", "log"};
static const uint64_t edges[] = {0, 1, 2, 255, 256, 4095, 4096, 4097, UINT32_MAX, INT64_MAX};

static uint64_t random_state;
static handle_t pool[POOL];
static uint8_t buffer[BUFFER];

/* xorshift64 */
static uint64_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t random_below(uint64_t limit)
{
    return random_word() % limit;
}

static uint64_t random_value(void)
{
    uint64_t edge = edges[random_below(sizeof(edges) / sizeof(edges[0]))];
    switch (random_below(4)) {
    case 0:
        return random_word();
    case 1:
        return -edge;
    default:
        return edge;
    }
}

/* A path, mostly; its bytes. */
static uint32_t put_data(uint8_t *data)
{
    uint32_t length = 0;
    if (random_below(8) == 0) {
        length = (uint32_t)random_below(LIMIT_MESSAGE_DATA + 1);
        for (uint32_t i = 0; i < length; i++) {
            data[i] = (uint8_t)random_word();
        }
        return length;
    }
    for (uint64_t left = random_below(6) / 2; left > 0; left--) {
        const char *part = parts[random_below(sizeof(parts) / sizeof(parts[0]))];
        memcpy(data + length, part, strlen(part));
        length += (uint32_t)strlen(part);
        data[length] = '/';
        length += left > 1;
    }
    return length;
}

static uint32_t put_leases(struct lease *leases)
{
    uint32_t count = (uint32_t)random_below(8);
    count = count <= LIMIT_MESSAGE_LEASES ? count : 1;
    for (uint32_t i = 0; i < count; i++) {
        leases[i] = (struct lease){.address = (uint64_t)(uintptr_t)buffer,
                                   .length = random_below(BUFFER + 1),
                                   .flags = LEASE_READ | LEASE_WRITE};
        if (random_below(16) == 0) {
            leases[i].flags = (uint32_t)random_word();
        }
        if (random_below(16) == 0) {
            leases[i].address = random_value();
        }
    }
    return count;
}

static uint32_t put_handles(uint64_t *handles)
{
    uint32_t count = random_below(16) == 0 ? (uint32_t)random_below(LIMIT_MESSAGE_HANDLES + 1) : 0;
    for (uint32_t i = 0; i < count; i++) {
        handles[i] = pool[random_below(POOL)];
    }
    return count;
}

/* What came is kept in place of something else, or closed. */
static void take_handles(const struct message_page *page, uint64_t tag)
{
    for (uint32_t i = 0; i < tag_handles(tag); i++) {
        handle_t *place = &pool[random_below(POOL)];
        if (random_below(OPENING) == 0) {
            status_ignore(handle_close(*place));
            *place = page->handles[i];
        } else {
            status_ignore(handle_close(page->handles[i]));
        }
    }
}

static bool call_once(void)
{
    struct message_page *page = message_page();
    struct message message;
    uint32_t method = PROTOCOL_FILE << METHOD_PROTOCOL_SHIFT | (uint32_t)random_below(METHODS);
    if (random_below(64) == 0) {
        method = (uint32_t)random_word() & (METHOD_NUMBER_MASK << 4 | METHOD_NUMBER_MASK);
    }
    uint32_t bytes = put_data(page->data);
    uint32_t handles = put_handles(page->handles);
    message_begin(&message, message_tag(method, bytes, handles, put_leases(page->leases)));
    for (int i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        message.words[i] = random_value();
    }
    if (random_below(2) == 0) {
        message.words[0] = random_below(FILE_EXCLUSIVE << 1); /* flags of open */
    }
    page->accept = LIMIT_MESSAGE_HANDLES;
    status_t status = port_call(pool[random_below(POOL)], &message);
    page->accept = 0;
    if (status == STATUS_OK) {
        take_handles(page, message.tag);
        status = tag_status(message.tag);
    }
    return status == STATUS_OK;
}

int main(int count, char **words)
{
    unsigned answered = 0;
    if (count < 4) {
        fputs("usage: file_storm COUNT SEED PATH...\n", stderr);
        return 2;
    }
    random_state = strtoull(words[2], NULL, 0) + 1;
    for (int i = 0; i < POOL; i++) {
        const char *path = words[3 + i % (count - 3)];
        status_t status = path_open(path, i / 8 % 2 == 0 ? 0 : FILE_READ, NULL, &pool[i]);
        if (status != STATUS_OK) {
            printf("%s: %s\n", path, status_text(status));
            return 1;
        }
    }
    for (uint64_t left = strtoull(words[1], NULL, 0); left > 0; left--) {
        answered += call_once();
    }
    printf("%u answered\n", answered);
    return 0;
}
