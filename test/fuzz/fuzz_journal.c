/*
 * Fuzzes where the journal goes on: the first part of the input is the end of its file, the rest a
 * log. What is found lies inside, between whole lines.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No larger than it is, so that reading beyond it is seen. */
static char *copy(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size == 0 ? 1 : size);
    if (bytes == NULL) {
        abort();
    }
    memcpy(bytes, data, size);
    return bytes;
}

static void check(const char *file, size_t file_size, const char *log, size_t log_size)
{
    size_t behind = 0;
    struct line line = lines_last(file, file_size);
    if (line.length != 0 && (line.text[0] != '[' || line.text[line.length] != '\n' ||
                             (line.text != file && line.text[-1] != '\n'))) {
        abort();
    }
    if (lines_behind(log, log_size, &line, &behind) &&
        (behind > log_size || behind < line.length + 1 || log[behind - 1] != '\n' ||
         memcmp(log + behind - 1 - line.length, line.text, line.length) != 0)) {
        abort();
    }
    if (lines_whole(log, log_size) > log_size) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        size_t first = data[0] % size;
        char *file = copy(data + 1, first);
        char *log = copy(data + 1 + first, size - 1 - first);
        check(file, first, log, size - 1 - first);
        free(file);
        free(log);
    }
    return 0;
}
