/*
 * Listing. The host tells many entries at once; they are kept for the calls that follow, which ask
 * for one each, in order. Each entry is looked up for its kind and size. What is neither a file nor
 * a directory is left out.
 */
#include <sinter/protocol/file.h>

#include "operations.h"
#include "server.h"

enum {
    SKIPS = 65536 /* entries left out one after the other; a host that has more makes them up */
};

/* The entries behind `position` of one opening of a directory. */
static struct {
    uint64_t badge;
    uint64_t position;
    uint32_t at;
    uint32_t length;
    uint8_t bytes[CHANNEL_BOUNCE_BYTES];
} block;

static bool failed(struct job *job, status_t status)
{
    if (status != STATUS_OK) {
        job_finish(job, status);
    }
    return status != STATUS_OK;
}

/* ---- an entry ------------------------------------------------------------------------------- */

static void answer_list(struct job *job, handle_t reply)
{
    const struct path *path = &job->other;
    size_t last = path_last(path->bytes, path->length);
    uint64_t size = job->kind == FILE_KIND_REGULAR ? job->attributes.size : 0;
    status_ignore(file_list_answer(reply, STATUS_OK, job->next, job->kind, size, path->bytes + last,
                                   path->length - last));
    server_reply_done(session.server, reply);
}

static void next_entry(struct job *job);

static void skip(struct job *job, status_t status)
{
    (void)status;
    job->offset = job->next;
    if (++job->skipped > SKIPS) {
        job_finish(job, STATUS_IO_ERROR);
        return;
    }
    next_entry(job);
}

static void know(struct job *job, status_t status)
{
    if (status == STATUS_OK && operation_kind(job->attributes.mode, &job->kind)) {
        job_finish(job, STATUS_OK);
    } else {
        job_drop(job, JOB_FID_B, skip);
    }
}

/* What cannot be looked up has gone meanwhile. */
static void look(struct job *job, status_t status)
{
    if (status == STATUS_OK) {
        job_attributes(job, job_own_fid(job, JOB_FID_B), know);
    } else {
        job_drop(job, JOB_FID_B, skip);
    }
}

static bool is_wanted(struct job *job, const struct ninep_entry *entry)
{
    bool type = entry->type == ENTRY_REGULAR || entry->type == ENTRY_DIRECTORY ||
                entry->type == ENTRY_UNKNOWN;
    return type &&
           path_join(&job->other, job->path.bytes, job->path.length, entry->name, entry->length);
}

/* Goes on with the block, from where it was left. */
static void take_entry(struct job *job)
{
    struct ninep_reader reader = {.bytes = block.bytes, .length = block.length, .at = block.at};
    struct ninep_entry entry = {.next = job->offset};
    while (ninep_get_entry(&reader, &entry)) {
        if (is_wanted(job, &entry)) {
            block.at = reader.at;
            block.position = entry.next;
            job->next = entry.next;
            job_walk_own(job, job->other.bytes, job->other.length, JOB_FID_B, look);
            return;
        }
    }
    bool stays = entry.next == job->offset;
    block.badge = 0;
    job->next = entry.next;
    if (reader.failed || stays) {
        job_finish(job, reader.failed ? STATUS_IO_ERROR : STATUS_NOT_FOUND);
    } else {
        skip(job, STATUS_OK);
    }
}

/* ---- a block of entries --------------------------------------------------------------------- */

static void have_block(struct job *job, status_t status)
{
    uint32_t count = status == STATUS_OK ? ninep_get_u32(&job->reader) : 0;
    if (status == STATUS_OK && (job->reader.failed || count > CHANNEL_BOUNCE_BYTES ||
                                count > job->received - NINEP_DATA_HEADER)) {
        status = STATUS_IO_ERROR;
    }
    if (failed(job, status)) {
        return;
    }
    const uint8_t *from = channel_bounce(&session.channel, job->number);
    for (uint32_t i = 0; i < count; i++) {
        block.bytes[i] = from[i];
    }
    block.badge = job->badge;
    block.position = job->offset;
    block.at = 0;
    block.length = count;
    take_entry(job);
}

static void ask_block(struct job *job, status_t status)
{
    if (failed(job, status)) {
        return;
    }
    struct ninep_writer *writer = job_message(job, NINEP_READDIR);
    ninep_put_u32(writer, job_own_fid(job, JOB_FID_A));
    ninep_put_u64(writer, job->offset);
    ninep_put_u32(writer, CHANNEL_BOUNCE_BYTES);
    job->reply_bytes = NINEP_DATA_HEADER;
    job->data_bytes = CHANNEL_BOUNCE_BYTES;
    job->data.to_host = false;
    channel_bounce_data(&session.channel, job->number, CHANNEL_BOUNCE_BYTES, &job->data);
    job_send(job, have_block);
}

static void open_directory(struct job *job, status_t status)
{
    if (failed(job, status)) {
        return;
    }
    struct ninep_writer *writer = job_message(job, NINEP_LOPEN);
    ninep_put_u32(writer, job_own_fid(job, JOB_FID_A));
    ninep_put_u32(writer, NINEP_READ_ONLY | NINEP_DIRECTORY);
    job_send(job, ask_block);
}

static void fetch(struct job *job)
{
    if (job->held[JOB_FID_A]) {
        ask_block(job, STATUS_OK);
    } else {
        job_walk_own(job, job->path.bytes, job->path.length, JOB_FID_A, open_directory);
    }
}

static void next_entry(struct job *job)
{
    bool kept = job->offset != 0 && block.badge == job->badge && block.position == job->offset &&
                block.at < block.length;
    if (kept) {
        take_entry(job);
    } else {
        fetch(job);
    }
}

status_t operation_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                        uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length)
{
    struct path path;
    struct job *job;
    (void)next;
    (void)kind;
    (void)size;
    (void)name;
    (void)name_capacity;
    (void)name_length;
    status_t status = operation_path(call, NULL, 0, &path);
    if (status == STATUS_OK) {
        status = job_begin(call, answer_list, &job);
    }
    if (status == STATUS_OK) {
        job->path = path;
        job->badge = call->in.badge;
        job->offset = position;
        next_entry(job);
    }
    return status;
}
