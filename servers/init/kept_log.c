/*
 * The log of the boot before: see kept_log.h.
 */
#include "kept_log.h"

#include <sinter/abi.h>

bool kept_log_open(const struct kept_log *kept, struct kept_log_text *log)
{
    *log = (struct kept_log_text){0};
    if (kept->magic != KEPT_LOG_MAGIC || kept->written == 0) {
        return false;
    }
    log->ring = kept->text;
    log->length = kept->written < KEPT_LOG_SIZE ? kept->written : KEPT_LOG_SIZE;
    log->first = kept->written - log->length;
    return true;
}

static char byte_at(const struct kept_log_text *log, uint64_t offset)
{
    char c = log->ring[(log->first + offset) % KEPT_LOG_SIZE];
    return (c < ' ' && c != '\n' && c != '\t') || c > '~' ? '?' : c;
}

size_t kept_log_copy(const struct kept_log_text *log, uint64_t offset, char *to, size_t limit)
{
    size_t count = 0;
    while (count < limit && offset + count < log->length) {
        to[count] = byte_at(log, offset + count);
        count++;
    }
    return count;
}

bool kept_log_has_panic(const struct kept_log_text *log)
{
    static const char panic[] = "\nkernel panic on CPU ";
    size_t same = 0;
    for (uint64_t i = 0; i < log->length && same < sizeof(panic) - 1; i++) {
        char c = byte_at(log, i);
        same = c == panic[same] ? same + 1 : c == panic[0];
    }
    return same == sizeof(panic) - 1;
}
