/* The requests of request.h: DISK_PLACES of them, in the order of arrival. */
#include "request.h"

#include <sinter/protocol/file.h>

#include "plan.h"

#define NO_BOUNCE (-1)

enum state {
    FREE,
    WAITING,  /* for an earlier request, or for room */
    CHANGING, /* the blocks of a partial write are being read */
    MOVING    /* the data is on its way */
};

struct request {
    enum state state;
    enum disk_operation operation;
    struct request *next; /* in the order of arrival */
    handle_t reply;
    uint64_t badge; /* and flags: of a transfer, for the position */
    uint32_t flags;
    bool placed;     /* `offset` is where it goes, and `plan` the blocks */
    uint64_t offset; /* till then: what the client believes */
    uint64_t length;
    struct plan plan;
    handle_t pin;   /* 0: none */
    int32_t bounce; /* index or NO_BOUNCE */
};

static struct request places[DISK_PLACES];
static struct request *first;
static bool bounce_used[DISK_BOUNCES];

void requests_init(struct requests *requests, struct disk *disk, struct server *server)
{
    *requests = (struct requests){.disk = disk, .server = server};
}

static uint32_t place_of(const struct request *request)
{
    return (uint32_t)(request - places);
}

/* ---- the list, and what a request holds ----------------------------------------------------- */

static struct request *add_request(void)
{
    struct request **end = &first;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    for (int i = 0; i < DISK_PLACES; i++) {
        if (places[i].state == FREE) {
            places[i] = (struct request){.state = WAITING, .bounce = NO_BOUNCE};
            *end = &places[i];
            return &places[i];
        }
    }
    return NULL;
}

static void remove_request(struct request *request)
{
    struct request **at = &first;
    while (*at != request) {
        at = &(*at)->next;
    }
    *at = request->next;
    request->state = FREE;
}

static bool take_bounce(struct request *request)
{
    for (int32_t i = 0; i < DISK_BOUNCES; i++) {
        if (!bounce_used[i]) {
            bounce_used[i] = true;
            request->bounce = i;
            return true;
        }
    }
    return false;
}

static void release(struct request *request)
{
    if (request->pin != 0) {
        status_ignore(handle_close(request->pin));
        request->pin = 0;
    }
    if (request->bounce != NO_BOUNCE) {
        bounce_used[request->bounce] = false;
        request->bounce = NO_BOUNCE;
    }
}

/* Pins are closed before the answer: the client goes on only then. */
static void finish(struct requests *requests, struct request *request, status_t status,
                   uint64_t absent)
{
    handle_t reply = request->reply;
    uint64_t count = status == STATUS_OK ? request->plan.count : 0;
    if (count > 0) {
        positions_moved(&requests->positions, request->badge, request->flags,
                        request->offset + count);
    }
    release(request);
    remove_request(request);
    if (status == STATUS_RETRY_TOUCH) {
        server_answer_retry(requests->server, reply, 0, absent);
        return;
    }
    status_ignore(file_read_answer(reply, status, count));
    server_reply_done(requests->server, reply);
}

/* ---- which blocks --------------------------------------------------------------------------- */

static struct plan plan_of(const struct disk *disk, uint64_t offset, uint64_t length)
{
    return plan_transfer(disk->size, disk->block, DISK_TRANSFER_BYTES, offset, length);
}

/* The answer when there are none. */
static status_t at_end(enum disk_operation operation, uint64_t length)
{
    return operation == DISK_WRITE && length > 0 ? STATUS_FULL : STATUS_OK;
}

/* ---- moving --------------------------------------------------------------------------------- */

static bool submit(struct requests *requests, struct request *request, enum state state,
                   enum disk_operation operation, const struct virtqueue_segment *segments,
                   uint32_t count)
{
    if (!disk_submit(requests->disk, place_of(request), operation, request->plan.start, segments,
                     count)) {
        return false;
    }
    request->state = state;
    return true;
}

static bool submit_bounce(struct requests *requests, struct request *request, enum state state,
                          enum disk_operation operation)
{
    struct virtqueue_segment segments[DISK_SEGMENTS];
    uint32_t count = disk_bounce_segments(requests->disk, (uint32_t)request->bounce,
                                          request->plan.span, segments);
    return submit(requests, request, state, operation, segments, count);
}

