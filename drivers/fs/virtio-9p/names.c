/* Making, removing and renaming: a job walks to the directories and names what is in them. */
#include <sinter/protocol/file.h>

#include "operations.h"
#include "server.h"

#define DIRECTORY_MODE 0755u
#define NO_GROUP       UINT32_MAX /* the host's own */

status_t operation_path(const struct call *call, const uint8_t *rest, size_t rest_length,
                        struct path *path)
{
    const struct opening *opening = openings_find(&session.openings, call->in.badge);
    const char *bytes = (const char *)rest;
    if (opening == NULL && call->in.badge >> 32 != 0) {
        return STATUS_GONE;
    }
    if (opening != NULL && opening->kind != OPENING_DIRECTORY) {
        return STATUS_NOT_DIRECTORY;
    }
    const char *directory = opening != NULL ? opening->path.bytes : "";
    size_t length = opening != NULL ? opening->path.length : 0;
    bool good =
        path_is_good(bytes, rest_length) && path_join(path, directory, length, bytes, rest_length);
    return good ? STATUS_OK : STATUS_NOT_FOUND;
}

static void answer_done(struct job *job, handle_t reply)
{
    (void)job;
    server_answer(session.server, reply, STATUS_OK);
}

static void put_last(struct ninep_writer *writer, const struct path *path)
{
    size_t last = path_last(path->bytes, path->length);
    ninep_put_string(writer, path->bytes + last, path->length - last);
}

/* Walks to the directory of a path. */
static void walk_parent(struct job *job, const struct path *path, enum job_fid fid,
                        void (*then)(struct job *job, status_t status))
{
    job_walk_own(job, path->bytes, path_parent(path->bytes, path->length), fid, then);
}

static bool failed(struct job *job, status_t status)
{
    if (status != STATUS_OK) {
        job_finish(job, status);
    }
    return status != STATUS_OK;
}

/* A name below the shared directory, in job->path; the directory itself is answered `itself`. */
static status_t begin(struct call *call, const uint8_t *path, size_t length, status_t itself,
                      struct job **job)
{
    struct path found;
    status_t status = operation_path(call, path, length, &found);
    if (status == STATUS_NOT_FOUND) {
        status = STATUS_BAD_ARGUMENT;
    }
    if (status == STATUS_OK && length == 0) {
        status = itself;
    }
    if (status == STATUS_OK) {
        status = job_begin(call, answer_done, job);
    }
    if (status == STATUS_OK) {
        (*job)->path = found;
    }
    return status;
}

/* ---- directories ---------------------------------------------------------------------------- */

static void make_directory(struct job *job, status_t status)
{
    if (failed(job, status)) {
        return;
    }
    struct ninep_writer *writer = job_message(job, NINEP_MKDIR);
    ninep_put_u32(writer, job_own_fid(job, JOB_FID_A));
    put_last(writer, &job->path);
    ninep_put_u32(writer, DIRECTORY_MODE);
    ninep_put_u32(writer, NO_GROUP);
    job_send(job, job_finish);
}

status_t operation_make_directory(struct call *call, const uint8_t *path, size_t path_length)
{
    struct job *job;
    status_t status = begin(call, path, path_length, STATUS_EXISTS, &job);
    if (status == STATUS_OK) {
        walk_parent(job, &job->path, JOB_FID_A, make_directory);
    }
    return status;
}

/* ---- removing ------------------------------------------------------------------------------- */

static void remove_name(struct job *job, status_t status)
{
    if (failed(job, status)) {
        return;
    }
    if (openings_have(&session.openings, &job->path)) {
        job_finish(job, STATUS_BUSY);
        return;
    }
    struct ninep_writer *writer = job_message(job, NINEP_UNLINKAT);
    ninep_put_u32(writer, job_own_fid(job, JOB_FID_A));
    put_last(writer, &job->path);
    ninep_put_u32(writer, (job->flags & FILE_DIRECTORY) != 0 ? REMOVE_DIRECTORY : 0);
    job_send(job, job_finish);
}

status_t operation_remove(struct call *call, const uint8_t *path, size_t path_length,
                          uint32_t flags)
{
    struct job *job;
    status_t status = begin(call, path, path_length, STATUS_BUSY, &job);
    if (status == STATUS_OK) {
        job->flags = flags;
        walk_parent(job, &job->path, JOB_FID_A, remove_name);
    }
    return status;
}

/* ---- renaming ------------------------------------------------------------------------------- */

/* Openings follow, so that the next instance finds them. */
static void have_renamed(struct job *job, status_t status)
{
    if (status == STATUS_OK) {
        openings_move(&session.openings, &job->path, &job->other);
    }
    job_finish(job, status);
}

/* What is replaced must not be open, as in remove; but a path may be given to itself. */
static status_t check_rename(const struct job *job)
{
    bool same = path_same(job->path.bytes, job->path.length, job->other.bytes, job->other.length);
    if (!same && openings_have(&session.openings, &job->other)) {
        return STATUS_BUSY;
    }
    return openings_can_move(&session.openings, &job->path, &job->other) ? STATUS_OK
                                                                         : STATUS_BAD_ARGUMENT;
}

static void rename_name(struct job *job, status_t status)
{
    if (failed(job, status == STATUS_OK ? check_rename(job) : status)) {
        return;
    }
    struct ninep_writer *writer = job_message(job, NINEP_RENAMEAT);
    ninep_put_u32(writer, job_own_fid(job, JOB_FID_A));
    put_last(writer, &job->path);
    ninep_put_u32(writer, job_own_fid(job, JOB_FID_B));
    put_last(writer, &job->other);
    job_send(job, have_renamed);
}

static void walk_other(struct job *job, status_t status)
{
    if (!failed(job, status)) {
        walk_parent(job, &job->other, JOB_FID_B, rename_name);
    }
}

status_t operation_rename(struct call *call, const uint8_t *paths, size_t paths_length,
                          uint32_t from_length)
{
    struct path to;
    struct job *job;
    if (from_length == 0 || from_length >= paths_length) {
        return STATUS_BAD_ARGUMENT;
    }
    status_t status = operation_path(call, paths + from_length, paths_length - from_length, &to);
    if (status == STATUS_OK) {
        status = begin(call, paths, from_length, STATUS_BUSY, &job);
    }
    if (status == STATUS_OK) {
        job->other = to;
        walk_parent(job, &job->path, JOB_FID_A, walk_other);
    }
    return status == STATUS_NOT_FOUND ? STATUS_BAD_ARGUMENT : status;
}
