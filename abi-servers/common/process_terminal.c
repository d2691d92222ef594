/* See process_terminal.h. */
#include "process_terminal.h"

#include "session.h"

enum { PIECE = 256 }; /* of a write: others' may come between two */

/* ---- hooks: lock held ------------------------------------------------------------------------ */

static void wake(void *context, uint32_t who)
{
    struct process_terminal *at = context;
    if ((who & TERMINAL_WAKE_READERS) != 0) {
        wait_queue_wake(&at->readers);
    }
    if ((who & TERMINAL_WAKE_WRITERS) != 0) {
        wait_queue_wake(&at->writers);
    }
    if ((who & TERMINAL_WAKE_DEVICE) != 0) {
        wait_queue_wake(&at->senders);
    }
    if ((who & TERMINAL_WAKE_SOURCE) != 0) {
        wait_queue_wake(&at->typists);
        if (at->device->room != NULL) {
            at->device->room(at);
        }
    }
}

static void signal_group(void *context, uint32_t group, enum terminal_signal signal)
{
    (void)context;
    session_signal_group(group, signal);
}

static void signal_leader(void *context, uint32_t session, enum terminal_signal signal)
{
    (void)context;
    session_signal_leader(session, signal);
}

static bool group_is_orphaned(void *context, uint32_t group)
{
    (void)context;
    return session_group_is_orphaned(group);
}

const struct terminal_hooks process_terminal_hooks = {wake, signal_group, signal_leader,
                                                      group_is_orphaned};

/* ---- life ------------------------------------------------------------------------------------ */

void process_terminal_init(struct process_terminal *at, struct terminal *terminal,
                           const struct process_terminal_device *device)
{
    *at = (struct process_terminal){.device = device, .terminal = terminal, .references = 1};
}

struct process_terminal *process_terminal_share(struct process_terminal *at)
{
    at->references++;
    return at;
}

void process_terminal_release(struct process_terminal *at)
{
    if (--at->references == 0) {
        at->device->free(at);
    }
}

void process_terminal_end(struct process *leader)
{
    struct process_terminal *at = leader->terminal;
    if (at == NULL) {
        return;
    }
    leader->terminal = NULL;
    at->device->end(at);
    mutex_lock(&host.lock);
    process_terminal_release(at);
    mutex_unlock(&host.lock);
}

/* ---- reading and writing --------------------------------------------------------------------- */

/* Who is in the background and was not stopped by the signal gets an error, and may try again. */
static status_t to_status(enum terminal_status status)
{
    switch (status) {
    case TERMINAL_DONE:
        return STATUS_OK;
    case TERMINAL_SIGNALLED:
        return STATUS_INTERRUPTED;
    case TERMINAL_NOT_PERMITTED:
        return STATUS_NO_RIGHT;
    case TERMINAL_NOT_CONTROLLING:
        return STATUS_UNSUPPORTED;
    default:
        return STATUS_IO_ERROR;
    }
}

static struct terminal_caller caller_of(const struct process *process)
{
    return (struct terminal_caller){.session = process->session,
                                    .group = process->group,
                                    .leads_session = session_leads(process),
                                    .has_terminal = process->terminal != NULL};
}

/* Who is stopped for asking asks again when it is continued. */
static status_t may(struct process *process, struct process_terminal *at,
                    enum terminal_operation operation)
{
    status_t status = STATUS_OK;
    enum terminal_status told = TERMINAL_SIGNALLED;
    while (told == TERMINAL_SIGNALLED && status == STATUS_OK) {
        const struct terminal_caller caller = caller_of(process);
        told = terminal_may(at->terminal, &caller, operation);
        status = told == TERMINAL_SIGNALLED && process->stopped ? process_pause(process)
                                                                : to_status(told);
    }
    return status;
}

static status_t sleep(struct process *process, struct wait_queue *queue, uint64_t deadline)
{
    status_t status = process_sleep(process, queue, deadline);
    return status == STATUS_TIMED_OUT ? STATUS_OK : status;
}