/* Copies between the lease and what was asked for in the bounce buffer. */
static status_t copy(struct requests *requests, struct request *request, uint32_t direction,
                     uint64_t *absent)
{
    uint8_t *bytes = disk_bounce(requests->disk, (uint32_t)request->bounce) + request->plan.skip;
    return lease_transfer(request->reply, 0, 0, bytes, request->plan.count, direction, absent);
}

/*
 * Pins the whole pages at the start of the lease. Where in its first page a lease begins is not
 * told; that it begins a page shows in the pin ending where the lease does.
 */
static bool pin_pages(struct requests *requests, struct request *request, uint64_t length)
{
    uint64_t address = 0;
    status_t status =
        lease_pin(requests->disk->device.memory, request->reply, 0, 0, length, &request->pin);
    if (status != STATUS_OK) {
        request->pin = 0;
        return false;
    }
    if (pin_address(request->pin, length, &address, NULL) == STATUS_OK) {
        release(request);
        return false;
    }
    return true;
}

/* Prepares a transfer in place; false when the request has to go through a bounce buffer. */
static bool prepare_in_place(struct requests *requests, struct request *request,
                             struct virtqueue_segment *segments, uint32_t *count)
{
    uint64_t length = request->plan.count & ~(uint64_t)(LIMIT_PAGE_SIZE - 1);
    if (request->plan.skip != 0 || length == 0 || !pin_pages(requests, request, length)) {
        return false;
    }
    if (disk_pin_segments(requests->disk, request->pin, &length, segments, count) != STATUS_OK ||
        length == 0) {
        release(request);
        return false;
    }
    request->plan.count = length;
    request->plan.span = length;
    return true;
}

/* Starts a transfer through a bounce buffer; false when there is no room now. */
static bool start_bounced(struct requests *requests, struct request *request)
{
    uint64_t absent = 0;
    if (!take_bounce(request)) {
        return false;
    }
    request->plan = plan_transfer(requests->disk->size, requests->disk->block, DISK_BOUNCE_BYTES,
                                  request->offset, request->length);
    bool started;
    if (request->operation == DISK_WRITE && plan_is_partial(&request->plan)) {
        started = submit_bounce(requests, request, CHANGING, DISK_READ);
    } else {
        status_t status = STATUS_OK;
        if (request->operation == DISK_WRITE) {
            status = copy(requests, request, LEASE_READ, &absent);
        }
        if (status != STATUS_OK) {
            finish(requests, request, status, absent);
            return true;
        }
        started = submit_bounce(requests, request, MOVING, request->operation);
    }
    if (!started) {
        release(request);
    }
    return started;
}

/* Hands a request that is placed to the device; false when there is no room now. The device may be
 * another size since. */
static bool start(struct requests *requests, struct request *request)
{
    struct virtqueue_segment segments[DISK_SEGMENTS];
    uint32_t count = 0;
    if (request->operation == DISK_FLUSH) {
        return submit(requests, request, MOVING, DISK_FLUSH, NULL, 0);
    }
    request->plan = plan_of(requests->disk, request->offset, request->length);
    if (request->plan.count == 0) {
        finish(requests, request, at_end(request->operation, request->length), 0);
        return true;
    }
    if (!prepare_in_place(requests, request, segments, &count)) {
        return start_bounced(requests, request);
    }
    bool started = submit(requests, request, MOVING, request->operation, segments, count);
    if (!started) {
        release(request);
    }
    return started;
}

static bool at_one_position(const struct request *one, const struct request *other)
{
    return one->badge == other->badge && (one->flags & other->flags & FILE_AT_POSITION) != 0;
}

/* Where it goes is known once nobody moves the position before it. */
static bool place(struct requests *requests, struct request *request)
{
    for (const struct request *earlier = first; earlier != request && !request->placed;
         earlier = earlier->next) {
        if (at_one_position(request, earlier)) {
            return false;
        }
    }
    if (!request->placed) {
        request->offset =
            positions_take(&requests->positions, request->badge, request->offset, request->flags);
        request->plan = plan_of(requests->disk, request->offset, request->length);
        request->placed = true;
    }
    return true;
}

/* Whether it touches blocks of one that came or began before it, and one of them writes. */
static bool has_to_wait(const struct request *request)
{
    bool is_earlier = true;
    for (const struct request *other = first; other != NULL; other = other->next) {
        bool both_read = request->operation == DISK_READ && other->operation == DISK_READ;
        if (other == request) {
            is_earlier = false;
        } else if ((is_earlier || other->state != WAITING) && !both_read &&
                   plan_overlaps(&request->plan, &other->plan)) {
            return true;
        }
    }
    return false;
}

