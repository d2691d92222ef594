/*
 * `svc replace NAME with FILE`: see svc_replace.h.
 */
#include "svc_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <sinter/protocol/service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT_SET "/boot/"

enum { LINE_SIZE = 128, PATH_MOST = 47 }; /* of an object in a line: docs/INIT.md */

bool svc_names_file(const char *word)
{
    return strchr(word, '/') != NULL && strncmp(word, BOOT_SET, sizeof(BOOT_SET) - 1) != 0;
}

/* Bytes of the file; -1: errno says why not. */
static ssize_t read_all(int file, char *bytes, size_t room)
{
    size_t length = 0;
    ssize_t count = 0;
    while (length < room && (count = read(file, bytes + length, room - length)) > 0) {
        length += (size_t)count;
    }
    return count < 0 ? -1 : (ssize_t)length;
}

/* In memory with room for the answer; null: errno says why not. */
static char *load(const char *path, size_t *room, size_t *size)
{
    int file = open(path, O_RDONLY);
    off_t end = file < 0 ? -1 : lseek(file, 0, SEEK_END);
    char *bytes = NULL;
    if (end > SVC_OBJECT_MOST) {
        errno = EFBIG;
    } else if (end >= 0 && lseek(file, 0, SEEK_SET) == 0) {
        *room = (size_t)end > SVC_TEXT_LEAST ? (size_t)end : SVC_TEXT_LEAST;
        bytes = malloc(*room);
        ssize_t count = bytes != NULL ? read_all(file, bytes, (size_t)end) : -1;
        *size = count < 0 ? 0 : (size_t)count;
        if (bytes != NULL && count < 0) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (file >= 0) {
        int error = errno;
        close(file);
        errno = error;
    }
    return bytes;
}

/* A path that is too long for the line is told by its end. */
static const char *shown(const char *path)
{
    size_t length = strlen(path);
    return length > PATH_MOST ? path + length - PATH_MOST : path;
}

status_t svc_replace(handle_t supervisor, const char *name, const char *path, char **text,
                     uint64_t *length)
{
    char line[LINE_SIZE];
    size_t room = 0;
    size_t size = 0;
    *length = 0;
    *text = load(path, &room, &size);
    int count = snprintf(line, sizeof(line), "replace \"%s\" with \"%s\"", name, shown(path));
    if (*text == NULL) {
        return STATUS_NOT_FOUND;
    }
    if (count < 0 || (size_t)count >= sizeof(line)) {
        return STATUS_TOO_LARGE;
    }
    status_t status = service_replace(supervisor, line, (size_t)count, size, *text, room, length);
    *length = *length < room ? *length : room;
    return status;
}
