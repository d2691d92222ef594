/* What names_resolve() has to answer, worked out in another way. */
#ifndef NAMES_MODEL_H
#define NAMES_MODEL_H

#include <stdbool.h>
#include <stddef.h>

/* Resolves the path, with names cut to `part` bytes (0: not), from the root or a directory below
 * it. Aborts if the answer is not as it should be. */
void names_check(const char *path, size_t part, bool from_directory);

#endif
