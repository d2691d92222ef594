/*
 * Trace records of calls; see message.h.
 */
#include "message.h"

void trace_message(uint32_t kind, const struct thread *caller, const struct thread *actor,
                   uint64_t tag)
{
    const struct endpoint *endpoint = caller->endpoint;
    const struct thread *sender = kind == TRACE_REPLY ? actor : caller;
    bool asked = kind != TRACE_REPLY && caller->call_kind != CALL_NORMAL; /* by the kernel */
    struct trace_record record = {.kind = kind, .tag = tag};

    record.peer = actor == caller ? 0 : caller->object.identity;
    record.port = endpoint->port->object.identity;
    record.badge = endpoint->badge;
    if (actor != NULL) {
        record.tag = asked ? caller->call_tag : frame_argument(&sender->frame, 1);
        for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
            record.words[i] = asked ? caller->call_words[i] : frame_argument(&sender->frame, 2 + i);
        }
    }
    trace_append(&record, actor);
}
