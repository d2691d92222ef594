/*
 * Fuzzes what is found after a reset: any bytes are taken as the log of the boot before and as the
 * reports of crashes; what comes out is text, and a report can be added. The first byte chooses
 * what of it is made right before: the log's magic number, heads, records' numbers and boots, their
 * texts, their checksums. So what lies behind each is reached.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sinter/abi.h>

#include "crash_store.h"
#include "kept_log.h"

enum { STORE = 32752, LOG = sizeof(struct kept_log), HEAD = 16 };
enum {
    RIGHT_LOG = 1,
    RIGHT_HEAD = 2,
    RIGHT_NUMBERS = 4,
    RIGHT_TEXTS = 8,
    RIGHT_SUMS = 16,
    RIGHT_STORE = RIGHT_HEAD | RIGHT_NUMBERS | RIGHT_TEXTS | RIGHT_SUMS
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, repeated: the memory has one size. */
static void *fill(const uint8_t *data, size_t size, size_t room)
{
    uint8_t *bytes = malloc(room);
    if (bytes == NULL) {
        abort();
    }
    for (size_t at = 0; at < room; at += size) {
        memcpy(bytes + at, data, size < room - at ? size : room - at);
    }
    return bytes;
}

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_text(const char *text, size_t room)
{
    const char *end = memchr(text, '\0', room);
    require(end != NULL);
    for (; text < end; text++) {
        require((*text >= ' ' && *text <= '~') || *text == '\n' || *text == '\t');
    }
}

static void try_log(uint8_t choice, const uint8_t *data, size_t size)
{
    char text[100] = "";
    struct kept_log_text log;
    struct kept_log *bytes = fill(data, size, LOG);
    if ((choice & RIGHT_LOG) != 0) {
        bytes->magic = KEPT_LOG_MAGIC;
        bytes->written |= 1;
    }
    require(kept_log_open(bytes, &log) || (choice & RIGHT_LOG) == 0);
    require(log.length <= KEPT_LOG_SIZE);
    for (uint64_t at = 0; at < log.length; at += sizeof(text) - 1) {
        text[kept_log_copy(&log, at, text, sizeof(text) - 1)] = '\0';
        check_text(text, sizeof(text));
    }
    (void)kept_log_has_panic(&log);
    free(bytes);
}

/* FNV-1a, of all that is behind the checksum. */
static uint32_t sum_of(const void *from, size_t size)
{
    const uint8_t *bytes = from;
    uint32_t sum = 0x811c9dc5;
    for (size_t i = 2 * sizeof(uint32_t); i < size; i++) {
        sum = (sum ^ bytes[i]) * 0x01000193;
    }
    return sum;
}

static void make_head_right(uint8_t *head)
{
    const uint64_t boot = 1 << 20 | head[8];
    memcpy(head, "CRHS", 4);
    memcpy(head + 8, &boot, sizeof(boot));
    const uint32_t sum = sum_of(head, HEAD);
    memcpy(head + 4, &sum, sizeof(sum));
}

static void make_text_right(char *text, size_t room)
{
    for (size_t i = 0; i < room; i++) {
        text[i] = (char)(text[i] & 0x7f);
        text[i] = text[i] < ' ' || text[i] == 0x7f ? '\n' : text[i];
    }
    memset(text + (uint8_t)text[0] % room, 0, room - (uint8_t)text[0] % room);
}

/* Each in its place; numbers may have gaps, so that some are older than all that are kept. */
static void make_record_right(uint8_t choice, uint8_t *bytes, uint32_t place)
{
    struct crash_record record;
    memcpy(&record, bytes, sizeof(record));
    if ((choice & RIGHT_NUMBERS) != 0) {
        record.number = (1 + (uint8_t)(record.number >> 8) % 4) * CRASH_RECORDS + place;
        record.boot = 1 + (record.boot & 0xffff);
    }
    if ((choice & RIGHT_TEXTS) != 0) {
        make_text_right(record.name, sizeof(record.name));
        make_text_right(record.what, sizeof(record.what));
        make_text_right(record.text, sizeof(record.text));
    }
    memcpy(&record.magic, "CRHR", 4);
    record.check = sum_of(&record, sizeof(record));
    memcpy(bytes, &record, sizeof(record));
}

static void make_right(uint8_t choice, uint8_t *bytes)
{
    if ((choice & RIGHT_HEAD) != 0) {
        make_head_right(bytes);
    }
    for (uint32_t i = 0; i < CRASH_RECORDS && (choice & RIGHT_SUMS) != 0; i++) {
        make_record_right(choice, bytes + HEAD + i * sizeof(struct crash_record), i);
    }
}

static void try_store(uint8_t choice, const uint8_t *data, size_t size)
{
    struct crash_store store;
    void *bytes = fill(data, size, STORE);
    make_right(choice, bytes);
    crash_store_open(&store, bytes, STORE);
    if ((choice & RIGHT_STORE) == RIGHT_STORE) {
        require(store.boot > 1 << 20 && store.last >= 2 * CRASH_RECORDS - 1);
        require(crash_store_at(&store, 0) != NULL);
    }
    for (uint32_t age = 0; age < CRASH_RECORDS; age++) {
        const struct crash_record *record = crash_store_at(&store, age);
        if (record != NULL) {
            check_text(record->name, sizeof(record->name));
            check_text(record->what, sizeof(record->what));
            check_text(record->text, sizeof(record->text));
        }
    }
    crash_store_add(&store, "name", 1, "what", "text");
    require(crash_store_at(&store, 0) != NULL);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1) {
        try_log(data[0], data + 1, size - 1);
        try_store(data[0], data + 1, size - 1);
    }
    return 0;
}
