/* What the small programs share. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char tool_buffer[TOOL_BUFFER_SIZE];

int tool_fail(const char *name, const char *what)
{
    int error = errno;
    if (error == EPIPE) {
        return EXIT_FAILURE;
    }
    (void)fflush(stdout);
    fprintf(stderr, "%s: %s: %s\n", name, what, strerror(error));
    return EXIT_FAILURE;
}

int tool_usage(const char *text)
{
    fprintf(stderr, "usage: %s\n", text);
    return TOOL_USAGE;
}

int tool_each_file(const char *name, int count, char **paths,
                   int (*each)(int file, const char *path))
{
    int result = 0;
    if (count <= 0) {
        return each(STDIN_FILENO, "-") != 0;
    }
    for (int i = 0; i < count; i++) {
        int file = open(paths[i], O_RDONLY);
        if (file < 0) {
            result = tool_fail(name, paths[i]);
            continue;
        }
        if (each(file, paths[i]) != 0) {
            result = EXIT_FAILURE;
        }
        (void)close(file);
    }
    return result;
}

bool tool_write(int file, const void *data, size_t size)
{
    const char *rest = data;
    while (size > 0) {
        ssize_t count = write(file, rest, size);
        if (count <= 0) {
            errno = count == 0 ? ENOSPC : errno;
            return false;
        }
        rest += count;
        size -= (size_t)count;
    }
    return true;
}

bool tool_number(const char *text, uint64_t *value)
{
    char *rest;
    errno = 0;
    *value = strtoull(text, &rest, 0);
    return *text >= '0' && *text <= '9' && *rest == '\0' && errno == 0;
}
