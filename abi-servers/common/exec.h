/*
 * Programs become images: by the personality's own loader, by an interpreter that the first line
 * names (`#!`), or elsewhere: as an object of the system, or by another personality.
 */
#ifndef EXEC_H
#define EXEC_H

#include <sinter/system.h>

#include "arguments.h"

enum { REFUSAL_BYTES = 256 };

struct refusal_text {
    char text[REFUSAL_BYTES];
};

struct process;
struct image;

/*
 * Fills a new image for the process. `path` is for people and for the name. What the ABI's loader
 * answers; BAD_FORMAT: nor does the file begin with an interpreter. The image is empty then.
 */
SINTER_MUST_CHECK status_t exec_load(struct process *process, struct image *image, handle_t file,
                                     const char *path, const struct arguments *arguments,
                                     struct refusal_text *why);

/*
 * The running process is to be another program: of a path of its own names, of whatever kind. OK:
 * the call that asked for it answers false. Otherwise nothing has changed, and the log says why.
 */
SINTER_MUST_CHECK status_t exec_replace(struct process *process, const char *path,
                                        const struct arguments *arguments);

/* Of an item of host.attempts. */
size_t exec_attempt_bytes(void);

/* Of a process that has become a program of another kind: until that ends. */
void exec_wait_foreign(struct process *process);

#endif
