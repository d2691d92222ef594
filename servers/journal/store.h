/*
 * The file that the journal appends to, and the older one beside it (`NAME.old`).
 *
 * It is open only while something is written, so its file system can be stopped and its server
 * restarted in between. What store_append() could not write is to be given to it again.
 */
#ifndef JOURNAL_STORE_H
#define JOURNAL_STORE_H

#include <sinter/system.h>
#include <stddef.h>

enum { STORE_PATH = 192 };

struct store {
    handle_t names;
    const char *path; /* without a leading slash */
    uint64_t limit;   /* bytes; when the file would be longer it becomes the old one */
};

/* The end of the file, up to `room` bytes; a file that is not there is empty. */
SINTER_MUST_CHECK status_t store_end(const struct store *store, char *to, size_t room,
                                     size_t *length);
/* Appends, and waits until it is on the disk. A line at the end that was cut short is ended
 * first. */
SINTER_MUST_CHECK status_t store_append(const struct store *store, const char *text, size_t length);

#endif
