/* What the receiving loop needs of orders.c. */
#ifndef ORDERS_H
#define ORDERS_H

#include "server.h"

/* Handles bits of the control event. */
void server_event(struct server *server, uint64_t bits);

#endif
