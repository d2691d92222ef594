/*
 * The machine object: authority over physical addresses, interrupt lines, reset and the log. There
 * is one; what a holder may do is in the rights of its handle.
 */
#ifndef KERN_MACHINE_H
#define KERN_MACHINE_H

#include <kern/object.h>

struct account;

struct object *machine_object(void);

#endif
