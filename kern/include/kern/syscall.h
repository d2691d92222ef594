/*
 * Entry of every system call. The generated dispatcher decodes the arguments from the frame, calls
 * sys_NAME() (kern_calls.h) and writes its results into the frame.
 */
#ifndef KERN_SYSCALL_H
#define KERN_SYSCALL_H

#include <sinter/abi.h>

/* A call answers this when its thread waits: whoever ends the wait sets the results. It never
 * reaches user space. */
#define STATUS_BLOCKED (-1)

struct frame;

void syscall_dispatch(struct frame *frame);

#endif
