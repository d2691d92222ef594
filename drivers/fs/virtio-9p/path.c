/* Paths: see path.h. */
#include "path.h"

#include "ninep.h"

static bool part_is_good(const char *part, size_t length)
{
    bool dots = length <= 2 && length > 0 && part[0] == '.' && part[length - 1] == '.';
    return length > 0 && length <= NINEP_NAME_BYTES && !dots;
}

bool path_is_good(const char *bytes, size_t length)
{
    size_t start = 0;
    if (length == 0) {
        return true;
    }
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\0') {
            return false;
        }
        if (bytes[i] == '/') {
            if (!part_is_good(bytes + start, i - start)) {
                return false;
            }
            start = i + 1;
        }
    }
    return part_is_good(bytes + start, length - start);
}

static void append(struct path *path, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        path->bytes[path->length++] = bytes[i];
    }
}

bool path_join(struct path *path, const char *directory, size_t directory_length, const char *rest,
               size_t rest_length)
{
    size_t slash = directory_length > 0 && rest_length > 0 ? 1 : 0;
    path->length = 0;
    if (directory_length > PATH_BYTES || rest_length > PATH_BYTES ||
        directory_length + slash + rest_length > PATH_BYTES) {
        return false;
    }
    append(path, directory, directory_length);
    append(path, "/", slash);
    append(path, rest, rest_length);
    return true;
}

size_t path_last(const char *bytes, size_t length)
{
    size_t at = length;
    while (at > 0 && bytes[at - 1] != '/') {
        at--;
    }
    return at;
}

size_t path_parent(const char *bytes, size_t length)
{
    size_t last = path_last(bytes, length);
    return last > 0 ? last - 1 : 0;
}

static bool starts(const char *bytes, const char *with, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != with[i]) {
            return false;
        }
    }
    return true;
}

bool path_same(const char *a, size_t a_length, const char *b, size_t b_length)
{
    return a_length == b_length && starts(a, b, b_length);
}

bool path_is_within(const char *bytes, size_t length, const char *directory,
                    size_t directory_length)
{
    if (directory_length == 0) {
        return true;
    }
    return length >= directory_length && starts(bytes, directory, directory_length) &&
           (length == directory_length || bytes[directory_length] == '/');
}
