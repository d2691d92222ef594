/*
 * What clients have open, in the state store: a new instance finds each path again, and the
 * badges of the endpoints stay what they are. No system call.
 *
 * A badge has 1 + the place of the opening in its upper half and a serial number in its lower; the
 * upper half 0 is the shared directory itself, whose openings the supervisor makes.
 *
 * openings_init() checks what it finds: whatever broke the instance before may have written to it.
 */
#ifndef OPENINGS_H
#define OPENINGS_H

#include <stdint.h>

#include "path.h"

enum { OPENINGS = 128 };

enum opening_kind { OPENING_NONE, OPENING_FILE, OPENING_DIRECTORY };

struct opening {
    uint32_t kind;   /* enum opening_kind; OPENING_NONE: free */
    uint32_t serial; /* of the last use of this place */
    uint32_t flags;  /* FILE_READ, FILE_WRITE, FILE_APPEND */
    uint32_t reserved;
    uint64_t identity; /* of the host's file, its qid */
    struct path path;
};
_Static_assert(sizeof(struct opening) == 1016, "the layout is kept from instance to instance");

struct openings_saved {
    uint32_t magic;
    uint32_t count;
    struct opening openings[OPENINGS];
};

struct openings {
    struct openings_saved *saved;
    bool reserved[OPENINGS]; /* the place is not to be taken yet: the host has its fid */
};

/* Goes on with what `saved` holds, or begins without any; answers how many were taken over. */
uint32_t openings_init(struct openings *openings, struct openings_saved *saved);

/* A place that is free, which `kind` fills; null: there is none. */
struct opening *openings_take(struct openings *openings);
/* Its number, from 0. */
uint32_t openings_place(const struct openings *openings, const struct opening *opening);
uint64_t openings_badge(const struct openings *openings, const struct opening *opening);
/* The opening of a badge; null: of one that is gone, or of the shared directory itself. */
struct opening *openings_find(struct openings *openings, uint64_t badge);

/* Whether anybody has exactly this path open. */
bool openings_have(const struct openings *openings, const struct path *path);
/* Whether the openings at `from` and below fit their new paths; and gives them these. */
bool openings_can_move(const struct openings *openings, const struct path *from,
                       const struct path *to);
void openings_move(struct openings *openings, const struct path *from, const struct path *to);

#endif
