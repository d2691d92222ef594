/*
 * Making ports, endpoints and replies, and what the system calls do with them.
 */
#ifndef KERN_IPC_H
#define KERN_IPC_H

#include <kern/port.h>

struct port *port_create(struct account *account);
struct endpoint *endpoint_create(struct port *port, uint64_t badge, uint32_t policy,
                                 struct task *minter, status_t *status);
void port_drain(struct port *port);
void port_revoke(struct port *port, uint64_t badge);
struct reply *reply_create(struct account *account);

#endif
