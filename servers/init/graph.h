/*
 * What there is and who uses whom, for programs that show it: the method `tasks` of the process
 * protocol and `graph` of the service protocol. Main thread.
 */
#ifndef INIT_GRAPH_H
#define INIT_GRAPH_H

#include "init.h"

/* Endpoints of a port in a task's handle table; 0 if it has ended. `most`: it stops there. */
uint64_t graph_count(handle_t task, handle_t port, uint64_t most);

status_t graph_serve(struct call *call, uint64_t *length);
status_t graph_serve_tasks(struct call *call, uint64_t *length);

#endif
