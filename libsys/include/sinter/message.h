/*
 * What the generated stubs of sinter/protocol/NAME.h are made of: filling and emptying the message
 * page of the calling thread around a call.
 *
 * Between calls the page's `accept` is 0, so a server cannot hand over what nobody waits for: a
 * stub that takes handles sets it and message_take_handles() clears it. The page's data and
 * handles are free for anybody between calls; nothing in them lasts over a call.
 */
#ifndef SINTER_MESSAGE_H
#define SINTER_MESSAGE_H

#include <sinter/abi.h>
#include <sinter/system.h>

/* Where a lease that was lent on wants a touch: see message_end(). */
struct message_retry {
    uint64_t lease;
    uint64_t offset;
};

/* A protocol as a server serves it; NAME_protocol() makes one. */
struct call;
struct server_protocol {
    uint32_t number;
    uint32_t version; /* major << 16 | minor */
    status_t (*serve)(const void *operations, struct call *call);
    const void *operations;
};

static inline void message_begin(struct message *message, uint64_t tag)
{
    message->tag = tag;
    message->words[0] = 0;
    message->words[1] = 0;
    message->words[2] = 0;
    message->words[3] = 0;
    message->words[4] = 0;
    message->words[5] = 0;
}

/* length is at most LIMIT_MESSAGE_DATA. */
static inline void message_put_data(struct message_page *page, const void *data, size_t length)
{
    const uint8_t *from = (const uint8_t *)data;
    for (size_t i = 0; i < length; i++) {
        page->data[i] = from[i];
    }
}

/* Copies the data of an answer; *length is what the server sent, also when that is too much. */
static inline status_t message_take_data(const struct message_page *page, uint64_t tag, void *data,
                                         size_t capacity, size_t *length)
{
    uint8_t *to = (uint8_t *)data;
    size_t sent = tag_bytes(tag);
    for (size_t i = 0; i < sent && i < capacity; i++) {
        to[i] = page->data[i];
    }
    if (length != NULL) {
        *length = sent;
    }
    return sent <= capacity ? STATUS_OK : STATUS_TOO_LARGE;
}

/*
 * Ends taking handles. They are in page->handles if the answer is OK and brought as many as the
 * protocol says; otherwise those that came are closed, and the answer is its status or BAD_FORMAT.
 */
static inline status_t message_take_handles(struct message_page *page, uint64_t tag,
                                            uint32_t expected)
{
    page->accept = 0;
    if (tag_status(tag) == STATUS_OK && tag_handles(tag) == expected) {
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < tag_handles(tag); i++) {
        status_ignore(handle_close(page->handles[i]));
    }
    return tag_status(tag) != STATUS_OK ? tag_status(tag) : STATUS_BAD_FORMAT;
}

/*
 * The server's status. RETRY_TOUCH comes through port_call() only for leases that this thread
 * cannot touch: then a struct message_retry is at the start of the page's data.
 */
static inline status_t message_end(const struct message *message)
{
    status_t status = tag_status(message->tag);
    if (status == STATUS_RETRY_TOUCH) {
        struct message_retry retry;
        retry.lease = message->words[0];
        retry.offset = message->words[1];
        message_put_data(message_page(), &retry, sizeof(retry));
    }
    return status;
}

#define PROTOCOL_MAJOR_SHIFT 16

/*
 * Agrees on the version of a protocol, major << 16 | minor: *version is the lower of `offered` and
 * the server's. Within a major version methods are only added, so whoever keeps to the methods of
 * 1.0 need not ask. VERSION_MISMATCH: another major version, which *version then is; BAD_METHOD:
 * the server does not speak the protocol.
 */
SINTER_MUST_CHECK static inline status_t protocol_negotiate(handle_t endpoint, uint32_t protocol,
                                                            uint32_t offered, uint32_t *version)
{
    struct message message;
    uint32_t method = protocol << METHOD_PROTOCOL_SHIFT | METHOD_NEGOTIATE;
    status_t status;
    message_begin(&message, message_tag(method, 0, 0, 0));
    message.words[0] = offered;
    status = port_call(endpoint, &message);
    *version = status == STATUS_OK ? (uint32_t)message.words[0] : 0;
    return status == STATUS_OK ? tag_status(message.tag) : status;
}

#endif
