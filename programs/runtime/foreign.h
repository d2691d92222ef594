/*
 * Programs that personalities run: see program.h, which has what programs use of it.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include "program.h"

#define CHILD_REFUSAL_ROOM 512 /* bytes of a refusal's line */

/* What is lent with a call that starts a program: `used` bytes of texts, then room for a line. */
struct child_texts {
    char *buffer;
    size_t used, size;
    uint64_t counts[2]; /* of arguments, of the environment */
};

/* One or two paths (second: null), arguments and environment. False: no memory. */
bool child_texts_make(struct child_texts *texts, const char *path, const char *second,
                      const struct child_request *request);
/* The line that came back; empty if there is none. It lasts as long as the texts. */
const char *child_texts_line(const struct child_texts *texts);
void child_texts_free(struct child_texts *texts);
/* The endpoints of what its input, output and error are. BAD_HANDLE: one is not open. */
SINTER_MUST_CHECK status_t child_files(const struct child_request *request, handle_t files[3]);
/* How people call it: its number, behind the personality's name (null: none). */
void child_name(struct child *child, const char *personality);

/* Asks the personalities in turn to run the program in an open file; `refusal` gets their
 * reasons. */
SINTER_MUST_CHECK status_t foreign_adopt(const struct child_request *request, const char *path,
                                         handle_t program, struct child *child, char *refusal,
                                         size_t refusal_size);

#endif
