/* Paths below the shared directory: bytes with a length, no leading slash; empty: the directory. */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <stddef.h>

enum { PATH_BYTES = 984 }; /* what an opening has room for */

struct path {
    size_t length;
    char bytes[PATH_BYTES];
};

/* Whether each part is a name: not empty, `.` or `..`, without a zero byte, no longer than 255. */
bool path_is_good(const char *bytes, size_t length);
/* Makes `directory`/`rest`; either may be empty. False: too long. */
bool path_join(struct path *path, const char *directory, size_t directory_length, const char *rest,
               size_t rest_length);
/* How many bytes come before the last part and its slash. */
size_t path_parent(const char *bytes, size_t length);
/* Where the last part begins. */
size_t path_last(const char *bytes, size_t length);
bool path_same(const char *a, size_t a_length, const char *b, size_t b_length);
/* Whether a path is `directory` or lies below it. */
bool path_is_within(const char *bytes, size_t length, const char *directory,
                    size_t directory_length);

#endif
