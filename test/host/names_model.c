/* See names_model.h. */
#include "names_model.h"

#include <string.h>

#include "host_require.h"
#include "names.h"

enum { PARTS = NAMES_PATH, HANDLE_ROOT = 5, HANDLE_HERE = 6 };

/* The parts of the path that are left when each `..` has taken one away. */
struct parts {
    const char *at[PARTS];
    size_t length[PARTS];
    size_t count;
    bool up;
};

static void add(struct parts *parts, const char *path)
{
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (length == 2 && strncmp(path, "..", 2) == 0) {
            parts->count -= parts->count > 0;
            parts->up = true;
        } else if (length > 0 && !(length == 1 && path[0] == '.')) {
            require(parts->count < PARTS);
            parts->at[parts->count] = path;
            parts->length[parts->count++] = length;
        }
        path += length + (path[length] == '/');
    }
}

static void require_path(const struct parts *parts, size_t part, const struct place *place)
{
    size_t at = 0;
    for (size_t i = 0; i < parts->count; i++) {
        size_t length = part > 0 && parts->length[i] > part ? part : parts->length[i];
        require(i == 0 || place->path[at++] == '/');
        require(memcmp(place->path + at, parts->at[i], length) == 0);
        at += length;
    }
    require(place->length == at && place->path[at] == '\0');
}

void names_check(const char *path, size_t part, bool from_directory)
{
    static struct parts parts;
    const struct names names = {.root = HANDLE_ROOT, .part = part};
    const struct working_directory directory = {.endpoint = from_directory ? HANDLE_HERE : 0,
                                                .path = "a/b"};
    struct place place;
    parts = (struct parts){.count = 0};
    add(&parts, path);
    bool below = path[0] != '/' && from_directory;
    if (below && parts.up) {
        parts = (struct parts){.count = 0};
        add(&parts, directory.path);
        add(&parts, path);
        below = false;
    }
    if (names_resolve(&names, &directory, path, &place) != STATUS_OK) {
        require(strlen(path) + strlen(directory.path) + 2 > NAMES_PATH);
        return;
    }
    require(place.length < NAMES_PATH);
    require(place.directory == (below ? HANDLE_HERE : HANDLE_ROOT));
    require_path(&parts, part, &place);
}
