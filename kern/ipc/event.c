/*
 * Events; see kern/event.h.
 */
#include <kern/deadline.h>
#include <kern/event.h>
#include <kern/port.h>
#include <kern/sched.h>

struct event *event_create(struct account *account)
{
    struct event *event = object_create(OBJECT_EVENT, sizeof(*event), account);

    if (event != NULL) {
        list_init(&event->waiters);
    }
    return event;
}

/* The wait is over: event locked, the thread is the caller's from here on. */
static void end_wait(struct thread *thread, status_t status, uint64_t bits)
{
    list_remove(&thread->wait_link);
    thread_end_wait(thread);
    frame_set_result(&thread->frame, 0, (uint32_t)status);
    frame_set_result(&thread->frame, 1, bits);
}

static void wake(struct event *event, struct thread *thread)
{
    if (thread->timeout.linked) {
        deadline_remove_timeout(thread);
    }
    sched_ready(thread);
    object_release(&event->object);
}

/* A waiter for one of the bits that are set, taken out of the queue; event locked. */
static struct thread *take_waiter(struct event *event)
{
    for (struct list *at = event->waiters.next; at != &event->waiters; at = at->next) {
        struct thread *thread = container_of(at, struct thread, wait_link);
        uint64_t bits = event->bits & thread->wait_mask;

        if (bits != 0) {
            event->bits &= ~bits;
            end_wait(thread, STATUS_OK, bits);
            return thread;
        }
    }
    return NULL;
}

void event_signal(struct event *event, uint64_t bits)
{
    struct thread *thread;
    struct thread *bound = NULL;
    bool more;

    do {
        lock_acquire(&event->lock);
        event->bits |= bits;
        bits = 0;
        thread = take_waiter(event);
        more = thread != NULL && event->bits != 0;
        if (!more && event->bits != 0 && event->bound != NULL) {
            bound = event->bound;
            object_reference(&bound->object);
        }
        lock_release(&event->lock);
        if (thread != NULL) {
            wake(event, thread);
        }
    } while (more);
    if (bound != NULL) {
        receive_event(event, bound);
        object_release(&bound->object);
    }
}

uint64_t event_take_all(struct event *event)
{
    uint64_t bits;

    lock_acquire(&event->lock);
    bits = event->bits;
    event->bits = 0;
    lock_release(&event->lock);
    return bits;
}

/* `now`: what the wait's deadline must have reached; ~0 for any. The thread may have been woken and
 * wait anew: what it waits for and until when are settled under the event's lock. */
static bool cancel_wait(struct event *event, struct thread *thread, status_t status, uint64_t now)
{
    bool waiting;

    lock_acquire(&event->lock);
    waiting = thread->wait == WAIT_EVENT && thread->wait_object == &event->object &&
              thread->timeout.key <= now;
    if (waiting) {
        end_wait(thread, status, 0);
    }
    lock_release(&event->lock);
    if (waiting) {
        wake(event, thread);
    }
    return waiting;
}

bool event_cancel_wait(struct event *event, struct thread *thread, status_t status)
{
    return cancel_wait(event, thread, status, ~UINT64_C(0));
}

void event_time_out(struct event *event, struct thread *thread, uint64_t now)
{
    (void)cancel_wait(event, thread, STATUS_TIMED_OUT, now);
}

status_t event_bind(struct event *event, struct thread *thread)
{
    status_t status = STATUS_OK;

    lock_acquire(&event->lock);
    if (event->bound != NULL && event->bound != thread) {
        status = STATUS_BAD_STATE;
    } else {
        event->bound = thread;
    }
    lock_release(&event->lock);
    return status;
}

void event_unbind(struct event *event, struct thread *thread)
{
    lock_acquire(&event->lock);
    if (event->bound == thread) {
        event->bound = NULL;
    }
    lock_release(&event->lock);
}
