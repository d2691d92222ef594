/*
 * Paths as text. No system calls here, so that it is tested on the host.
 */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_SIZE 1024 /* bytes of a path with its ending zero */

/* Makes `path` absolute, starting at the absolute path `directory`, without empty, `.` or `..`
 * parts; `..` of the root is the root. False if it is empty or does not fit into PATH_SIZE. */
bool path_absolute(const char *directory, const char *path, char result[PATH_SIZE]);

#endif
