/* Which object a command means. */
#ifndef FIND_PROGRAM_H
#define FIND_PROGRAM_H

#include <stdbool.h>

#include "path.h"

#define DEFAULT_PATH "/boot"

/* A name with a slash is a path; others are looked for in `folders`, which colons separate (null:
 * DEFAULT_PATH), with `.o` and as they are. False if there is none, or its path is too long. */
bool find_program(const char *folders, const char *name, char path[PATH_SIZE]);

#endif
