/*
 * `svc check FILE`: see svc_check.h. The parser is init's own.
 */
#include "svc_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "script_check.h"

enum { FILE_MOST = 128 << 10 };

struct room {
    struct script_statement statements[SCRIPT_STATEMENTS];
    char text[FILE_MOST];
};

static void print_error(void *context, uint32_t line, const char *error)
{
    fprintf(stderr, "%s:%u: %s\n", (const char *)context, (unsigned)line, error);
}

/* Bytes of the file; -1: errno says why not. */
static ssize_t read_all(const char *path, char *text)
{
    size_t length = 0;
    ssize_t count;
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return -1;
    }
    while ((count = read(file, text + length, FILE_MOST - length)) > 0) {
        length += (size_t)count;
    }
    int error = count < 0 ? errno : length == FILE_MOST ? EFBIG : 0;
    close(file);
    errno = error;
    return error == 0 ? (ssize_t)length : -1;
}

int svc_check(const char *path)
{
    struct room *room = malloc(sizeof(*room));
    ssize_t length = room == NULL ? -1 : read_all(path, room->text);
    if (length < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        free(room);
        return EXIT_FAILURE;
    }
    size_t errors = script_check(room->text, (size_t)length, room->statements, print_error,
                                 (void *)(uintptr_t)path);
    free(room);
    return errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
