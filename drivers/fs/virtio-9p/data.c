/*
 * Reading and writing. What is longer than a bounce buffer moves in place: the lent bytes are
 * pinned for the device and lie behind the header of the message. If they cannot be pinned, or are
 * few, they go through the bounce buffer, and the answer may be short.
 */
#include <sinter/protocol/file.h>

#include "operations.h"
#include "server.h"

static void put_transfer(struct job *job, enum ninep_type type)
{
    struct ninep_writer *writer = job_message(job, type);
    ninep_put_u32(writer, job->fid);
    ninep_put_u64(writer, job->offset);
    ninep_put_u32(writer, job->length);
    job->reply_bytes = NINEP_DATA_HEADER;
    job->data_bytes = job->length;
    job->data.to_host = type == NINEP_WRITE;
}

static bool pin(struct job *job)
{
    if (job->length <= CHANNEL_BOUNCE_BYTES) {
        return false;
    }
    status_t status =
        lease_pin(session.channel.device.memory, job->reply, 0, 0, job->length, &job->pin);
    if (status == STATUS_OK) {
        status = channel_pin_data(job->pin, &job->length, &job->data);
    } else {
        job->pin = 0;
    }
    if (status != STATUS_OK && job->pin != 0) {
        status_ignore(handle_close(job->pin));
        job->pin = 0;
    }
    return status == STATUS_OK;
}

static void use_bounce(struct job *job)
{
    job->length = job->length < CHANNEL_BOUNCE_BYTES ? job->length : CHANNEL_BOUNCE_BYTES;
    channel_bounce_data(&session.channel, job->number, job->length, &job->data);
}

static status_t copy(struct job *job, uint32_t direction)
{
    return lease_transfer(job->reply, 0, 0, channel_bounce(&session.channel, job->number),
                          job->length, direction, &job->absent);
}

/* The count of the reply to a transfer; false: more than was asked for, or than came. */
static bool take_count(struct job *job)
{
    uint32_t count = ninep_get_u32(&job->reader);
    uint32_t came = job->data.to_host ? job->length : job->received - NINEP_DATA_HEADER;
    if (job->reader.failed || count > job->length || count > came) {
        return false;
    }
    job->length = count;
    return true;
}

static void answer_count(struct job *job, handle_t reply)
{
    if (job->length > 0) {
        positions_moved(session.positions, job->badge, job->flags, job->offset + job->length);
    }
    status_ignore(file_read_answer(reply, STATUS_OK, job->length));
    server_reply_done(session.server, reply);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void have_read(struct job *job, status_t status)
{
    if (status == STATUS_OK && !take_count(job)) {
        status = STATUS_IO_ERROR;
    }
    if (status == STATUS_OK && job->pin == 0) {
        status = copy(job, LEASE_WRITE);
    }
    job_finish(job, status);
}

static void begin_read(struct job *job)
{
    if (!pin(job)) {
        use_bounce(job);
    }
    put_transfer(job, NINEP_READ);
    job_send(job, have_read);
}

/* ---- writing -------------------------------------------------------------------------------- */

/* A host that takes nothing has no room: nobody may be told to try for ever. */
static void have_written(struct job *job, status_t status)
{
    if (status == STATUS_OK && !take_count(job)) {
        status = STATUS_IO_ERROR;
    }
    if (status == STATUS_OK && job->length == 0) {
        status = STATUS_FULL;
    }
    job_finish(job, status);
}

static void begin_write(struct job *job)
{
    if (!pin(job)) {
        use_bounce(job);
        status_t status = copy(job, LEASE_READ);
        if (status != STATUS_OK) {
            job_finish(job, status);
            return;
        }
    }
    put_transfer(job, NINEP_WRITE);
    job_send(job, have_written);
}

/* ---- entries -------------------------------------------------------------------------------- */

/* IO_ERROR: an instance before had it open, and its path names it no more. */
static status_t transfer(struct call *call, uint64_t offset, uint32_t flags, uint32_t use,
                         status_t otherwise, void (*begin)(struct job *job))
{
    const struct opening *opening = openings_find(&session.openings, call->in.badge);
    uint64_t length = call_lease_length(call, 0);
    struct job *job;
    if (opening == NULL || opening->kind != OPENING_FILE) {
        return opening != NULL || call->in.badge >> 32 == 0 ? STATUS_IS_DIRECTORY : STATUS_GONE;
    }
    if ((opening->flags & use) == 0) {
        return otherwise;
    }
    if (!session.has_fid[openings_place(&session.openings, opening)]) {
        return STATUS_IO_ERROR;
    }
    if (length == 0) {
        return STATUS_OK;
    }
    status_t status = job_begin(call, answer_count, &job);
    if (status == STATUS_OK) {
        job->fid = opening_fid(opening);
        job->offset = offset;
        job->badge = call->in.badge;
        job->flags = flags;
        job->length = length < session.data_bytes ? (uint32_t)length : session.data_bytes;
        job->begin = begin;
        if ((flags & FILE_AT_POSITION) != 0) {
            job_take_turn(job);
        } else {
            begin(job);
        }
    }
    return status;
}

status_t operation_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    *count = 0;
    return transfer(call, offset, flags, FILE_READ, STATUS_NO_RIGHT, begin_read);
}

/* The host itself adds at the end what was opened for that, whatever the offset. */
status_t operation_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    *count = 0;
    return transfer(call, offset, flags, FILE_WRITE, STATUS_READ_ONLY, begin_write);
}
