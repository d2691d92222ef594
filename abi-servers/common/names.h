/*
 * Paths of foreign programs: below the root that the instance has been given, and nothing else. `.`
 * and `..` are taken out here, as text, since servers know neither.
 */
#ifndef NAMES_H
#define NAMES_H

#include <sinter/system.h>
#include <stdbool.h>
#include <stddef.h>

enum { NAMES_PATH = 1024 };

struct names {
    handle_t root; /* a directory */
    bool own;      /* it was chosen for this instance: programs from outside are not for it */
    size_t part;   /* bytes of a part of a path that count; 0: all */
};

/* Where relative paths begin. */
struct working_directory {
    handle_t endpoint;     /* 0: the root */
    char path[NAMES_PATH]; /* from the root, without a slash at either end */
};

/* A path as servers want it: `length` bytes below `directory`. */
struct place {
    handle_t directory;
    size_t length;
    bool special; /* its last part is `.` or `..` */
    char path[NAMES_PATH];
};

/* TOO_LARGE: above NAMES_PATH, directory included. */
SINTER_MUST_CHECK status_t names_resolve(const struct names *names,
                                         const struct working_directory *directory,
                                         const char *path, struct place *place);
/* As `open` of the file protocol, over a crash of its server too (walk.h). */
SINTER_MUST_CHECK status_t names_open(const struct place *place, uint32_t flags, uint32_t *kind,
                                      handle_t *file);
/* The directory that holds the last part of the path, which `name` becomes. *directory is the
 * caller's. NOT_FOUND, NOT_DIRECTORY; BAD_ARGUMENT: there is no last part. */
SINTER_MUST_CHECK status_t names_open_parent(const struct place *place, handle_t *directory,
                                             const char **name);
/* A second path for a file: `link` of the file protocol. `directory`: what both were resolved
 * with. */
SINTER_MUST_CHECK status_t names_link(const struct names *names,
                                      const struct working_directory *directory, struct place *from,
                                      struct place *to);
/* NOT_FOUND, NOT_DIRECTORY, TOO_LARGE. */
SINTER_MUST_CHECK status_t names_change(const struct names *names,
                                        struct working_directory *directory, const char *path);
SINTER_MUST_CHECK status_t working_directory_copy(const struct working_directory *from,
                                                  struct working_directory *to);
void working_directory_close(struct working_directory *directory);

#endif
