/*
 * The requests of stream.h as calls of the file protocol: copying from and to leases, answering
 * now or later, cancelling. One server a task.
 *
 *     static status_t read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
 *     {
 *         struct stream_request *request = stream_call_begin(call, flags);
 *         if (request == NULL) { return STATUS_BUSY; }
 *         serial_read(&serial, request);
 *         return stream_call_end(call, request, count, cancel);
 *     }
 */
#ifndef DRIVERS_COMMON_STREAM_SERVER_H
#define DRIVERS_COMMON_STREAM_SERVER_H

#include "server.h"
#include "stream.h"

enum {
    STREAM_CALLS = 64 /* calls that can wait at once */
};

/* For the queues of a server. */
extern const struct stream_host stream_call_host;

/* A request for a call with one lease; null when STREAM_CALLS others wait. */
struct stream_request *stream_call_begin(struct call *call, uint32_t flags);

/*
 * Ends the operation: with the answer if there is one already, and otherwise the call waits for
 * it. NO_KERNEL_MEMORY, or bytes moved so far, when it cannot wait; `request` has then been taken
 * out of its queue by `cancel`.
 */
status_t stream_call_end(struct call *call, struct stream_request *request, uint64_t *count,
                         void (*cancel)(struct stream_request *request, status_t status));

/* The request that waits with a reply object, for server.on_cancel; null when none does. */
struct stream_request *stream_call_find(handle_t reply);

#endif
