/*
 * How tasks and threads are made, watched, interrupted, stopped and ended, whatever they wait for.
 *
 * Stopping a task is for whoever inspects it: none of its threads executes user code.
 * task->stop is what is wanted (under task->lock). The reaper carries it to the threads in bounded
 * steps, and to those that are created meanwhile. A thread that runs elsewhere is interrupted; one
 * that is queued is taken out; one that waits goes on waiting and is held when it is made ready.
 * Once no thread can execute user code (`halted`) the watches fire. Dying goes before stopping.
 */
#ifndef KERN_LIFE_H
#define KERN_LIFE_H

#include <kern/thread.h>

struct task *task_create(struct account *account, struct space *space, const char *name,
                         uint32_t length, status_t *status);
/* A thread of the task has been taken apart. */
void task_thread_gone(struct task *task, struct thread *thread);
status_t watch_add(struct list *watches, struct event *event, uint64_t bits);
/* Signals and frees the watches of a list that nobody else sees any more. */
void watches_fire(struct list *watches);
void task_unreachable(struct object *object);
void task_destroy(struct object *object);

/* BAD_STATE, DYING, NO_KERNEL_MEMORY as task_stop() of the interface says. */
status_t task_stop(struct task *task, struct event *event, uint64_t bits);
status_t task_resume(struct task *task);
/* Of task->stop_reap. */
bool task_stop_step(struct reap *reap);

struct thread *thread_create(struct task *task, uint32_t priority, status_t *status);
/* Ends a thread wherever it is. It may be the running one: then it ends when it leaves. */
void thread_kill(struct thread *thread);
/* THREAD_INTERRUPT as the interface describes it. */
void thread_interrupt(struct thread *thread);
/* The same; and of a thread that does not wait, the next wait. */
void thread_interrupt_next(struct thread *thread);
/* State of FP units, freed with the thread. False: the account is full. */
bool thread_use_fp(struct thread *thread);
/* Writes registers from the message page's data; BAD_STATE and BAD_ADDRESS as the interface says.
 */
status_t thread_set_registers(struct thread *thread, const void *registers);
void thread_destroy(struct object *object);
void thread_unreachable(struct object *object);

#endif
