/*
 * What is mounted where: see bindings.h.
 */
#include "bindings.h"

/* The number of bytes of `path` if `of`, `length` bytes, is the same or goes on below it; else 0.
 */
static size_t begins_with(const char *path, const char *of, size_t length)
{
    size_t i = 0;
    while (path[i] != '\0' && i < length && path[i] == of[i]) {
        i++;
    }
    return path[i] == '\0' && (i == length || of[i] == '/') ? i : 0;
}

int bindings_find(const struct bindings *bindings, const char *path, size_t length, size_t *rest)
{
    size_t best = 0;
    int found = BINDINGS_NONE;
    for (int i = 0; i < BINDINGS; i++) {
        size_t matched = begins_with(bindings->places[i].path, path, length);
        if (matched > best) {
            best = matched;
            found = i;
        }
    }
    *rest = best < length ? length - best - 1 : 0;
    return found;
}

/* Whether a binding lies below the path: not at it. */
static bool lies_below(const struct binding *binding, const char *path, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (binding->path[i] == '\0' || binding->path[i] != path[i]) {
            return false;
        }
    }
    return length == 0 ? binding->path[0] != '\0' : binding->path[length] == '/';
}

static uint32_t parts_of(const char *path, size_t length)
{
    uint32_t parts = length > 0;
    for (size_t i = 0; i < length; i++) {
        parts += path[i] == '/';
    }
    return parts;
}

bool bindings_directory(const struct bindings *bindings, const char *path, size_t length,
                        uint32_t *number)
{
    *number = 0;
    if (length == 0) {
        return true;
    }
    for (uint32_t i = 0; i < BINDINGS; i++) {
        if (lies_below(&bindings->places[i], path, length)) {
            *number = parts_of(path, length) << BINDING_DEPTH_SHIFT | i;
            return true;
        }
    }
    return false;
}

/* Bytes of the first `parts` parts; 0: it has not more than those. */
static size_t length_of_parts(const char *path, uint32_t parts)
{
    for (size_t i = 0; path[i] != '\0'; i++) {
        if (path[i] == '/' && --parts == 0) {
            return i;
        }
    }
    return 0;
}

bool bindings_directory_path(const struct bindings *bindings, uint32_t number,
                             char path[BINDING_PATH], size_t *length)
{
    uint32_t place = number & ((1u << BINDING_DEPTH_SHIFT) - 1);
    uint32_t parts = number >> BINDING_DEPTH_SHIFT;
    *length = 0;
    if (parts == 0 || place >= BINDINGS) {
        return number == 0;
    }
    *length = length_of_parts(bindings->places[place].path, parts);
    for (size_t i = 0; i < *length; i++) {
        path[i] = bindings->places[place].path[i];
    }
    return *length > 0;
}

/* The part of a binding's path that follows a directory. */
static size_t next_part(const struct binding *binding, size_t length, const char **name)
{
    size_t skip = length == 0 ? 0 : length + 1;
    size_t end = skip;
    while (binding->path[end] != '\0' && binding->path[end] != '/') {
        end++;
    }
    *name = binding->path + skip;
    return end - skip;
}

/* Whether a binding before this one gives the same name in the directory. */
static bool is_repeated(const struct bindings *bindings, int place, size_t length)
{
    const struct binding *binding = &bindings->places[place];
    const char *name;
    size_t whole = (length == 0 ? 0 : length + 1) + next_part(binding, length, &name);
    for (int i = 0; i < place; i++) {
        const struct binding *earlier = &bindings->places[i];
        if (lies_below(earlier, binding->path, whole) ||
            begins_with(earlier->path, binding->path, whole) == whole) {
            return true;
        }
    }
    return false;
}

bool bindings_entry(const struct bindings *bindings, uint32_t number, uint64_t position,
                    const char **name, size_t *length)
{
    char path[BINDING_PATH];
    size_t path_length;
    if (!bindings_directory_path(bindings, number, path, &path_length)) {
        return false;
    }
    for (int i = 0; i < BINDINGS; i++) {
        if (lies_below(&bindings->places[i], path, path_length) &&
            !is_repeated(bindings, i, path_length) && position-- == 0) {
            *length = next_part(&bindings->places[i], path_length, name);
            return true;
        }
    }
    return false;
}
