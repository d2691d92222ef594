/*
 * The calls that carry messages. Register convention (0 to 9, see arch/ARCH/call.h):
 *   port_call           endpoint, tag, words 2-7      -> status, tag, words 2-7
 *   port_receive        port, reply                   -> status | kind << 32, tag, words, 8: badge
 *   port_reply          reply, tag, words 2-7         -> status
 *   port_reply_receive  reply, tag, words 2-7, 9: port -> as port_receive
 * Data, handles and leases are in the message page; the kernel takes them from there at each call.
 */
#include "call.h"
#include "libsys_calls.h"
#include "libsys_exports.h"

#define TOUCH_LIMIT 1000 /* repetitions of one call for absent pages */
#define KIND_SHIFT  32   /* of the kind in the status register of a receive */

#define LOAD_MESSAGE(message)                                                                      \
    do {                                                                                           \
        r1 = (message)->tag;                                                                       \
        r2 = (message)->words[0];                                                                  \
        r3 = (message)->words[1];                                                                  \
        r4 = (message)->words[2];                                                                  \
        r5 = (message)->words[3];                                                                  \
        r6 = (message)->words[4];                                                                  \
        r7 = (message)->words[5];                                                                  \
    } while (0)

#define STORE_MESSAGE(message)                                                                     \
    do {                                                                                           \
        (message)->tag = r1;                                                                       \
        (message)->words[0] = r2;                                                                  \
        (message)->words[1] = r3;                                                                  \
        (message)->words[2] = r4;                                                                  \
        (message)->words[3] = r5;                                                                  \
        (message)->words[4] = r6;                                                                  \
        (message)->words[5] = r7;                                                                  \
    } while (0)

/*
 * Does what RETRY_TOUCH asks: words[0] is a lease of the call, words[1] an offset in it. True if
 * the call is to be repeated. A lease lent on cannot be touched here: its answer is turned into
 * one about the lease that it came from, for this thread to give to its own caller.
 */
static int touch(const struct message *sent, struct message *answer)
{
    uint64_t index = answer->words[0];
    if (index >= tag_leases(sent->tag)) {
        return 0;
    }
    const struct lease *lease = &message_page()->leases[index];
    uint64_t offset = answer->words[1];
    if (offset >= lease->length) {
        return 0;
    }
    if (lease->flags & LEASE_ONWARD) {
        answer->words[0] = lease->index;
        answer->words[1] = lease->address + offset;
        return 0;
    }
    if (lease->source != 0) {
        return 0;
    }
    if (lease->flags & LEASE_WRITE) {
        touch_for_write(lease->address + offset);
    } else {
        (void)*(const volatile uint8_t *)(uintptr_t)(lease->address + offset);
    }
    return 1;
}

/*
 * The rare end of port_call(): touch, repeat, until the answer is another. An answer RETRY_TOUCH
 * carries no data and no handles, so what was sent is still in the page.
 */
static __attribute__((noinline)) status_t touch_and_repeat(handle_t endpoint,
                                                           struct message *message,
                                                           struct message *answer)
{
    for (unsigned tries = 0; tries < TOUCH_LIMIT; tries++) {
        if (tag_status(answer->tag) != STATUS_RETRY_TOUCH || !touch(message, answer)) {
            *message = *answer;
            return STATUS_OK;
        }
        SYSTEM_REGISTERS;
        r0 = endpoint;
        LOAD_MESSAGE(message);
        r8 = SYSTEM_CALL_port_call;
        r9 = 0;
        SYSTEM_CALL_MESSAGE();
        STORE_MESSAGE(answer);
        if ((uint32_t)r0 != STATUS_OK) {
            return (status_t)(uint32_t)r0;
        }
    }
    return STATUS_LENDER_ABSENT;
}

status_t port_call(handle_t endpoint, struct message *message)
{
    SYSTEM_REGISTERS;
    r0 = endpoint;
    LOAD_MESSAGE(message);
    r8 = SYSTEM_CALL_port_call;
    r9 = 0;
    SYSTEM_CALL_MESSAGE();
    if ((uint32_t)r0 != STATUS_OK) {
        return (status_t)(uint32_t)r0;
    }
    if ((uint32_t)r1 == STATUS_RETRY_TOUCH) {
        struct message answer;
        STORE_MESSAGE(&answer);
        return touch_and_repeat(endpoint, message, &answer);
    }
    STORE_MESSAGE(message);
    return STATUS_OK;
}

status_t port_receive(handle_t port, handle_t reply, struct received *received)
{
    SYSTEM_REGISTERS;
    r0 = port;
    r1 = reply;
    r2 = r3 = r4 = r5 = r6 = r7 = 0;
    r8 = SYSTEM_CALL_port_receive;
    r9 = 0;
    SYSTEM_CALL_MESSAGE();
    if ((uint32_t)r0 == STATUS_OK) {
        STORE_MESSAGE(received);
        received->badge = r8;
        received->kind = (uint32_t)(r0 >> KIND_SHIFT);
        received->reserved = 0;
    }
    return (status_t)(uint32_t)r0;
}

status_t port_reply(handle_t reply, const struct message *message)
{
    SYSTEM_REGISTERS;
    r0 = reply;
    LOAD_MESSAGE(message);
    r8 = SYSTEM_CALL_port_reply;
    r9 = 0;
    SYSTEM_CALL_MESSAGE();
    return (status_t)(uint32_t)r0;
}

status_t port_reply_receive(handle_t port, handle_t reply, struct received *received)
{
    SYSTEM_REGISTERS;
    r0 = reply;
    LOAD_MESSAGE(received);
    r8 = SYSTEM_CALL_port_reply_receive;
    r9 = port;
    SYSTEM_CALL_MESSAGE();
    if ((uint32_t)r0 == STATUS_OK) {
        STORE_MESSAGE(received);
        received->badge = r8;
        received->kind = (uint32_t)(r0 >> KIND_SHIFT);
        received->reserved = 0;
    }
    return (status_t)(uint32_t)r0;
}
