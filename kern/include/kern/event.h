/*
 * Events: 64 sticky bits. A bit goes to one waiter; what nobody waits for stays.
 */
#ifndef KERN_EVENT_H
#define KERN_EVENT_H

#include <kern/list.h>
#include <kern/object.h>

struct thread;

struct event {
    struct object object;
    struct lock lock;
    uint64_t bits;
    struct list waiters;
    struct thread
        *bound; /* receives its bits with port_receive; no reference: the thread unbinds */
};

struct event *event_create(struct account *account);
void event_signal(struct event *event, uint64_t bits);
/* Takes and clears every bit. */
uint64_t event_take_all(struct event *event);
/* Ends a thread's wait with a status, if it waits for this event; whether it did. */
bool event_cancel_wait(struct event *event, struct thread *thread, status_t status);
/* The same with TIMED_OUT, if the deadline of its wait (thread->timeout.key) is over. */
void event_time_out(struct event *event, struct thread *thread, uint64_t now);
/* Binds to the thread, or to none when it is null; BAD_STATE if another has it. */
status_t event_bind(struct event *event, struct thread *thread);
void event_unbind(struct event *event, struct thread *thread);

#endif
