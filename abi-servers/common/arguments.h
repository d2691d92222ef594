/* The arguments of a program, as exec gets them. Pure; believes nothing. */
#ifndef ABI_ARGUMENTS_H
#define ABI_ARGUMENTS_H

#include <stddef.h>

#include "script_line.h"

enum { ARGUMENT_BYTES = 8192 };

/* Texts that end with a zero byte each: the arguments, then the environment. */
struct arguments {
    uint64_t argument_count, environment_count;
    const char *texts;
    size_t bytes; /* at most ARGUMENT_BYTES */
};

/* The next text of arguments; null: there is none. *at counts bytes. */
const char *arguments_next(const struct arguments *arguments, size_t *at);
/* False: they are not as many texts as they say. */
bool arguments_are_whole(const struct arguments *arguments);

/*
 * Those of a script's interpreter: its path, the argument that the line gives, and the path of the
 * script in the place of its first argument. `texts` is where they then are. TOO_LARGE, and nothing
 * but `texts` is changed.
 */
SINTER_MUST_CHECK status_t arguments_of_script(struct arguments *arguments,
                                               const struct script_line *script, const char *path,
                                               char texts[ARGUMENT_BYTES]);

#endif
