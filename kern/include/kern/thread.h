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
struct guest;
struct port;
struct reply;

/* A system call answers this when its thread waits: whoever ends the wait sets the results. It
 * never reaches user space. */
#define STATUS_BLOCKED (-1)

enum thread_wait {
    WAIT_NONE,
    WAIT_QUEUED,  /* wait_object: port; call_node is in port->callers */
    WAIT_ANSWER,  /* wait_object: reply, bound to this thread */
    WAIT_RECEIVE, /* wait_object: port; wait_link is in port->receivers */
    WAIT_EVENT,   /* wait_object: event; wait_link is in event->waiters */
    WAIT_UNPIN,   /* answered, but a device still uses lent pages; wait_object: none */
    WAIT_STOPPED, /* could run, but its task is stopped (life.h); wait_object: none */
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

/* Why the scheduler looks closer at a thread: it is dying or is to stop; its next wait ends at
 * once, with INTERRUPTED. */
#define ATTENTION_END         0x1u
#define ATTENTION_INTERRUPTED 0x2u

struct thread {
    struct object object;
    struct frame frame;
    struct fp_state *fp; /* null until used */
    struct task *task;   /* holds a reference */
    struct space *space; /* where it runs: the task's, or that of its guest */
    struct guest *guest; /* holds a reference; null: it has none */
    bool in_guest;       /* it does not run, and goes on in the guest */
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
    atomic_bool stop;   /* as task->stop, which it follows in steps */
    atomic_uint halted; /* executes no user code before its task is resumed (bool, but exchanged) */
    atomic_uint attention; /* ATTENTION_ bits */
    struct list watches;

    /* Of the scheduler. */
    struct list run_link;
    atomic_uint priority;               /* read with thread_priority() */
    uint32_t queued_priority;           /* of the list that it is in */
    struct run_queue *_Atomic in_queue; /* null: none; changed under the queue's lock */
    bool parked;                        /* in the queue's list of parked threads; under its lock */
    struct cpu *home;                   /* where it ran or was queued last */
    struct cpu *volatile on_cpu;        /* runs there; written by that CPU */
    uint64_t slice_left;                /* ticks */
    atomic_ulong cpu_time;              /* ticks */
    uint64_t charged;                   /* of cpu_time, to the account */
    uint64_t charge_at; /* cpu_time to be charged; `charged` itself: budget to be looked at */

    /* The call it makes; from its start to call_end(). */
    struct tree_node call_node;
    struct endpoint *endpoint; /* holds a reference */
    union {
        struct {
            uint16_t call_kind; /* CALL_ constant */
            uint16_t sent_count;
            uint16_t lease_count;
        };
        uint64_t call_extras; /* 0: a user's call that has sent no handles and lent nothing */
    };
    uint64_t call_tag;
    uint64_t call_words[LIMIT_MESSAGE_WORDS];   /* of the kernel's own calls */
    struct object *sent[LIMIT_MESSAGE_HANDLES]; /* on the way, as handle_take() gives them */
    uint32_t sent_rights[LIMIT_MESSAGE_HANDLES];
    struct lent *leases; /* LIMIT_MESSAGE_LEASES of them once one was lent, or null */
    uint32_t pinned;     /* pins of lent pages that are open; under `lock` */
    bool cancelled;      /* a CANCEL was put into the port's list; under the lock of the reply */
    struct list cancel_link; /* in that list; under port->lock */
    handle_t cancel_handle;  /* what the server calls the reply */

    /* Its receive. Port and reply are kept, with a reference, for the next one; their handles are
     * what they were while the task's table has had so many removals. */
    struct list wait_link;
    struct port *receive_port;
    struct reply *receive_reply;
    handle_t receive_port_handle, receive_reply_handle;
    uint64_t receive_removals;
    struct event *bound_event; /* holds a reference; changed by the thread itself only */

    /* Its wait for an event. */
    uint64_t wait_mask;
    struct tree_node timeout; /* in the queue of the CPU `timeout_cpu` */
    uint32_t timeout_cpu;

    struct reap reap; /* its step is set when the thread is made */
};

/* A pin of its lent pages is closed (or, hard, no longer counts): it goes on after the last. */
void thread_unpinned(struct thread *thread, bool hard);
/* The owned thread could run. True: its task is stopped and the thread is now held. */
bool thread_hold(struct thread *thread);
/* The held thread goes on, if it is held: it is to end. */
void thread_unhold(struct thread *thread);
/* It is to end as soon as it is made ready. True: it was new; the caller is to finish it. */
bool thread_doom(struct thread *thread);
/* Takes apart a dying thread that nobody owns any more. */
void thread_finish(struct thread *thread);

static inline uint32_t thread_priority(const struct thread *thread)
{
    return atomic_load_explicit(&thread->priority, memory_order_relaxed);
}

/* thread->lock held. */
static inline void thread_set_wait(struct thread *thread, enum thread_wait wait, uint32_t state,
                                   struct object *object)
{
    thread->wait = wait;
    thread->state = state;
    thread->wait_object = object;
}

/* As thread_begin_wait(), but also false if the thread is to stop. */
static inline bool thread_try_wait(struct thread *thread, enum thread_wait wait, uint32_t state,
                                   struct object *object)
{
    bool may;

    lock_acquire(&thread->lock);
    may = atomic_load_explicit(&thread->attention, memory_order_relaxed) == 0;
    if (may) {
        thread_set_wait(thread, wait, state, object);
    }
    lock_release(&thread->lock);
    return may;
}

/* Whether thread_interrupt() would end the wait. Lock held. */
bool thread_waits_by_itself(const struct thread *thread, enum thread_wait wait);
/* Whether an interruption was kept for the next wait, which is told of it now. */
static inline bool thread_take_interruption(struct thread *thread)
{
    return (atomic_fetch_and(&thread->attention, ~ATTENTION_INTERRUPTED) & ATTENTION_INTERRUPTED) !=
           0;
}
bool thread_begin_wait_closely(struct thread *thread, enum thread_wait wait, uint32_t state,
                               struct object *object);

/* Both under the lock of `object`. False: the thread is dying, or was interrupted before. */
static inline bool thread_begin_wait(struct thread *thread, enum thread_wait wait, uint32_t state,
                                     struct object *object)
{
    return thread_try_wait(thread, wait, state, object) ||
           thread_begin_wait_closely(thread, wait, state, object);
}

static inline void thread_end_wait(struct thread *thread)
{
    lock_acquire(&thread->lock);
    thread->wait = WAIT_NONE;
    thread->wait_object = NULL;
    lock_release(&thread->lock);
}

#endif
