/*
 * Kernel memory for objects: slabs of fixed size classes up to 2 KiB, whole pages above.
 */
#ifndef KERN_KMEM_H
#define KERN_KMEM_H

#include <stdint.h>

struct account;

/* Zeroed memory charged to `account`; null when the account or the machine is full. */
void *kmem_allocate(struct account *account, uint64_t size);
/* `size` and `account` as at allocation. */
void kmem_free(struct account *account, void *memory, uint64_t size);
/* Bytes of RAM that slabs hold. */
uint64_t kmem_bytes(void);

#endif
