/* Programs that are not of this personality, started for one of its processes. */
#ifndef FOREIGN_H
#define FOREIGN_H

#include "exec.h"

/*
 * Starts the file's program as an object of the system or, failing that, by the other personalities
 * in turn, with the first three descriptors of the process, which is to wait for it
 * (exec_wait_foreign()). One that is closed becomes input that has ended, or output that nobody
 * takes. BAD_FORMAT or REFUSED: nobody takes the program, *why tells each reason; before it is what
 * the loader has said. And what reading the file answers.
 */
SINTER_MUST_CHECK status_t foreign_start(struct process *process, handle_t file, const char *path,
                                         const struct arguments *arguments,
                                         struct refusal_text *why);

#endif
