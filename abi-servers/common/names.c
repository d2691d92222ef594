/* See names.h. */
#include "names.h"

#include <sinter/protocol/file.h>
#include "c_string.h"

#include "walk.h"

static bool is_dot(const char *part, size_t length)
{
    return length == 1 && part[0] == '.';
}

static bool is_dot_dot(const char *part, size_t length)
{
    return length == 2 && part[0] == '.' && part[1] == '.';
}

/* The length of the text without its last part. */
static size_t without_last(const char *text, size_t length)
{
    while (length > 0 && text[length - 1] != '/') {
        length--;
    }
    return length > 0 ? length - 1 : 0;
}

static bool append(struct place *place, const char *part, size_t length)
{
    size_t at = place->length;
    if (at + length + 2 > NAMES_PATH) {
        return false;
    }
    if (at > 0) {
        place->path[at++] = '/';
    }
    memcpy(place->path + at, part, length);
    place->length = at + length;
    place->path[place->length] = '\0';
    return true;
}

/* The next part of a path; its length, 0 at the end. */
static size_t next_part(const char **path)
{
    size_t length = 0;
    while (**path == '/') {
        ++*path;
    }
    while ((*path)[length] != '/' && (*path)[length] != '\0') {
        length++;
    }
    return length;
}

static bool goes_up(const char *path)
{
    size_t length;
    while ((length = next_part(&path)) > 0) {
        if (is_dot_dot(path, length)) {
            return true;
        }
        path += length;
    }
    return false;
}

/*
 * What does not go up from the working directory is looked for below its endpoint, also when
 * somebody has removed or moved it.
 */
status_t names_resolve(const struct names *names, const struct working_directory *directory,
                       const char *path, struct place *place)
{
    size_t length;
    place->directory = names->root;
    place->length = 0;
    place->path[0] = '\0';
    place->special = false;
    if (path[0] != '/' && directory->endpoint != 0) {
        if (!goes_up(path)) {
            place->directory = directory->endpoint;
        } else if (!append(place, directory->path, strlen(directory->path))) {
            return STATUS_TOO_LARGE;
        }
    }
    while ((length = next_part(&path)) > 0) {
        size_t counts = names->part > 0 && length > names->part ? names->part : length;
        place->special = is_dot(path, length) || is_dot_dot(path, length);
        if (is_dot_dot(path, length)) {
            place->length = without_last(place->path, place->length);
            place->path[place->length] = '\0';
        } else if (!place->special && !append(place, path, counts)) {
            return STATUS_TOO_LARGE;
        }
        path += length;
    }
    return STATUS_OK;
}

status_t names_open(const struct place *place, uint32_t flags, uint32_t *kind, handle_t *file)
{
    if (place->length > 0) {
        return walk_open_again(place->directory, place->path, place->length, flags, kind, file);
    }
    *kind = FILE_KIND_DIRECTORY;
    return flags & (FILE_WRITE | FILE_TRUNCATE)
               ? STATUS_IS_DIRECTORY
               : handle_duplicate(place->directory, RIGHT_ALL, file);
}

status_t names_open_parent(const struct place *place, handle_t *directory, const char **name)
{
    struct place parent = *place;
    uint32_t kind;
    if (place->length == 0) {
        return STATUS_BAD_ARGUMENT;
    }
    parent.length = without_last(place->path, place->length);
    *name = place->path + (parent.length > 0 ? parent.length + 1 : 0);
    return names_open(&parent, FILE_READ | FILE_DIRECTORY, &kind, directory);
}

/* ---- second paths ---------------------------------------------------------------------------- */

static bool from_root(const struct names *names, const struct working_directory *directory,
                      struct place *place)
{
    struct place whole = {.directory = names->root};
    if (place->directory == names->root) {
        return true;
    }
    if (!append(&whole, directory->path, strlen(directory->path)) ||
        !append(&whole, place->path, place->length)) {
        return false;
    }
    *place = whole;
    return true;
}

/* How much of both paths is the same directories. */
static size_t common(const struct place *a, const struct place *b)
{
    size_t same = 0;
    for (size_t i = 0; i < a->length && i < b->length && a->path[i] == b->path[i]; i++) {
        if (a->path[i] == '/') {
            same = i;
        }
    }
    return same;
}

/* The server wants both paths below one directory of its own, so as far down as may be. */
status_t names_link(const struct names *names, const struct working_directory *directory,
                    struct place *from, struct place *to)
{
    char paths[2 * NAMES_PATH];
    handle_t shared = 0;
    uint32_t kind;
    if (from->length == 0 || to->length == 0) {
        return STATUS_IS_DIRECTORY;
    }
    if (from->directory != to->directory &&
        (!from_root(names, directory, from) || !from_root(names, directory, to))) {
        return STATUS_TOO_LARGE;
    }
    struct place above = *from;
    above.length = common(from, to);
    size_t skip = above.length > 0 ? above.length + 1 : 0;
    status_t status = names_open(&above, FILE_READ | FILE_DIRECTORY, &kind, &shared);
    if (status == STATUS_OK) {
        memcpy(paths, from->path + skip, from->length - skip);
        memcpy(paths + from->length - skip, to->path + skip, to->length - skip);
        status = file_link(shared, paths, from->length + to->length - 2 * skip,
                           (uint32_t)(from->length - skip));
        status_ignore(handle_close(shared));
    }
    return status;
}

/* ---- the working directory ------------------------------------------------------------------- */

/* The path from the root that a path leads to. */
static status_t absolute(const struct names *names, const struct working_directory *directory,
                         const char *path, struct place *place)
{
    struct working_directory none = {0};
    char whole[2 * NAMES_PATH];
    size_t prefix = path[0] == '/' ? 0 : strlen(directory->path);
    size_t length = strlen(path);
    if (length >= NAMES_PATH) {
        return STATUS_TOO_LARGE;
    }
    memcpy(whole, directory->path, prefix);
    whole[prefix] = '/';
    memcpy(whole + prefix + 1, path, length + 1);
    return names_resolve(names, &none, whole, place);
}

status_t names_change(const struct names *names, struct working_directory *directory,
                      const char *path)
{
    struct place place;
    struct place whole;
    handle_t endpoint = 0;
    uint32_t kind = 0;
    status_t status = names_resolve(names, directory, path, &place);
    if (status == STATUS_OK) {
        status = absolute(names, directory, path, &whole);
    }
    if (status == STATUS_OK) {
        status = names_open(&place, FILE_READ | FILE_DIRECTORY, &kind, &endpoint);
    }
    if (status == STATUS_OK && kind != FILE_KIND_DIRECTORY) {
        status_ignore(handle_close(endpoint));
        status = STATUS_NOT_DIRECTORY;
    }
    if (status == STATUS_OK) {
        working_directory_close(directory);
        directory->endpoint = endpoint;
        memcpy(directory->path, whole.path, whole.length + 1);
    }
    return status;
}

status_t working_directory_copy(const struct working_directory *from, struct working_directory *to)
{
    *to = (struct working_directory){0};
    memcpy(to->path, from->path, strlen(from->path) + 1);
    return from->endpoint != 0 ? handle_duplicate(from->endpoint, RIGHT_ALL, &to->endpoint)
                               : STATUS_OK;
}

void working_directory_close(struct working_directory *directory)
{
    if (directory->endpoint != 0) {
        status_ignore(handle_close(directory->endpoint));
        directory->endpoint = 0;
    }
}
