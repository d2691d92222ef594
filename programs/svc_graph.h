/* svc graph [--dot]: who uses which server, as a table or for Graphviz. */
#ifndef SVC_GRAPH_H
#define SVC_GRAPH_H

#include <sinter/system.h>
#include <stdbool.h>

/* Whether the words after `svc` are right; *dot: as Graphviz reads it. */
bool svc_graph_wanted(int count, char **words, bool *dot);
/* Asks the supervisor and prints; the exit status. */
int svc_graph(handle_t supervisor, bool dot);

#endif
