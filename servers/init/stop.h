/*
 * Orderly stopping: who uses a service, in which order services end, and the end of the system.
 *
 * A user is a task that has an endpoint of the service's port in its handle table; a program that
 * is still being loaded counts as soon as it runs. init itself is none. Main thread.
 */
#ifndef INIT_STOP_H
#define INIT_STOP_H

#include "process_table.h"
#include "service.h"

/*
 * Puts the users of a service into the text, as `cat (pid 12), console (service)`, but for one
 * process (null: none); puts nothing when there are none.
 */
void stop_users(struct text *text, const struct service *service, const struct process *but,
                bool programs_only);

/*
 * Stops the services of a set (bits by slot) one after the other, those declared last first, and
 * takes out what has ended. True: all have; otherwise call again when a state has changed. Each is
 * told once, noted in *asked (at first 0): one that somebody then starts again has ended too.
 */
bool stop_in_turn(uint64_t *set, uint64_t *asked);

/*
 * Ends all programs, then all services but one (null: none), whoever uses them; nothing is started
 * any more. Then either the call is answered, so that the service can reset the machine, or (reply
 * 0, or the machine is still there after some time) init has the firmware do it. kind: RESET_.
 * BUSY: that is under way.
 */
SINTER_MUST_CHECK status_t stop_system(struct service *but, uint32_t kind, handle_t reply);
bool stop_is_final(void);
uint64_t stop_tick(uint64_t now);

#endif
