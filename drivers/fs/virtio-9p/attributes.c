/*
 * What a file or directory is. A file that is open is asked by its fid; for a directory the job
 * walks there.
 */
#include <sinter/protocol/file.h>

#include "operations.h"
#include "server.h"

#define NANOSECONDS 1000000000ull

static void with_own_fid(struct job *job, status_t status)
{
    if (status != STATUS_OK) {
        job_finish(job, status);
        return;
    }
    job->fid = job_own_fid(job, JOB_FID_A);
    job->begin(job);
}

/* Calls begin(job) with job->fid. */
static void with_fid(struct job *job, void (*begin)(struct job *job))
{
    const struct opening *opening = job->opening;
    job->begin = begin;
    if (opening != NULL && session.has_fid[openings_place(&session.openings, opening)]) {
        job->fid = opening_fid(opening);
        begin(job);
        return;
    }
    if (opening != NULL) {
        job->path = opening->path;
    }
    job_walk_own(job, job->path.bytes, job->path.length, JOB_FID_A, with_own_fid);
}

/* What was changed has no other answer than that it was. */
static void answer_done(struct job *job, handle_t reply)
{
    (void)job;
    server_answer(session.server, reply, STATUS_OK);
}

/* ---- attributes ----------------------------------------------------------------------------- */

static void ask_attributes(struct job *job)
{
    job_attributes(job, job->fid, job_finish);
}

/* What has become something else since it was opened is a file of no size. */
static void answer_stat(struct job *job, handle_t reply)
{
    uint32_t kind = FILE_KIND_REGULAR;
    bool known = operation_kind(job->attributes.mode, &kind);
    uint64_t size = known && kind == FILE_KIND_REGULAR ? job->attributes.size : 0;
    status_ignore(file_stat_answer(reply, STATUS_OK, kind, size, CHANNEL_BOUNCE_BYTES));
    server_reply_done(session.server, reply);
}

status_t operation_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    struct job *job;
    (void)kind;
    (void)size;
    (void)block_size;
    status_t status = job_begin(call, answer_stat, &job);
    if (status == STATUS_OK) {
        with_fid(job, ask_attributes);
    }
    return status;
}

/* The end of a file may have moved on the host: it is asked for each time. */
static void answer_seek(struct job *job, handle_t reply)
{
    uint64_t position = 0;
    status_t status = positions_seek(session.positions, job->badge, (int64_t)job->value, job->flags,
                                     job->attributes.size, &position);
    if (status != STATUS_OK) {
        server_answer(session.server, reply, status);
        return;
    }
    status_ignore(file_seek_answer(reply, STATUS_OK, position));
    server_reply_done(session.server, reply);
}

status_t operation_seek(struct call *call, int64_t offset, uint32_t whence, uint64_t *position)
{
    const struct opening *opening = openings_find(&session.openings, call->in.badge);
    struct job *job;
    (void)position;
    if (opening == NULL || opening->kind != OPENING_FILE) {
        return opening != NULL || call->in.badge >> 32 == 0 ? STATUS_IS_DIRECTORY : STATUS_GONE;
    }
    status_t status = job_begin(call, answer_seek, &job);
    if (status == STATUS_OK) {
        job->badge = call->in.badge;
        job->value = (uint64_t)offset;
        job->flags = whence;
        with_fid(job, ask_attributes);
    }
    return status;
}

static void answer_times(struct job *job, handle_t reply)
{
    const struct ninep_attributes *found = &job->attributes;
    bool fits = found->seconds < UINT64_MAX / NANOSECONDS && found->nanoseconds < NANOSECONDS;
    uint64_t modified = fits ? found->seconds * NANOSECONDS + found->nanoseconds : 0;
    status_ignore(file_times_answer(reply, STATUS_OK, modified, found->qid.path));
    server_reply_done(session.server, reply);
}

status_t operation_times(struct call *call, uint64_t *modified, uint64_t *identity)
{
    struct job *job;
    (void)modified;
    (void)identity;
    status_t status = job_begin(call, answer_times, &job);
    if (status == STATUS_OK) {
        with_fid(job, ask_attributes);
    }
    return status;
}

