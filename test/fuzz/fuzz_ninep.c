/*
 * libFuzzer: any bytes as a reply of a 9P host, as a path of a client, and as the state store that
 * an instance left. Nothing is read outside (which AddressSanitizer checks), and what is taken
 * keeps to what its headers promise.
 */
#include <stdlib.h>
#include <string.h>

#include "ninep.h"
#include "openings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool is_one_name(const char *name, size_t length)
{
    return path_is_good(name, length) && length > 0 && path_last(name, length) == 0;
}

static void read_entries(const uint8_t *data, uint32_t size)
{
    struct ninep_reader reader = {.bytes = data, .length = size};
    struct ninep_entry entry;
    while (ninep_get_entry(&reader, &entry)) {
        require(reader.at <= size && is_one_name(entry.name, entry.length));
    }
    require(reader.failed || reader.at == size);
}

static void read_reply(const uint8_t *data, uint32_t size, enum ninep_type request)
{
    struct ninep_reader reader;
    struct ninep_attributes attributes;
    struct ninep_space space;
    struct ninep_qid qid;
    uint32_t number = 0;
    status_t status = ninep_open_reply(&reader, data, size, size, request, 1);
    require(reader.at <= size);
    if (status != STATUS_OK) {
        return;
    }
    require(reader.at == NINEP_HEADER && reader.length <= size && reader.length >= NINEP_HEADER);
    struct ninep_reader body = reader;
    if (ninep_get_walk(&body, NINEP_WALK_NAMES, &number, &qid)) {
        require(number <= NINEP_WALK_NAMES);
    }
    body = reader;
    (void)ninep_get_version(&body, &number);
    body = reader;
    (void)ninep_get_attributes(&body, &attributes);
    body = reader;
    (void)ninep_get_space(&body, &space);
    require(body.at <= body.length);
}

static void use_path(const char *bytes, size_t size)
{
    static struct path path;
    if (!path_is_good(bytes, size)) {
        return;
    }
    size_t last = path_last(bytes, size);
    require(path_parent(bytes, size) <= last && last <= size);
    if (path_join(&path, "a", 1, bytes, size)) {
        require(path_is_good(path.bytes, path.length) &&
                path_is_within(path.bytes, path.length, "a", 1));
    }
}

/* The bytes are laid over a store at a place that they choose. */
static void use_store(const uint8_t *data, size_t size)
{
    static struct openings_saved saved;
    static struct openings openings;
    const struct path from = {1, "a"};
    const struct path to = {3, "b/c"};
    memset(&saved, 0, sizeof(saved));
    openings_init(&openings, &saved);
    size_t at = size > 1 ? (size_t)(data[0] << 8 | data[1]) * 2 % sizeof(saved) : 0;
    size_t fits = size < sizeof(saved) - at ? size : sizeof(saved) - at;
    memcpy((uint8_t *)&saved + at, data, fits);
    openings_init(&openings, &saved);
    if (openings_can_move(&openings, &from, &to)) {
        openings_move(&openings, &from, &to);
    }
    for (uint32_t i = 0; i < OPENINGS; i++) {
        const struct opening *opening = &saved.openings[i];
        if (opening->kind != OPENING_NONE) {
            require(opening->path.length <= PATH_BYTES &&
                    path_is_good(opening->path.bytes, opening->path.length));
            require(openings_find(&openings, openings_badge(&openings, opening)) == opening);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > UINT16_MAX) {
        return 0;
    }
    read_reply(data + 1, (uint32_t)size - 1, (enum ninep_type)data[0]);
    read_entries(data, (uint32_t)size);
    use_path((const char *)data, size);
    use_store(data, size);
    return 0;
}