/* Lock held. */
static status_t take(struct process *process, struct process_terminal *at, uint8_t *bytes,
                     uint32_t capacity, uint32_t *count)
{
    struct terminal_reading reading = {.nonblocking = false};
    enum terminal_status told = TERMINAL_WAITS;
    status_t status = STATUS_OK;
    while (told == TERMINAL_WAITS && status == STATUS_OK && !at->over) {
        status = may(process, at, TERMINAL_READ);
        if (status == STATUS_OK && !at->over) {
            told = terminal_read(at->terminal, &reading, clock_read(), bytes, capacity, count);
        }
        if (status == STATUS_OK && told == TERMINAL_WAITS) {
            status = sleep(process, &at->readers, reading.deadline);
        }
    }
    return status;
}

/* What is taken is lost if the guest's memory cannot be written, as with any stream. */
status_t process_terminal_read(struct process *process, struct process_terminal *at,
                               uint64_t address, uint64_t length, uint64_t *count)
{
    uint8_t bytes[TERMINAL_INPUT_BYTES];
    uint32_t capacity = length < sizeof(bytes) ? (uint32_t)length : sizeof(bytes);
    uint32_t taken = 0;
    mutex_lock(&host.lock);
    status_t status = take(process, at, bytes, capacity, &taken);
    mutex_unlock(&host.lock);
    if (at->device->send != NULL) {
        at->device->send(at); /* room may have to be told (IXOFF) */
    }
    *count = taken;
    return taken > 0 ? guest_copy_out(address, bytes, taken) : status;
}

static status_t put(struct process *process, struct process_terminal *at, const uint8_t *bytes,
                    uint32_t length, uint32_t *count)
{
    mutex_lock(&host.lock);
    status_t status = may(process, at, TERMINAL_WRITE);
    if (status == STATUS_OK) {
        enum terminal_status told = terminal_write(at->terminal, bytes, length, count);
        status = told == TERMINAL_WAITS ? sleep(process, &at->writers, TERMINAL_FOREVER)
                                        : to_status(told);
    }
    mutex_unlock(&host.lock);
    if (at->device->send != NULL) {
        at->device->send(at);
    }
    return status;
}

status_t process_terminal_write(struct process *process, struct process_terminal *at,
                                uint64_t address, uint64_t length, uint64_t *count)
{
    uint8_t bytes[PIECE];
    status_t status = STATUS_OK;
    *count = 0;
    while (*count < length && status == STATUS_OK) {
        uint64_t rest = length - *count;
        uint32_t piece = rest < sizeof(bytes) ? (uint32_t)rest : sizeof(bytes);
        uint32_t done = 0;
        status = guest_copy_in(bytes, address + *count, piece);
        while (done < piece && status == STATUS_OK) {
            uint32_t taken = 0;
            status = put(process, at, bytes + done, piece - done, &taken);
            done += taken;
        }
        *count += done;
    }
    return status;
}

/* ---- sessions -------------------------------------------------------------------------------- */

status_t process_terminal_acquire(struct process *process, struct process_terminal *at)
{
    const struct terminal_caller caller = caller_of(process);
    enum terminal_status told = terminal_acquire(at->terminal, &caller);
    if (told == TERMINAL_DONE && process->terminal == NULL) {
        process->terminal = process_terminal_share(at);
    }
    return to_status(told);
}

status_t process_terminal_set_foreground(struct process *process, struct process_terminal *at,
                                         uint32_t group)
{
    status_t status = STATUS_OK;
    enum terminal_status told = TERMINAL_SIGNALLED;
    while (told == TERMINAL_SIGNALLED && status == STATUS_OK) {
        const struct terminal_caller caller = caller_of(process);
        told = terminal_set_foreground(at->terminal, &caller, group, session_of_group(group));
        status = told == TERMINAL_SIGNALLED && process->stopped ? process_pause(process)
                                                                : to_status(told);
    }
    return status;
}