static bool can_start(struct requests *requests, struct request *request)
{
    return request->state == WAITING && place(requests, request) && !has_to_wait(request);
}

static void start_waiting(struct requests *requests)
{
    struct request *next;
    for (struct request *request = first; request != NULL; request = next) {
        next = request->next;
        if (can_start(requests, request) && !start(requests, request)) {
            break;
        }
    }
}

/* ---- ends ----------------------------------------------------------------------------------- */

/* The blocks of a partial write have been read: changes them and writes them. */
static void change(struct requests *requests, struct request *request)
{
    uint64_t absent = 0;
    status_t status = copy(requests, request, LEASE_READ, &absent);
    if (status == STATUS_OK && !submit_bounce(requests, request, MOVING, DISK_WRITE)) {
        status = STATUS_IO_ERROR; /* the chain that was just given back had as many descriptors */
    }
    if (status != STATUS_OK) {
        finish(requests, request, status, absent);
    }
}

static void complete(struct requests *requests, struct request *request, bool done)
{
    uint64_t absent = 0;
    status_t status = done ? STATUS_OK : STATUS_IO_ERROR;
    requests->completed++;
    if (done && request->state == CHANGING) {
        change(requests, request);
        return;
    }
    if (done && request->operation == DISK_READ && request->bounce != NO_BOUNCE) {
        status = copy(requests, request, LEASE_WRITE, &absent);
    }
    finish(requests, request, status, absent);
}

bool requests_progress(struct requests *requests)
{
    uint32_t place = 0;
    enum disk_result result = disk_take(requests->disk, &place);
    while (result == DISK_DONE || result == DISK_FAILED) {
        complete(requests, &places[place], result == DISK_DONE);
        result = disk_take(requests->disk, &place);
    }
    if (result == DISK_NONE) {
        start_waiting(requests);
    }
    return result == DISK_NONE;
}

void requests_abort(struct requests *requests)
{
    struct request *next;
    for (struct request *request = first; request != NULL; request = next) {
        next = request->next;
        if (request->state != WAITING) {
            finish(requests, request, STATUS_IO_ERROR, 0);
        }
    }
    start_waiting(requests);
}

void requests_cancel(struct requests *requests, handle_t reply)
{
    for (struct request *request = first; request != NULL; request = request->next) {
        if (request->reply == reply && request->state == WAITING) {
            finish(requests, request, STATUS_INTERRUPTED, 0);
            start_waiting(requests);
            return;
        }
    }
}

bool requests_in_flight(const struct requests *requests)
{
    (void)requests;
    for (const struct request *request = first; request != NULL; request = request->next) {
        if (request->state != WAITING) {
            return true;
        }
    }
    return false;
}

/* ---- entries -------------------------------------------------------------------------------- */

static status_t enter(struct requests *requests, struct call *call, struct request *request)
{
    handle_t reply = call_defer(call);
    if (reply == 0) {
        remove_request(request);
        return STATUS_NO_KERNEL_MEMORY;
    }
    request->reply = reply;
    start_waiting(requests);
    return STATUS_OK;
}

status_t requests_transfer(struct requests *requests, struct call *call,
                           enum disk_operation operation, uint64_t offset, uint32_t flags,
                           uint64_t *count)
{
    uint64_t length = call_lease_length(call, 0);
    *count = 0;
    if (operation == DISK_WRITE && requests->disk->read_only) {
        return STATUS_READ_ONLY;
    }
    if (length == 0) {
        return STATUS_OK;
    }
    struct request *request = add_request();
    if (request == NULL) {
        return STATUS_BUSY;
    }
    request->operation = operation;
    request->offset = offset;
    request->badge = call->in.badge;
    request->flags = flags;
    request->length = length;
    return enter(requests, call, request);
}

/* What has been answered is in the device, so a flush waits for nothing. */
status_t requests_flush(struct requests *requests, struct call *call)
{
    if (!requests->disk->has_flush) {
        return STATUS_OK;
    }
    struct request *request = add_request();
    if (request == NULL) {
        return STATUS_BUSY;
    }
    request->operation = DISK_FLUSH;
    request->placed = true;
    return enter(requests, call, request);
}
