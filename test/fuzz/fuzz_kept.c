/*
 * Fuzzes what is found after a reset: any bytes are taken as the log of the boot before and as the
 * reports of crashes; what comes out is text, and a report can be added.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sinter/abi.h>

#include "crash_store.h"
#include "kept_log.h"

enum { STORE = 32752, LOG = sizeof(struct kept_log) };

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

static void check_text(const char *text, size_t room)
{
    const char *end = memchr(text, '\0', room);
    for (; end != NULL && text < end; text++) {
        if ((*text < ' ' && *text != '\n' && *text != '\t') || *text > '~') {
            abort();
        }
    }
    if (end == NULL) {
        abort();
    }
}

static void try_log(const uint8_t *data, size_t size)
{
    char text[100] = "";
    struct kept_log_text log;
    void *bytes = fill(data, size, LOG);
    (void)kept_log_open(bytes, &log);
    for (uint64_t at = 0; at < log.length; at += sizeof(text) - 1) {
        text[kept_log_copy(&log, at, text, sizeof(text) - 1)] = '\0';
        check_text(text, sizeof(text));
    }
    (void)kept_log_has_panic(&log);
    free(bytes);
}

static void try_store(const uint8_t *data, size_t size)
{
    struct crash_store store;
    void *bytes = fill(data, size, STORE);
    crash_store_open(&store, bytes, STORE);
    for (uint32_t age = 0; age < CRASH_RECORDS; age++) {
        const struct crash_record *record = crash_store_at(&store, age);
        if (record != NULL) {
            check_text(record->name, sizeof(record->name));
            check_text(record->what, sizeof(record->what));
            check_text(record->text, sizeof(record->text));
        }
    }
    crash_store_add(&store, "name", 1, "what", "text");
    if (crash_store_at(&store, 0) == NULL) {
        abort();
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        try_log(data, size);
        try_store(data, size);
    }
    return 0;
}
