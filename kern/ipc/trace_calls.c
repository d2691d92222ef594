/*
 * Trace records of calls; see trace_calls.h.
 */
#include "trace_calls.h"

#include <kern/port.h>

static struct trace_record record_of(uint32_t kind, const struct thread *caller)
{
    const struct endpoint *endpoint = caller->endpoint;

    return (struct trace_record){.kind = kind,
                                 .peer = caller->object.identity,
                                 .port = endpoint->port->object.identity,
                                 .badge = endpoint->badge};
}

/* What the thread's system call sends. */
static void take_message(struct trace_record *record, const struct thread *sender)
{
    record->tag = frame_argument(&sender->frame, 1);
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        record->words[i] = frame_argument(&sender->frame, 2 + i);
    }
}

static void take_call(struct trace_record *record, const struct thread *caller)
{
    if (caller->call_kind == CALL_NORMAL) {
        take_message(record, caller);
        return;
    }
    record->tag = caller->call_tag;
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        record->words[i] = caller->call_words[i];
    }
}

void trace_call(const struct thread *caller)
{
    struct trace_record record = record_of(TRACE_CALL, caller);

    record.peer = 0;
    take_call(&record, caller);
    trace_append(&record, caller);
}

void trace_receive(const struct thread *caller, const struct thread *receiver)
{
    struct trace_record record = record_of(TRACE_RECEIVE, caller);

    take_call(&record, caller);
    trace_append(&record, receiver);
}

void trace_reply(const struct thread *caller, const struct thread *server)
{
    struct trace_record record = record_of(TRACE_REPLY, caller);

    take_message(&record, server);
    trace_append(&record, server);
}

void trace_failed(const struct thread *caller, status_t status)
{
    struct trace_record record = record_of(TRACE_REPLY, caller);

    record.tag = (uint32_t)status;
    trace_append(&record, NULL);
}
