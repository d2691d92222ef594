/*
 * What is mounted where: paths, and the directories that answer below them. Pure, for names.c and
 * for tests.
 *
 * Paths have no leading slash, and no empty, `.` or `..` part. The longest binding that a path
 * begins with, by whole parts, answers it. What lies between the root and the bindings are
 * directories of the namespace's own: each is known by a place of a binding below it and a number
 * of parts, which stay the same as long as that binding does.
 */
#ifndef NAMES_BINDINGS_H
#define NAMES_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BINDINGS = 32, BINDING_PATH = 48, BINDING_DEPTH_SHIFT = 8, BINDINGS_NONE = -1 };

struct binding {
    bool used;               /* since it was told: the supervisor knows */
    char path[BINDING_PATH]; /* empty: the place is free */
    uint64_t directory;      /* a handle */
};

struct bindings {
    struct binding places[BINDINGS];
};

/* The place whose binding answers a path, and how many bytes of it are left for there; or
 * BINDINGS_NONE. */
int bindings_find(const struct bindings *bindings, const char *path, size_t length, size_t *rest);
/* The number of an own directory, 0 being the root; false: the path is none. */
bool bindings_directory(const struct bindings *bindings, const char *path, size_t length,
                        uint32_t *number);
/* The path of an own directory, its length; false: there is none with this number. */
bool bindings_directory_path(const struct bindings *bindings, uint32_t number,
                             char path[BINDING_PATH], size_t *length);
/* The `position`-th name in an own directory, not ended; false: there are not as many. */
bool bindings_entry(const struct bindings *bindings, uint32_t number, uint64_t position,
                    const char **name, size_t *length);

#endif
