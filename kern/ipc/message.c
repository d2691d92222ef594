/*
 * Moving messages: words through the saved registers, the rest through the message pages, which
 * the kernel reaches by the direct map. Handles are copied all or none.
 */
#include "message.h"

#include <kern/handle.h>
#include <sinter/abi.h>
#include <string.h>

enum { WORD_RESULT = 2, TAG_RESULT = 1, STATUS_RESULT = 0 };

status_t message_check(uint64_t tag, bool leases)
{
    if (tag_bytes(tag) > LIMIT_MESSAGE_DATA || tag_handles(tag) > LIMIT_MESSAGE_HANDLES ||
        tag_leases(tag) > (leases ? LIMIT_MESSAGE_LEASES : 0) || tag >> 50 != 0) {
        return STATUS_BAD_ARGUMENT;
    }
    return STATUS_OK;
}

status_t message_take_handles(struct thread *from, unsigned count)
{
    status_t status = STATUS_OK;

    while (from->sent_count < count) {
        unsigned i = from->sent_count;
        struct object *object = handle_take(&from->task->handles, from->page->handles[i],
                                            &from->sent_rights[i], &status);

        if (object == NULL) {
            return status;
        }
        from->sent[i] = object;
        from->sent_count++;
        if ((from->sent_rights[i] & RIGHT_TRANSFER) == 0) {
            return STATUS_NO_RIGHT;
        }
    }
    return STATUS_OK;
}

void message_drop_handles(struct thread *from)
{
    while (from->sent_count > 0) {
        object_handle_removed_later(from->sent[--from->sent_count]);
    }
}

static status_t give_handles(struct thread *from, struct thread *to)
{
    handle_t handles[LIMIT_MESSAGE_HANDLES];
    status_t status;

    if (from->sent_count > to->page->accept) {
        return STATUS_NO_SLOTS;
    }
    status = handle_install_all(&to->task->handles, to->task->object.account, from->sent,
                                from->sent_rights, from->sent_count, handles);
    if (status == STATUS_OK) {
        memcpy(to->page->handles, handles, from->sent_count * sizeof(handles[0]));
        from->sent_count = 0;
    }
    return status;
}

static void tell_leases(const struct thread *caller, struct thread *receiver)
{
    for (unsigned i = 0; i < caller->lease_count; i++) {
        struct lease *told = &receiver->page->leases[i];

        told->source = 0;
        told->address = 0;
        told->length = caller->leases[i].length;
        told->flags = caller->leases[i].flags;
        told->index = i;
    }
}

static status_t user_call(struct thread *caller, struct thread *receiver)
{
    uint64_t tag = frame_argument(&caller->frame, TAG_RESULT);

    if (tag >> 32 != 0) {
        status_t status = give_handles(caller, receiver);

        if (status != STATUS_OK) {
            return status;
        }
        memcpy(receiver->page->data, caller->page->data, tag_bytes(tag));
        tell_leases(caller, receiver);
    }
    frame_copy_message(&caller->frame, &receiver->frame);
    return STATUS_OK;
}

static void kernel_call(struct thread *caller, struct thread *receiver)
{
    uint64_t tag = caller->call_tag;

    if (caller->call_kind == CALL_FAULT) {
        tag |= (uint64_t)frame_export(&caller->frame, receiver->page->data) << 32;
    }
    frame_set_result(&receiver->frame, TAG_RESULT, tag);
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        frame_set_result(&receiver->frame, WORD_RESULT + i, caller->call_words[i]);
    }
}

status_t message_to_receiver(struct thread *caller, struct thread *receiver, uint64_t badge)
{
    status_t status = STATUS_OK;

    if (caller->call_kind == CALL_NORMAL) {
        status = user_call(caller, receiver);
    } else {
        kernel_call(caller, receiver);
    }
    if (status == STATUS_OK) {
        message_set_kind(&receiver->frame, RECEIVE_CALL, badge);
    }
    return status;
}

status_t message_to_caller(struct thread *server, struct thread *caller)
{
    uint64_t tag = frame_argument(&server->frame, TAG_RESULT);

    if (caller->call_kind != CALL_NORMAL) {
        return STATUS_OK; /* only the status in the tag counts: call_answered() */
    }
    if (tag >> 32 != 0) {
        status_t status = give_handles(server, caller);

        if (status != STATUS_OK) {
            return status;
        }
        memcpy(caller->page->data, server->page->data, tag_bytes(tag));
    }
    frame_copy_message(&server->frame, &caller->frame);
    frame_set_result(&caller->frame, STATUS_RESULT, STATUS_OK);
    return STATUS_OK;
}

void message_note(struct thread *receiver, uint32_t kind, uint64_t badge, uint64_t word)
{
    struct frame *frame = &receiver->frame;

    message_set_kind(frame, kind, badge);
    frame_set_result(frame, TAG_RESULT, 0);
    frame_set_result(frame, WORD_RESULT, word);
    for (unsigned i = 1; i < LIMIT_MESSAGE_WORDS; i++) {
        frame_set_result(frame, WORD_RESULT + i, 0);
    }
}
