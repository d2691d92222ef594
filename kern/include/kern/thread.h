/*
 * Threads. An event kernel has no stack for each: all of a thread's state is in its struct.
 *
 * What a thread waits for (wait, wait_object) changes only with the lock of that object and the
 * thread's own lock both held. Whoever takes a waiting thread out of its object owns it, until it
 * makes it ready. A thread that is to end (dying) is made ready too; the scheduler, instead of
 * running it, gives it to thread_finish().
 */
#ifndef KERN_THREAD_H
#define KERN_THREAD_H

#include <arch/fp.h>
#include <arch/frame.h>
#include <kern/task.h>
#include <kern/tree.h>

struct cpu;
struct endpoint;
struct event;
struct port;
struct reply;

enum thread_wait {
    WAIT_NONE,
    WAIT_QUEUED,   /* wait_object: port; call_node is in port->callers */
    WAIT_ANSWER,   /* wait_object: reply, bound to this thread */
    WAIT_RECEIVE,  /* wait_object: port; wait_link is in port->receivers */
    WAIT_EVENT,    /* wait_object: event; wait_link is in event->waiters */
    WAIT_UNPIN,    /* answered, but a device still uses lent pages; wait_object: none */
};

enum call_kind {
    CALL_NORMAL,
    CALL_FAULT, /* answer OK: go on; otherwise the task dies */
    CALL_PAGE,  /* answer OK: repeat the access; otherwise it becomes a fault */
};

struct lease_link {
    struct reply *reply; /* holds a reference */
    uint64_t number;     /* of the call that was bound when the lease was made */
};

/* A lease as kept for its call: resolved to a space at once, with the calls it depends on. */
struct lent {
    struct space *space; /* holds a reference; null: no lease */
    uint64_t address, length;
    uint32_t flags;
    uint32_t link_count;
    struct lease_link links[LIMIT_LEASE_CHAIN - 1];
};

struct thread {
    struct object object;
    struct frame frame;
    struct fp_state *fp; /* null until used */
    struct task *task;   /* holds a reference */
    struct list task_link;
    struct message_page *page; /* through the direct map */
    struct memory *page_memory;
    uint64_t page_address; /* in the task's space */
    uint64_t number;

    /* Under `lock`. */
    struct lock lock;
    uint32_t state; /* THREAD_ constant */
    enum thread_wait wait;
    struct object *wait_object;
    atomic_bool dying;
    struct list watches;

    /* Of the scheduler. */
    struct list run_link;
    uint32_t priority;
    uint32_t queued_priority; /* of the list that it is in */
    enum { NOT_QUEUED, QUEUED, PARKED } queued; /* under the lock of the queue of `home` */
    struct cpu *home;
    struct cpu *volatile on_cpu; /* runs there; written by that CPU */
    uint64_t slice_left;         /* ticks */
    atomic_ulong cpu_time;       /* ticks */
    uint64_t unaccounted;        /* of these, not yet charged to the account */

    /* The call it makes; from its start to call_end(). */
    struct tree_node call_node;
    struct endpoint *endpoint; /* holds a reference */
    struct reply *reply;       /* bound; under reply->lock */
    enum call_kind call_kind;
    uint64_t call_tag;
    uint64_t call_words[LIMIT_MESSAGE_WORDS]; /* of the kernel's own calls */
    uint32_t sent_count;
    struct object *sent[LIMIT_MESSAGE_HANDLES]; /* handles on the way; each holds a reference */
    uint32_t sent_rights[LIMIT_MESSAGE_HANDLES];
    uint32_t lease_count;
    struct lent *leases;     /* LIMIT_MESSAGE_LEASES of them once one was lent, or null */
    uint32_t pinned;         /* pins of lent pages that are open; under `lock` */
    struct list cancel_link; /* in the port's list of cancels; under port->lock */
    handle_t cancel_handle;  /* what the server calls the reply */

    /* Its receive. */
    struct list wait_link;
    struct port *receive_port;   /* both hold a reference while it receives */
    struct reply *receive_reply;
    handle_t receive_handle;
    struct event *bound_event; /* holds a reference; changed by the thread itself only */

    /* Its wait for an event. */
    uint64_t wait_mask;
    struct tree_node timeout; /* in the queue of the CPU `timeout_cpu` */
    uint32_t timeout_cpu;

    struct reap reap;
};

struct thread *thread_create(struct task *task, uint32_t priority, status_t *status);
/* Ends a thread wherever it is. It may be the running one: then it ends when it leaves. */
void thread_kill(struct thread *thread);
/* THREAD_INTERRUPT as the interface describes it. */
void thread_interrupt(struct thread *thread);
/* Both under the lock of `object`. False: the thread is dying and must not wait. */
bool thread_begin_wait(struct thread *thread, enum thread_wait wait, uint32_t state,
                       struct object *object);
void thread_end_wait(struct thread *thread);
/* A pin of its lent pages is closed (or, hard, no longer counts): it goes on after the last. */
void thread_unpinned(struct thread *thread, bool hard);
/* Takes apart a dying thread that nobody owns any more. */
void thread_finish(struct thread *thread);
/* State of FP units, freed with the thread. False: the account is full. */
bool thread_use_fp(struct thread *thread);
void thread_destroy(struct object *object);
void thread_unreachable(struct object *object);

#endif
