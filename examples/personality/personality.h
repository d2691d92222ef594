/* What the files of the toy's personality share. */
#ifndef TOY_PERSONALITY_H
#define TOY_PERSONALITY_H

#include "process.h"
#include "toy.h"

SINTER_MUST_CHECK status_t toy_load(struct process *process, struct image *image, handle_t file,
                                    const struct arguments *arguments, struct refusal_text *why);
/* Whether it can be loaded; pure, and believes nothing. BAD_FORMAT, REFUSED: *why says why. */
SINTER_MUST_CHECK status_t toy_check(const struct toy_header *header, uint64_t file_size,
                                     uint64_t machine, const char **why);

#endif
