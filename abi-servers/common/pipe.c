/* See pipe.h. Requests from outside are served by whoever changes the pipe. */
#include "pipe.h"

#include <sinter/protocol/file.h>
#include "c_string.h"

#define FOR_EVER UINT64_MAX

static struct remote_request requests[REMOTE_REQUESTS];

/* ---- the ring -------------------------------------------------------------------------------- */

/* The first contiguous piece that holds bytes, or room. */
static uint32_t used_span(struct pipe *pipe, uint8_t **start)
{
    *start = pipe->bytes + pipe->first;
    uint32_t to_end = PIPE_BYTES - pipe->first;
    return pipe->used < to_end ? pipe->used : to_end;
}

static uint32_t free_span(struct pipe *pipe, uint8_t **start)
{
    uint32_t at = (pipe->first + pipe->used) % PIPE_BYTES;
    uint32_t to_end = PIPE_BYTES - at;
    uint32_t room = host.abi->pipe_bytes - pipe->used;
    *start = pipe->bytes + at;
    return room < to_end ? room : to_end;
}

static uint32_t smaller(uint64_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

static void discard(struct pipe *pipe, uint32_t count)
{
    pipe->first = (pipe->first + count) % PIPE_BYTES;
    pipe->used -= count;
}

static uint32_t take(struct pipe *pipe, uint8_t *to, uint64_t length)
{
    uint32_t done = 0;
    uint8_t *from;
    uint32_t piece;
    while ((piece = smaller(length - done, used_span(pipe, &from))) > 0) {
        memcpy(to + done, from, piece);
        discard(pipe, piece);
        done += piece;
    }
    return done;
}

static uint32_t put(struct pipe *pipe, const uint8_t *from, uint64_t length)
{
    uint32_t done = 0;
    uint8_t *to;
    uint32_t piece;
    while ((piece = smaller(length - done, free_span(pipe, &to))) > 0) {
        memcpy(to, from + done, piece);
        pipe->used += piece;
        done += piece;
    }
    return done;
}

/* ---- requests from outside ------------------------------------------------------------------- */

static void answer(struct remote_request **queue, status_t status, uint64_t absent)
{
    struct remote_request *request = *queue;
    *queue = request->next;
    if (status == STATUS_RETRY_TOUCH && request->done == 0) {
        struct message message;
        message_begin(&message, message_tag(STATUS_RETRY_TOUCH, 0, 0, 0));
        message.words[1] = absent;
        status_ignore(port_reply(request->reply, &message));
    } else {
        status = request->done > 0 ? STATUS_OK : status;
        status_ignore(file_read_answer(request->reply, status, request->done));
    }
    status_ignore(handle_close(request->reply));
    request->reply = 0;
}

/* One piece of the first request; false: there is none, or nothing to move. */
static bool serve(struct pipe *pipe, struct remote_request **queue, bool write)
{
    struct remote_request *request = *queue;
    uint8_t *at = NULL;
    uint64_t absent = 0;
    if (request == NULL) {
        return false;
    }
    uint32_t piece = smaller(request->length - request->done,
                             write ? free_span(pipe, &at) : used_span(pipe, &at));
    if (piece == 0) {
        return false;
    }
    status_t status = lease_transfer(request->reply, 0, request->done, at, piece,
                                     write ? LEASE_READ : LEASE_WRITE, &absent);
    if (status == STATUS_OK) {
        pipe->used += write ? piece : 0;
        discard(pipe, write ? 0 : piece);
        request->done += piece;
    }
    if (status != STATUS_OK || request->done == request->length || (!write && pipe->used == 0)) {
        answer(queue, status, absent);
    }
    return true;
}

static void serve_all(struct pipe *pipe)
{
    while (serve(pipe, &pipe->remote_writers, true) || serve(pipe, &pipe->remote_readers, false)) {
    }
    while (pipe->writers == 0 && pipe->used == 0 && pipe->remote_readers != NULL) {
        answer(&pipe->remote_readers, STATUS_OK, 0);
    }
    while (pipe->readers == 0 && pipe->remote_writers != NULL) {
        answer(&pipe->remote_writers, STATUS_BROKEN_PIPE, 0);
    }
}

static inline void wake(struct wait_queue *queue)
{
    if (queue->first != NULL) {
        wait_queue_wake(queue);
    }
}

/* After a change: all that can go on does. */
static void changed(struct pipe *pipe)
{
    if (pipe->remote_readers != NULL || pipe->remote_writers != NULL) {
        serve_all(pipe);
    }
    if (pipe->used > 0 || pipe->writers == 0) {
        wake(&pipe->read_wait);
    }
    if (pipe->used < host.abi->pipe_bytes || pipe->readers == 0) {
        wake(&pipe->write_wait);
    }
}

static struct remote_request *free_request(void)
{
    for (uint32_t i = 0; i < REMOTE_REQUESTS; i++) {
        if (requests[i].reply == 0) {
            return &requests[i];
        }
    }
    return NULL;
}

static void refuse(handle_t reply, status_t status)
{
    status_ignore(file_read_answer(reply, status, 0));
    status_ignore(handle_close(reply));
}

void pipe_remote(struct pipe *pipe, const struct remote_request *from, bool no_wait)
{
    bool write = from->write;
    handle_t reply = from->reply;
    struct remote_request **queue = write ? &pipe->remote_writers : &pipe->remote_readers;
    struct remote_request *request = free_request();
    if (write && pipe->readers == 0) {
        refuse(reply, STATUS_BROKEN_PIPE);
        return;
    }
    if (request == NULL || from->length == 0) {
        refuse(reply, from->length == 0 ? STATUS_OK : STATUS_BUSY);
        return;
    }
    *request = *from;
    request->pipe = pipe;
    while (*queue != NULL) {
        queue = &(*queue)->next;
    }
    *queue = request;
    changed(pipe);
    if (no_wait) {
        pipe_cancel(reply, STATUS_WOULD_BLOCK);
    } else if (request->reply == reply && reply_is_interrupted(reply)) {
        pipe_cancel(reply, STATUS_INTERRUPTED);
    }
}

static void end_request(struct remote_request *request, status_t status)
{
    struct pipe *pipe = request->pipe;
    struct remote_request **queue = request->write ? &pipe->remote_writers : &pipe->remote_readers;
    while (*queue != request) {
        queue = &(*queue)->next;
    }
    answer(queue, status, 0);
}

void pipe_cancel(handle_t reply, status_t status)
{
    for (uint32_t i = 0; i < REMOTE_REQUESTS; i++) {
        if (requests[i].reply != 0 && requests[i].reply == reply) {
            end_request(&requests[i], status);
            return;
        }
    }
}

void pipe_forget(uint64_t badge)
{
    for (uint32_t i = 0; i < REMOTE_REQUESTS; i++) {
        if (requests[i].reply != 0 && requests[i].badge == badge) {
            end_request(&requests[i], STATUS_INTERRUPTED);
        }
    }
}

/* ---- processes ------------------------------------------------------------------------------- */

/* What is taken is lost if the guest's memory cannot be written, as with any stream. */
status_t pipe_read(struct process *process, struct pipe *pipe, uint64_t address, uint64_t length,
                   uint64_t *count)
{
    uint8_t bytes[PIPE_BYTES];
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    while (pipe->used == 0 && pipe->writers > 0 && status == STATUS_OK) {
        status = process_sleep(process, &pipe->read_wait, FOR_EVER);
    }
    *count = status == STATUS_OK ? take(pipe, bytes, length) : 0;
    if (*count > 0) {
        changed(pipe);
    }
    mutex_unlock(&host.lock);
    return *count > 0 ? guest_copy_out(address, bytes, *count) : status;
}

static status_t write_piece(struct process *process, struct pipe *pipe, const uint8_t *bytes,
                            uint64_t length, uint64_t *count)
{
    status_t status = STATUS_OK;
    uint64_t done = 0;
    mutex_lock(&host.lock);
    while (done < length && status == STATUS_OK) {
        if (pipe->readers == 0) {
            status = STATUS_BROKEN_PIPE;
            break;
        }
        uint32_t moved = put(pipe, bytes + done, length - done);
        done += moved;
        if (moved > 0) {
            changed(pipe);
        }
        if (done < length && pipe->used == host.abi->pipe_bytes) {
            status = process_sleep(process, &pipe->write_wait, FOR_EVER);
        }
    }
    mutex_unlock(&host.lock);
    *count += done;
    return status;
}

status_t pipe_write(struct process *process, struct pipe *pipe, uint64_t address, uint64_t length,
                    uint64_t *count)
{
    uint8_t bytes[PIPE_BYTES];
    status_t status = STATUS_OK;
    *count = 0;
    while (*count < length && status == STATUS_OK) {
        uint32_t piece = smaller(length - *count, PIPE_BYTES);
        status = guest_copy_in(bytes, address + *count, piece);
        if (status == STATUS_OK) {
            status = write_piece(process, pipe, bytes, piece, count);
        }
    }
    return status;
}

/* ---- ends ------------------------------------------------------------------------------------ */

status_t pipe_new(struct open_file **reader, struct open_file **writer)
{
    struct pipe *pipe = pool_take(&host.pipes);
    *reader = pipe != NULL ? open_file_new(OPEN_PIPE, 0, true, false) : NULL;
    *writer = *reader != NULL ? open_file_new(OPEN_PIPE, 0, false, true) : NULL;
    if (*writer == NULL) {
        if (*reader != NULL) {
            (*reader)->pipe = NULL;
            open_file_release(*reader);
        }
        if (pipe != NULL) {
            pool_give(&host.pipes, pipe);
        }
        return STATUS_FULL;
    }
    (*reader)->pipe = (*writer)->pipe = pipe;
    pipe->readers = pipe->writers = 1;
    return STATUS_OK;
}

void pipe_close_end(struct pipe *pipe, bool writer)
{
    pipe->writers -= writer;
    pipe->readers -= !writer;
    changed(pipe);
    if (pipe->readers == 0 && pipe->writers == 0) {
        pool_give(&host.pipes, pipe);
    }
}
