/*
 * Trace records of calls; see message.h.
 */
#include "message.h"

#include <string.h>

void trace_message(uint32_t kind, const struct thread *caller, const struct thread *actor,
                   uint64_t tag)
{
    const struct thread *sender = kind == TRACE_REPLY ? actor : caller;
    bool asked = kind != TRACE_REPLY && caller->call_kind != CALL_NORMAL; /* by the kernel */
    struct trace_record record = {.kind = kind, .tag = tag};
    size_t length;

    record.peer = actor == caller ? 0 : caller->object.identity;
    record.port = caller->endpoint->port->object.identity;
    record.badge = caller->endpoint->badge;
    if (actor != NULL) {
        record.tag = asked ? caller->call_tag : frame_argument(&sender->frame, 1);
        for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
            record.words[i] = asked ? caller->call_words[i] : frame_argument(&sender->frame, 2 + i);
        }
        length = tag_bytes(record.tag);
        if (kind != TRACE_RECEIVE && length != 0 && trace_wants(1u << TRACE_DATA)) {
            struct trace_record data = {.kind = TRACE_DATA};

            memcpy(data.words, sender->page->data,
                   length < sizeof(data.words) ? length : sizeof(data.words));
            trace_append(&data, actor);
        }
    }
    trace_append(&record, actor);
}