/* ---- changes -------------------------------------------------------------------------------- */

static void put_change(struct job *job, uint32_t valid, uint64_t size, uint64_t modified)
{
    struct ninep_writer *writer = job_message(job, NINEP_SETATTR);
    ninep_put_u32(writer, job->fid);
    ninep_put_u32(writer, valid);
    ninep_put_u32(writer, 0); /* mode, uid, gid: not valid */
    ninep_put_u32(writer, 0);
    ninep_put_u32(writer, 0);
    ninep_put_u64(writer, size);
    ninep_put_u64(writer, 0); /* time of access: not valid */
    ninep_put_u64(writer, 0);
    ninep_put_u64(writer, modified / NANOSECONDS);
    ninep_put_u64(writer, modified % NANOSECONDS);
    job_send(job, job_finish);
}

static void send_size(struct job *job)
{
    put_change(job, SET_SIZE, job->value, 0);
}

static void send_modified(struct job *job)
{
    put_change(job, SET_MODIFIED | SET_MODIFIED_TO, 0, job->value);
}

static status_t change(struct call *call, uint64_t value, void (*begin)(struct job *job))
{
    struct job *job;
    status_t status = job_begin(call, answer_done, &job);
    if (status == STATUS_OK) {
        job->value = value;
        with_fid(job, begin);
    }
    return status;
}

status_t operation_resize(struct call *call, uint64_t size)
{
    const struct opening *opening = openings_find(&session.openings, call->in.badge);
    if (opening == NULL || opening->kind != OPENING_FILE) {
        return opening != NULL || call->in.badge >> 32 == 0 ? STATUS_IS_DIRECTORY : STATUS_GONE;
    }
    if ((opening->flags & FILE_WRITE) == 0) {
        return STATUS_READ_ONLY;
    }
    return size <= INT64_MAX ? change(call, size, send_size) : STATUS_FULL;
}

status_t operation_set_modified(struct call *call, uint64_t modified)
{
    const struct opening *opening = openings_find(&session.openings, call->in.badge);
    bool read_only =
        opening != NULL && opening->kind == OPENING_FILE && (opening->flags & FILE_WRITE) == 0;
    return read_only ? STATUS_READ_ONLY : change(call, modified, send_modified);
}

static void send_sync(struct job *job)
{
    struct ninep_writer *writer = job_message(job, NINEP_FSYNC);
    ninep_put_u32(writer, job->fid);
    ninep_put_u32(writer, 0); /* attributes too */
    job_send(job, job_finish);
}

/* Only what is open can be made stable; the host does what it does with the rest. */
status_t operation_sync(struct call *call)
{
    const struct opening *opening = openings_find(&session.openings, call->in.badge);
    if (opening == NULL) {
        return call->in.badge >> 32 == 0 ? STATUS_OK : STATUS_GONE;
    }
    bool open = session.has_fid[openings_place(&session.openings, opening)];
    return open ? change(call, 0, send_sync) : STATUS_OK;
}

/* ---- space ---------------------------------------------------------------------------------- */

static void have_space(struct job *job, status_t status)
{
    if (status == STATUS_OK && !ninep_get_space(&job->reader, &job->space)) {
        status = STATUS_IO_ERROR;
    }
    job_finish(job, status);
}

static void ask_space(struct job *job)
{
    ninep_put_u32(job_message(job, NINEP_STATFS), job->fid);
    job_send(job, have_space);
}

static void answer_space(struct job *job, handle_t reply)
{
    status_ignore(file_space_answer(reply, STATUS_OK, job->space.total, job->space.free));
    server_reply_done(session.server, reply);
}

status_t operation_space(struct call *call, uint64_t *total, uint64_t *free)
{
    struct job *job;
    (void)total;
    (void)free;
    status_t status = job_begin(call, answer_space, &job);
    if (status == STATUS_OK) {
        with_fid(job, ask_space);
    }
    return status;
}
