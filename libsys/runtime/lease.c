/* Copying what callers lend, with absent pages turned into answers RETRY_TOUCH. */
#include "server.h"

status_t lease_transfer(handle_t reply, uint32_t lease, uint64_t offset, void *buffer,
                        uint64_t length, uint32_t direction, uint64_t *absent)
{
    uint64_t copied = 0;
    if (length == 0) {
        return STATUS_OK;
    }
    status_t status =
        lease_copy(reply, lease, offset, (uint64_t)(uintptr_t)buffer, length, direction, &copied);
    if (status != STATUS_LENDER_ABSENT) {
        return status;
    }
    *absent = offset + copied;
    return STATUS_RETRY_TOUCH;
}

static status_t transfer(struct call *call, uint32_t lease, uint64_t offset, void *buffer,
                         uint64_t length, uint32_t direction)
{
    uint64_t absent = 0;
    status_t status =
        lease_transfer(call->reply, lease, offset, buffer, length, direction, &absent);
    if (status == STATUS_RETRY_TOUCH) {
        call->retry.lease = lease;
        call->retry.offset = absent;
    }
    return status;
}

status_t call_read(struct call *call, uint32_t lease, uint64_t offset, void *buffer,
                   uint64_t length)
{
    return transfer(call, lease, offset, buffer, length, LEASE_READ);
}

/* The kernel only reads the buffer in this direction. */
status_t call_write(struct call *call, uint32_t lease, uint64_t offset, const void *buffer,
                    uint64_t length)
{
    return transfer(call, lease, offset, (void *)(uintptr_t)buffer, length, LEASE_WRITE);
}

bool reply_is_interrupted(handle_t reply)
{
    uint8_t byte;
    return lease_copy(reply, LIMIT_MESSAGE_LEASES, 0, (uint64_t)(uintptr_t)&byte, sizeof(byte),
                      LEASE_READ, NULL) == STATUS_INTERRUPTED;
}

uint64_t call_lease_length(const struct call *call, uint32_t lease)
{
    return lease < call->lease_count ? call->leases[lease].length : 0;
}

status_t call_retry_onward(struct call *call)
{
    const uint8_t *from = message_page()->data;
    uint8_t *to = (uint8_t *)&call->retry;
    for (size_t i = 0; i < sizeof(call->retry); i++) {
        to[i] = from[i];
    }
    return STATUS_RETRY_TOUCH;
}
