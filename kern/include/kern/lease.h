/*
 * What servers do with the memory lent to them.
 */
#ifndef KERN_LEASE_H
#define KERN_LEASE_H

#include <kern/port.h>
#include <kern/thread.h>

/* The lease with its calls locked until lease_close(). BAD_STATE: no call is bound; BAD_LEASE: no
 * such lease, or a call it depends on has ended; INTERRUPTED: the caller was killed. */
status_t lease_open(struct reply *reply, uint32_t index, struct lent **lent);
void lease_close(struct reply *reply, struct lent *lent);
/* The frame, pinned, at an offset of an open lease. */
status_t lease_page(struct lent *lent, uint64_t offset, uint32_t access, uint64_t *frame);

/* As the call of the same name in the interface. */
status_t lease_copy(struct reply *reply, uint32_t index, uint64_t offset, struct space *space,
                    uint64_t address, uint64_t length, uint32_t direction, uint64_t *copied);

#endif
