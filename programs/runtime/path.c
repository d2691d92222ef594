/* Absolute paths from relative ones, by text alone. */
#include "path.h"

#include <string.h>

/* Takes the last part of result[0..length) away; the new length. "" stands for the root. */
static size_t drop_part(const char *result, size_t length)
{
    while (length > 0 && result[length - 1] != '/') {
        length--;
    }
    return length > 0 ? length - 1 : 0;
}

/* Appends the parts of `path` to result[0..*length). */
static bool append_parts(const char *path, char *result, size_t *length)
{
    while (*path != '\0') {
        size_t part = strcspn(path, "/");
        if (part == 2 && path[0] == '.' && path[1] == '.') {
            *length = drop_part(result, *length);
        } else if (part > 0 && !(part == 1 && path[0] == '.')) {
            if (*length + 1 + part >= PATH_SIZE) {
                return false;
            }
            result[*length] = '/';
            memcpy(result + *length + 1, path, part);
            *length += 1 + part;
        }
        path += part;
        path += strspn(path, "/");
    }
    return true;
}

bool path_absolute(const char *directory, const char *path, char result[PATH_SIZE])
{
    size_t length = 0;
    if (*path == '\0') {
        return false;
    }
    if (*path != '/' && !append_parts(directory, result, &length)) {
        return false;
    }
    if (!append_parts(path, result, &length)) {
        return false;
    }
    if (length == 0) {
        result[length++] = '/';
    }
    result[length] = '\0';
    return true;
}
