/* Openings: see openings.h. */
#include "openings.h"

#include <sinter/protocol/file.h>

#define MAGIC 0x39505331u /* "9PS1": the layout of struct openings_saved */

static bool is_sound(const struct opening *opening)
{
    const uint32_t known = FILE_READ | FILE_WRITE | FILE_APPEND;
    return opening->kind <= OPENING_DIRECTORY && (opening->flags & ~known) == 0 &&
           opening->path.length <= PATH_BYTES &&
           path_is_good(opening->path.bytes, opening->path.length);
}

static bool is_used(const struct opening *opening)
{
    return opening->kind != OPENING_NONE;
}

uint32_t openings_init(struct openings *openings, struct openings_saved *saved)
{
    uint32_t count = 0;
    *openings = (struct openings){.saved = saved};
    if (saved->magic != MAGIC || saved->count != OPENINGS) {
        for (uint32_t i = 0; i < OPENINGS; i++) {
            saved->openings[i] = (struct opening){.kind = OPENING_NONE};
        }
        saved->count = OPENINGS;
        saved->magic = MAGIC;
    }
    for (uint32_t i = 0; i < OPENINGS; i++) {
        struct opening *opening = &saved->openings[i];
        if (!is_sound(opening)) {
            opening->kind = OPENING_NONE;
        }
        count += is_used(opening) ? 1 : 0;
    }
    return count;
}

struct opening *openings_take(struct openings *openings)
{
    for (uint32_t i = 0; i < OPENINGS; i++) {
        struct opening *opening = &openings->saved->openings[i];
        if (!is_used(opening) && !openings->reserved[i]) {
            opening->serial++;
            return opening;
        }
    }
    return NULL;
}

uint32_t openings_place(const struct openings *openings, const struct opening *opening)
{
    return (uint32_t)(opening - openings->saved->openings);
}

uint64_t openings_badge(const struct openings *openings, const struct opening *opening)
{
    return ((uint64_t)openings_place(openings, opening) + 1) << 32 | opening->serial;
}

struct opening *openings_find(struct openings *openings, uint64_t badge)
{
    uint64_t number = badge >> 32;
    if (number == 0 || number > OPENINGS) {
        return NULL;
    }
    struct opening *opening = &openings->saved->openings[number - 1];
    return is_used(opening) && opening->serial == (uint32_t)badge ? opening : NULL;
}

bool openings_have(const struct openings *openings, const struct path *path)
{
    for (uint32_t i = 0; i < OPENINGS; i++) {
        const struct opening *opening = &openings->saved->openings[i];
        if (is_used(opening) &&
            path_same(opening->path.bytes, opening->path.length, path->bytes, path->length)) {
            return true;
        }
    }
    return false;
}

/* Whether a rename moves an opening, and where to. */
static bool moved(const struct opening *opening, const struct path *from, const struct path *to,
                  struct path *result, bool *fits)
{
    const struct path *path = &opening->path;
    if (!is_used(opening) ||
        !path_is_within(path->bytes, path->length, from->bytes, from->length)) {
        return false;
    }
    size_t skip = from->length + (path->length > from->length ? 1 : 0);
    *fits = path_join(result, to->bytes, to->length, path->bytes + skip, path->length - skip);
    return true;
}

bool openings_can_move(const struct openings *openings, const struct path *from,
                       const struct path *to)
{
    for (uint32_t i = 0; i < OPENINGS; i++) {
        struct path result;
        bool fits = true;
        if (moved(&openings->saved->openings[i], from, to, &result, &fits) && !fits) {
            return false;
        }
    }
    return true;
}

void openings_move(struct openings *openings, const struct path *from, const struct path *to)
{
    for (uint32_t i = 0; i < OPENINGS; i++) {
        struct opening *opening = &openings->saved->openings[i];
        struct path result;
        bool fits = true;
        if (moved(opening, from, to, &result, &fits) && fits) {
            opening->path = result;
        }
    }
}
