/*
 * What others see of this personality: the protocols `personality`, `process` and `file` on its
 * port. Badges say which object is meant; those of init, of the personality as a whole, are of no
 * kind here.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include <sinter/protocol/personality.h>

#include "process.h"

/* Endpoints whose last handle is gone gone no longer count. */
SINTER_MUST_CHECK status_t export_file(struct open_file *file, handle_t *endpoint);
/* Of a process, for who started it. Lock held. */
SINTER_MUST_CHECK status_t export_process(struct process *process, handle_t *endpoint);
/* The process has ended: who waits outside is told. Lock held. */
void export_process_ended(struct process *process);

/* Whether a call came by an endpoint of the personality, and not of a process or an end of a pipe,
 * whose holders may do no more than that says. */
bool export_is_plain(const struct call *call);

/* What programs from outside come with; for the server. */
extern const struct personality_operations export_programs;

/* Serves until the supervisor says stop; the exit code of the server. */
int export_run(const struct start_info *info);

#endif
