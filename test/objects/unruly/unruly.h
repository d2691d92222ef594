/*
 * A server that misbehaves in the way that its first argument names: see the table in unruly.c.
 * Each way is a function that gets the server after server_init(), and answers the exit code.
 */
#ifndef UNRULY_H
#define UNRULY_H

#include "server.h"

/* crash.c */
int crash_at_once(struct server *server);
int crash_by_stack(struct server *server);
int crash_when_ready(struct server *server);
/* file.c: /dev/NAME of the service's name */
int file_floods(struct server *server);
int file_gives_handles(struct server *server);
int file_is_ended_terminal(struct server *server);
int file_lies(struct server *server);
int file_is_slow_program(struct server *server);
int file_never_answers(struct server *server);
int file_worker_loops(struct server *server);
/* hoard.c */
int hoard_kernel_memory(struct server *server);
int hoard_names(struct server *server); /* /dev/unruly0 and so on, or from its 2nd argument on */
int hoard_pages(struct server *server);
int hoard_by_touch(struct server *server);
/* life.c */
int life_babbles(struct server *server);
int life_exits(struct server *server);
int life_ignores_stop(struct server *server);
int life_computes(struct server *server);
int life_is_deaf(struct server *server);
int life_is_never_ready(struct server *server);
int life_refuses(struct server *server);
int life_refuses_slowly(struct server *server);

#endif
