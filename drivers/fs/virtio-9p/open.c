/*
 * Opening. What is opened for reading or writing gets a fid that the host has open; a directory,
 * and a file opened for neither, is only a path. Symbolic links, devices and the like are as if
 * they were not there, but nothing is created in their place (EXISTS).
 */
#include <sinter/protocol/file.h>

#include "operations.h"
#include "server.h"

#define FILE_MODE 0644u
#define NO_GROUP  UINT32_MAX /* the host's own */

bool operation_kind(uint32_t mode, uint32_t *kind)
{
    *kind = (mode & MODE_TYPE) == MODE_DIRECTORY ? FILE_KIND_DIRECTORY : FILE_KIND_REGULAR;
    return *kind == FILE_KIND_DIRECTORY || (mode & MODE_TYPE) == MODE_REGULAR;
}

static bool is_for_data(uint32_t flags)
{
    return (flags & (FILE_READ | FILE_WRITE)) != 0;
}

static uint32_t host_flags(uint32_t flags)
{
    uint32_t use = (flags & FILE_WRITE) == 0  ? NINEP_READ_ONLY
                   : (flags & FILE_READ) == 0 ? NINEP_WRITE_ONLY
                                              : NINEP_READ_WRITE;
    return use | ((flags & FILE_APPEND) != 0 ? NINEP_APPEND : 0) |
           ((flags & FILE_TRUNCATE) != 0 && (flags & FILE_WRITE) != 0 ? NINEP_TRUNCATE : 0);
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Lets go of the place, and of the fid if there is one, and answers. */
static void give_up(struct job *job, status_t status)
{
    struct opening *made = job->made;
    job->made = NULL;
    session.has_fid[openings_place(&session.openings, made)] = job->made_fid;
    opening_release(made);
    job_finish(job, status);
}

static bool failed(struct job *job, status_t status)
{
    if (status != STATUS_OK) {
        give_up(job, status);
    }
    return status != STATUS_OK;
}

/* What the supervisor keeps comes before what the client gets. */
static void complete(struct job *job, uint32_t kind)
{
    struct opening *made = job->made;
    uint32_t place = openings_place(&session.openings, made);
    status_t status = port_mint(session.server->port, openings_badge(&session.openings, made),
                                ENDPOINT_KEEP, &job->endpoint);
    if (failed(job, status)) {
        return;
    }
    made->flags = job->flags & (FILE_READ | FILE_WRITE | FILE_APPEND);
    made->identity = job->qid.path;
    made->path = job->path;
    made->kind = kind == FILE_KIND_DIRECTORY ? OPENING_DIRECTORY : OPENING_FILE;
    session.has_fid[place] = job->made_fid;
    session.openings.reserved[place] = false;
    job->made = NULL;
    job->kind = kind;
    job_finish(job, STATUS_OK);
}

/* An answer that does not arrive closes the endpoint, and CLOSED comes. */
static void answer_open(struct job *job, handle_t reply)
{
    status_t status = file_open_answer(reply, STATUS_OK, job->kind, 0, job->endpoint);
    status_ignore(handle_close(job->endpoint));
    if (status == STATUS_OK) {
        server_reply_done(session.server, reply);
    } else {
        server_answer(session.server, reply, status);
    }
}

static void opened(struct job *job, status_t status)
{
    if (!failed(job, status)) {
        complete(job, FILE_KIND_REGULAR);
    }
}

/* ---- creating ------------------------------------------------------------------------------- */

static void clunk_made(struct job *job, void (*then)(struct job *job, status_t status))
{
    job->made_fid = false;
    ninep_put_u32(job_message(job, NINEP_CLUNK), opening_fid(job->made));
    job_send(job, then);
}

static void walked(struct job *job, status_t status);

static void walk_again(struct job *job, status_t status)
{
    (void)status;
    job_walk(job, job->path.bytes, job->path.length, opening_fid(job->made), walked);
}

/* The fid was the directory's and is the new file's now, unless somebody else has just made one. */
static void created(struct job *job, status_t status)
{
    if (status == STATUS_EXISTS && (job->flags & FILE_EXCLUSIVE) == 0) {
        clunk_made(job, walk_again);
        return;
    }
    if (status == STATUS_OK) {
        job->qid = ninep_get_qid(&job->reader);
        status = job->reader.failed ? STATUS_IO_ERROR : STATUS_OK;
    }
    opened(job, status);
}

static void create(struct job *job, status_t status)
{
    job->made_fid = job->walk_begun;
    if (failed(job, status)) {
        return;
    }
    size_t last = path_last(job->path.bytes, job->path.length);
    struct ninep_writer *writer = job_message(job, NINEP_LCREATE);
    ninep_put_u32(writer, opening_fid(job->made));
    ninep_put_string(writer, job->path.bytes + last, job->path.length - last);
    ninep_put_u32(writer, host_flags(job->flags) | NINEP_EXCLUSIVE);
    ninep_put_u32(writer, FILE_MODE);
    ninep_put_u32(writer, NO_GROUP);
    job_send(job, created);
}

static void walk_to_create(struct job *job, status_t status)
{
    (void)status;
    job->made_fid = false;
    job->may_create = false;
    job_walk(job, job->path.bytes, path_parent(job->path.bytes, job->path.length),
             opening_fid(job->made), create);
}

/* ---- opening -------------------------------------------------------------------------------- */

static void complete_without_fid(struct job *job, status_t status)
{
    (void)status;
    uint32_t kind;
    (void)operation_kind(job->attributes.mode, &kind);
    complete(job, kind);
}

static void send_open(struct job *job, uint32_t flags,
                      void (*then)(struct job *job, status_t status))
{
    struct ninep_writer *writer = job_message(job, NINEP_LOPEN);
    ninep_put_u32(writer, opening_fid(job->made));
    ninep_put_u32(writer, flags);
    job_send(job, then);
}

/* Whether what was found may be opened that way. */
static status_t check_kind(const struct job *job)
{
    const uint32_t for_files = FILE_WRITE | FILE_CREATE | FILE_TRUNCATE | FILE_APPEND;
    uint32_t kind;
    if (!operation_kind(job->attributes.mode, &kind)) {
        return (job->flags & FILE_CREATE) != 0 ? STATUS_EXISTS : STATUS_NOT_FOUND;
    }
    if (kind == FILE_KIND_DIRECTORY) {
        return (job->flags & for_files) != 0 ? STATUS_IS_DIRECTORY : STATUS_OK;
    }
    return (job->flags & FILE_DIRECTORY) != 0 ? STATUS_NOT_DIRECTORY : STATUS_OK;
}

static void found(struct job *job, status_t status)
{
    if (failed(job, status == STATUS_OK ? check_kind(job) : status)) {
        return;
    }
    bool regular = (job->attributes.mode & MODE_TYPE) == MODE_REGULAR;
    if (regular && is_for_data(job->flags)) {
        send_open(job, host_flags(job->flags), opened);
    } else {
        clunk_made(job, complete_without_fid);
    }
}

static void walked(struct job *job, status_t status)
{
    job->made_fid = job->walk_begun;
    if (status == STATUS_NOT_FOUND && job->may_create) {
        if (job->made_fid) {
            clunk_made(job, walk_to_create);
        } else {
            walk_to_create(job, STATUS_OK);
        }
        return;
    }
    if (!failed(job, status)) {
        job_attributes(job, opening_fid(job->made), found);
    }
}

static void begin(struct job *job)
{
    bool new_only = job->may_create && (job->flags & FILE_EXCLUSIVE) != 0;
    session.openings.reserved[openings_place(&session.openings, job->made)] = true;
    if (new_only && job->path.length == 0) {
        give_up(job, STATUS_EXISTS);
    } else if (new_only) {
        walk_to_create(job, STATUS_OK);
    } else {
        job_walk(job, job->path.bytes, job->path.length, opening_fid(job->made), walked);
    }
}

status_t operation_open(struct call *call, const uint8_t *path, size_t path_length, uint32_t flags,
                        uint32_t *kind, uint32_t *rest, handle_t *file)
{
    struct path whole;
    struct job *job;
    (void)kind;
    (void)rest;
    (void)file;
    status_t status = operation_path(call, path, path_length, &whole);
    struct opening *made = openings_take(&session.openings);
    if (status == STATUS_OK && made == NULL) {
        status = STATUS_BUSY;
    }
    if (status == STATUS_OK) {
        status = job_begin(call, answer_open, &job);
    }
    if (status == STATUS_OK) {
        job->path = whole;
        job->made = made;
        job->flags = flags;
        job->may_create = (flags & FILE_CREATE) != 0 && (flags & FILE_DIRECTORY) == 0;
        begin(job);
    }
    return status;
}

status_t operation_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    const struct opening *opening = openings_find(&session.openings, call->in.badge);
    if (opening == NULL && call->in.badge >> 32 != 0) {
        return STATUS_GONE;
    }
    bool file = opening != NULL && opening->kind == OPENING_FILE;
    *kind = file ? FILE_KIND_REGULAR : FILE_KIND_DIRECTORY;
    uint32_t allowed = file ? opening->flags : (uint32_t)FILE_READ;
    return (flags & FILE_WRITE & ~allowed) != 0 ? STATUS_READ_ONLY : STATUS_OK;
}

/* ---- opening again -------------------------------------------------------------------------- */

static void restored(struct job *job, status_t status)
{
    session.has_fid[openings_place(&session.openings, job->made)] = status == STATUS_OK;
    if (status != STATUS_OK) {
        clunk_made(job, job_finish);
        return;
    }
    job->made = NULL;
    job_finish(job, STATUS_OK);
}

/* The file has to be the one that was open: another may have its path by now. */
static void found_again(struct job *job, status_t status)
{
    job->made_fid = job->walk_begun;
    if (status == STATUS_OK && job->qid.path == job->made->identity && job->qid.type == 0) {
        send_open(job, host_flags(job->made->flags), restored);
        return;
    }
    log_line("an open file is not where it was; who has it open gets errors");
    if (job->made_fid) {
        clunk_made(job, job_finish);
    } else {
        job_finish(job, status);
    }
}

void operation_restore(struct job *job, struct opening *opening)
{
    if (opening->kind != OPENING_FILE || !is_for_data(opening->flags)) {
        job_finish(job, STATUS_OK);
        return;
    }
    job->made = opening;
    job_walk(job, opening->path.bytes, opening->path.length, opening_fid(opening), found_again);
}
