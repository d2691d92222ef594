/*
 * Where system calls come in, and the direct way for the two that matter most: a call to a server
 * that waits, and the answer to a caller followed by waiting again, when nothing travels but
 * registers and nothing else is to be done at the switch.
 *
 * Both look at everything under the locks of port and reply. Then either the call commits and the
 * CPU is handed over, or nothing has been changed and the general path (kern/ipc) does the call.
 * This file is compiled without frame pointers, as it is the outermost frame.
 */
#include <arch/clock.h>
#include <arch/entry.h>
#include <kern/event.h>
#include <kern/port.h>
#include <kern/sched.h>
#include <kern/syscall.h>
#include <kern/trace.h>
#include <libsys_calls.h>

/* Port and reply locked; receives what the running thread sends, if it can be switched to. */
static inline bool give_call(struct cpu *cpu, struct thread *self, struct endpoint *endpoint,
                             struct thread *receiver, struct reply *reply)
{
    uint64_t now = clock_counter();

    self->call_extras = 0; /* before it is seen to wait */
    if (reply->closed || !sched_can_hand_over(cpu, receiver, now) ||
        !thread_try_wait(self, WAIT_ANSWER, THREAD_BLOCKED_CALL, &reply->object)) {
        return false;
    }
    sched_stop(cpu, self, now);
    self->endpoint = endpoint;
    reply->state = REPLY_BOUND;
    reply->caller = self;
    reply->number++;
    frame_copy_message(&self->frame, &receiver->frame);
    message_set_kind(&receiver->frame, RECEIVE_CALL, endpoint->badge);
    list_remove(&receiver->wait_link);
    thread_end_wait(receiver);
    return true;
}

/* The receiver that got the call, or null. */
static inline struct thread *call_receiver(struct cpu *cpu, struct thread *self,
                                           struct endpoint *endpoint)
{
    struct port *port = endpoint->port;
    struct thread *receiver = NULL;

    lock_acquire(&port->lock);
    if (!list_empty(&port->receivers) && !port->dead &&
        !atomic_load_explicit(&endpoint->revoked, memory_order_relaxed)) {
        struct thread *first = container_of(port->receivers.next, struct thread, wait_link);
        struct reply *reply = first->receive_reply;

        lock_acquire(&reply->lock);
        if (give_call(cpu, self, endpoint, first, reply)) {
            receiver = first;
        }
        lock_release(&reply->lock);
    }
    lock_release(&port->lock);
    return receiver;
}

/* The last act of a direct call. `loose`: loses a reference; null: nothing does. */
static inline void hand_over(struct cpu *cpu, struct thread *next, struct object *loose)
{
    bool unfit = !sched_run(cpu, next);

    sched_use_space(cpu, next->space);
    if (loose != NULL && !object_drop(loose)) {
        loose = NULL;
    }
    if (unfit || loose != NULL) {
        kernel_clean_up(loose);
    }
}

static inline void direct_call(struct cpu *cpu, struct frame *frame)
{
    struct thread *self = cpu->current;
    struct object *object = NULL;
    struct thread *receiver;

    if (frame_argument(frame, 1) >> 32 == 0 && !trace_wants(~0u)) {
        object = handle_get(&self->task->handles, frame_argument(frame, 0), OBJECT_ENDPOINT,
                            RIGHT_ENDPOINT_CALL);
    }
    if (object == NULL) {
        kernel_call_generally(frame, NULL);
        return;
    }
    receiver = call_receiver(cpu, self, container_of(object, struct endpoint, object));
    if (receiver == NULL) {
        kernel_call_generally(frame, object);
        return;
    }
    hand_over(cpu, receiver, NULL);
}

/* Whether the thread receives and answers by the handles it used before. */
static inline bool receives_as_before(const struct thread *self, const struct frame *frame)
{
    return frame_argument(frame, 0) == self->receive_reply_handle &&
           frame_argument(frame, 9) == self->receive_port_handle &&
           atomic_load_explicit(&self->task->handles.removals, memory_order_acquire) ==
               self->receive_removals;
}

/* Reply locked; its caller, answered, if it can be switched to. */
static inline struct thread *give_answer(struct cpu *cpu, struct thread *self, struct port *port,
                                         struct reply *reply)
{
    struct thread *caller = reply->caller;
    uint64_t now = clock_counter();

    if (caller == NULL || caller->call_extras != 0 || caller->cancelled ||
        !sched_can_hand_over(cpu, caller, now) ||
        !thread_try_wait(self, WAIT_RECEIVE, THREAD_BLOCKED_RECEIVE, &port->object)) {
        return NULL;
    }
    sched_stop(cpu, self, now);
    list_append(&port->receivers, &self->wait_link);
    frame_copy_message(&self->frame, &caller->frame);
    frame_set_result(&caller->frame, 0, STATUS_OK);
    reply->state = REPLY_ARMED;
    reply->handle = self->receive_reply_handle;
    reply->caller = NULL;
    thread_end_wait(caller);
    return caller;
}

/* The event's lock is held until the thread waits, so that no bit is missed. */
static inline struct thread *answer_and_wait(struct cpu *cpu, struct thread *self)
{
    struct port *port = self->receive_port;
    struct reply *reply = self->receive_reply;
    struct event *event = self->bound_event;
    struct thread *caller = NULL;

    lock_acquire(&port->lock);
    if (event != NULL) {
        lock_acquire(&event->lock);
    }
    if ((event == NULL || event->bits == 0) && tree_first(&port->callers) == NULL &&
        list_empty(&port->closed) && list_empty(&port->cancels)) {
        lock_acquire(&reply->lock);
        caller = give_answer(cpu, self, port, reply);
        lock_release(&reply->lock);
    }
    if (event != NULL) {
        lock_release(&event->lock);
    }
    lock_release(&port->lock);
    return caller;
}

static inline void direct_reply_receive(struct cpu *cpu, struct frame *frame)
{
    struct thread *self = cpu->current;
    struct thread *caller = NULL;
    struct endpoint *endpoint;

    if (frame_argument(frame, 1) >> 32 == 0 && !trace_wants(~0u) &&
        receives_as_before(self, frame)) {
        caller = answer_and_wait(cpu, self);
    }
    if (caller == NULL) {
        kernel_call_generally(frame, NULL);
        return;
    }
    endpoint = caller->endpoint;
    caller->endpoint = NULL;
    hand_over(cpu, caller, &endpoint->object);
}

void kernel_syscall(struct frame *frame)
{
    struct cpu *cpu = cpu_self();
    const struct space *space = cpu->space;
    uint64_t number = frame_call_number(frame);

    if (frame_pc(frame) - space->libsys >= space->libsys_end - space->libsys) {
        kernel_fault(frame, FAULT_SYSCALL, frame_pc(frame));
    } else if (number == SYSTEM_CALL_port_call) {
        direct_call(cpu, frame);
    } else if (number == SYSTEM_CALL_port_reply_receive) {
        direct_reply_receive(cpu, frame);
    } else {
        kernel_call_generally(frame, NULL);
    }
}
