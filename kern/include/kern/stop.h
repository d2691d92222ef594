/*
 * Stopping a task for whoever inspects it: none of its threads executes user code.
 *
 * task->stop is what is wanted (under task->lock). The reaper carries it to the threads in bounded
 * steps, and to those that are created meanwhile. A thread that runs elsewhere is interrupted; one
 * that is queued is taken out; one that waits goes on waiting and is held when it is made ready.
 * Once no thread can execute user code (`halted`) the watches fire. Dying goes before stopping.
 */
#ifndef KERN_STOP_H
#define KERN_STOP_H

#include <kern/thread.h>

/* BAD_STATE, DYING, NO_KERNEL_MEMORY as task_stop() of the interface says. */
status_t task_stop(struct task *task, struct event *event, uint64_t bits);
status_t task_resume(struct task *task);
/* A thread has become halted or has gone: perhaps it was the last. Any locks may be held. */
void task_stop_progress(struct task *task);
/* The owned thread could run. True: its task is stopped and the thread is now held. */
bool thread_hold(struct thread *thread);
/* The held thread goes on, if it is held: it is to end. */
void thread_unhold(struct thread *thread);
/* Writes registers from the message page's data; BAD_STATE and BAD_ADDRESS as the interface says. */
status_t thread_set_registers(struct thread *thread, const void *registers);

#endif
