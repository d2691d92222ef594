/* Jobs: see job.h. */
#include "job.h"

enum { ROOT_FID = 0, OPENINGS_FID = 1, JOBS_FID = OPENINGS_FID + OPENINGS, FIDS_OF_JOB = 2 };

struct session session;

static struct job jobs[CHANNEL_SLOTS];

uint32_t opening_fid(const struct opening *opening)
{
    return OPENINGS_FID + openings_place(&session.openings, opening);
}

uint32_t job_own_fid(const struct job *job, enum job_fid fid)
{
    return JOBS_FID + job->number * FIDS_OF_JOB + (uint32_t)fid;
}

/* ---- begin ---------------------------------------------------------------------------------- */

struct job *job_begin_own(void)
{
    for (uint32_t i = 0; i < CHANNEL_SLOTS; i++) {
        if (!jobs[i].used) {
            jobs[i] = (struct job){.used = true, .number = i};
            return &jobs[i];
        }
    }
    return NULL;
}

status_t job_begin(struct call *call, void (*answer)(struct job *job, handle_t reply),
                   struct job **result)
{
    struct opening *opening = openings_find(&session.openings, call->in.badge);
    if (opening == NULL && call->in.badge >> 32 != 0) {
        return STATUS_GONE;
    }
    struct job *job = job_begin_own();
    if (job == NULL) {
        return STATUS_BUSY;
    }
    job->reply = call_defer(call);
    if (job->reply == 0) {
        job->used = false;
        return STATUS_NO_KERNEL_MEMORY;
    }
    job->answer = answer;
    job->opening = opening;
    if (opening != NULL) {
        session.users[openings_place(&session.openings, opening)]++;
    }
    *result = job;
    return STATUS_OK;
}

/* ---- messages ------------------------------------------------------------------------------- */

struct ninep_writer *job_message(struct job *job, enum ninep_type type)
{
    job->type = type;
    job->tag = type == NINEP_VERSION ? NINEP_NO_TAG : (uint16_t)job->number;
    job->reply_bytes = CHANNEL_REPLY_BYTES;
    job->data_bytes = 0;
    ninep_start(&job->writer, channel_request(&session.channel, job->number), CHANNEL_REQUEST_BYTES,
                type, job->tag);
    return &job->writer;
}

static void submit(struct job *job)
{
    job->stalled = !channel_send(&session.channel, job->number, job->request_bytes,
                                 job->reply_bytes, job->data_bytes != 0 ? &job->data : NULL);
}

void job_send(struct job *job, void (*then)(struct job *job, status_t status))
{
    bool to_host = job->data_bytes != 0 && job->data.to_host;
    job->then = then;
    job->request_bytes = ninep_finish(&job->writer, to_host ? job->data_bytes : 0);
    if (job->request_bytes == 0) {
        then(job, STATUS_BAD_ARGUMENT);
        return;
    }
    submit(job);
}

static void take_reply(struct job *job, uint32_t received, const uint8_t *bytes)
{
    uint32_t here = received < job->reply_bytes ? received : job->reply_bytes;
    status_t status = ninep_open_reply(&job->reader, bytes, here, received, job->type, job->tag);
    if (status == STATUS_BAD_FORMAT) {
        log_line("the host's reply to message %d is malformed", (int)job->type);
        status = STATUS_IO_ERROR;
    }
    job->received = received;
    job->then(job, status);
}

bool jobs_progress(void)
{
    static uint8_t bytes[CHANNEL_REPLY_BYTES];
    uint32_t slot = 0;
    uint32_t received = 0;
    enum channel_result result;
    while ((result = channel_take(&session.channel, &slot, &received, bytes)) == CHANNEL_REPLY) {
        take_reply(&jobs[slot], received, bytes);
    }
    for (uint32_t i = 0; i < CHANNEL_SLOTS; i++) {
        if (jobs[i].used && jobs[i].stalled) {
            submit(&jobs[i]);
        }
    }
    return result == CHANNEL_NONE;
}

bool jobs_run(void)
{
    for (uint32_t i = 0; i < CHANNEL_SLOTS; i++) {
        if (jobs[i].used) {
            return true;
        }
    }
    return false;
}

/* ---- walking -------------------------------------------------------------------------------- */

static size_t part_length(const char *path, size_t length)
{
    size_t i = 0;
    while (i < length && path[i] != '/') {
        i++;
    }
    return i;
}

static void walk_on(struct job *job, status_t status);

/* The next names, as many as one message takes; none at all makes a copy of the fid. */
static void walk_step(struct job *job)
{
    size_t at = job->walk_at;
    uint32_t count = 0;
    for (; at < job->walk_length && count < NINEP_WALK_NAMES; count++) {
        at += part_length(job->walk_path + at, job->walk_length - at) + 1;
    }
    struct ninep_writer *writer = job_message(job, NINEP_WALK);
    ninep_put_u32(writer, job->walk_begun ? job->walk_fid : ROOT_FID);
    ninep_put_u32(writer, job->walk_fid);
    ninep_put_u16(writer, (uint16_t)count);
    job->walk_asked = count;
    for (; count > 0; count--) {
        const char *part = job->walk_path + job->walk_at;
        size_t length = part_length(part, job->walk_length - job->walk_at);
        ninep_put_string(writer, part, length);
        job->walk_at += length + 1;
    }
    job_send(job, walk_on);
}

/* A walk that ended early made no fid; what it met last says why. */
static void walk_on(struct job *job, status_t status)
{
    uint32_t count = 0;
    struct ninep_qid last;
    if (status == STATUS_OK && !ninep_get_walk(&job->reader, job->walk_asked, &count, &last)) {
        status = STATUS_IO_ERROR;
    }
    if (status == STATUS_OK && count < job->walk_asked) {
        status = (last.type & QID_DIRECTORY) != 0 ? STATUS_NOT_FOUND : STATUS_NOT_DIRECTORY;
    }
    if (status == STATUS_OK) {
        job->walk_begun = true;
        job->qid = last;
        if (job->walk_at < job->walk_length) {
            walk_step(job);
            return;
        }
    }
    job->walk_then(job, status);
}

void job_walk(struct job *job, const char *path, size_t length, uint32_t fid,
              void (*then)(struct job *job, status_t status))
{
    job->walk_path = path;
    job->walk_length = length;
    job->walk_at = 0;
    job->walk_fid = fid;
    job->walk_begun = false;
    job->walk_then = then;
    walk_step(job);
}

/* Counted as held from the start: a walk in several messages can fail after it made the fid, and
 * letting go of one that does not exist does no harm. */
void job_walk_own(struct job *job, const char *path, size_t length, enum job_fid fid,
                  void (*then)(struct job *job, status_t status))
{
    job->held[fid] = true;
    job_walk(job, path, length, job_own_fid(job, fid), then);
}

void job_drop(struct job *job, enum job_fid fid, void (*then)(struct job *job, status_t status))
{
    job->held[fid] = false;
    ninep_put_u32(job_message(job, NINEP_CLUNK), job_own_fid(job, fid));
    job_send(job, then);
}

static void have_attributes(struct job *job, status_t status)
{
    if (status == STATUS_OK && !ninep_get_attributes(&job->reader, &job->attributes)) {
        status = STATUS_IO_ERROR;
    }
    job->walk_then(job, status);
}

#define ATTRIBUTES_BASIC 0x7ffull /* all that stat(2) tells */

void job_attributes(struct job *job, uint32_t fid, void (*then)(struct job *job, status_t status))
{
    struct ninep_writer *writer = job_message(job, NINEP_GETATTR);
    ninep_put_u32(writer, fid);
    ninep_put_u64(writer, ATTRIBUTES_BASIC);
    job->walk_then = then;
    job_send(job, have_attributes);
}

/* ---- end ------------------------------------------------------------------------------------ */

static void clunk_opening(struct job *job, status_t status)
{
    uint32_t place = openings_place(&session.openings, job->made);
    (void)status;
    session.has_fid[place] = false;
    session.openings.reserved[place] = false;
    job->made = NULL;
    job_finish(job, STATUS_OK);
}

/* Gives back the fids of openings that were closed; the rest waits for a free job. */
static void release_closing(void)
{
    for (uint32_t place = 0; place < OPENINGS; place++) {
        if (!session.closing[place] || session.users[place] != 0) {
            continue;
        }
        struct opening *opening = &session.openings.saved->openings[place];
        struct job *job = session.has_fid[place] ? job_begin_own() : NULL;
        if (session.has_fid[place] && job == NULL) {
            return;
        }
        session.closing[place] = false;
        if (job == NULL) {
            session.openings.reserved[place] = false;
            continue;
        }
        job->made = opening;
        ninep_put_u32(job_message(job, NINEP_CLUNK), opening_fid(opening));
        job_send(job, clunk_opening);
    }
}

void opening_release(struct opening *opening)
{
    uint32_t place = openings_place(&session.openings, opening);
    opening->kind = OPENING_NONE;
    session.openings.reserved[place] = true;
    session.closing[place] = true;
    release_closing();
}

static void clunk_next(struct job *job, status_t status)
{
    (void)status;
    for (enum job_fid fid = JOB_FID_A; fid <= JOB_FID_B; fid++) {
        if (job->held[fid]) {
            job_drop(job, fid, clunk_next);
            return;
        }
    }
    if (job->opening != NULL) {
        session.users[openings_place(&session.openings, job->opening)]--;
    }
    job->used = false;
    release_closing();
}

/* Pins are closed before the answer: the client goes on only then. */
static void answer_client(struct job *job, status_t status)
{
    handle_t reply = job->reply;
    job->reply = 0;
    if (job->pin != 0) {
        status_ignore(handle_close(job->pin));
        job->pin = 0;
    }
    if (reply == 0) {
        return;
    }
    if (status == STATUS_RETRY_TOUCH) {
        server_answer_retry(session.server, reply, 0, job->absent);
    } else if (status != STATUS_OK) {
        server_answer(session.server, reply, status);
    } else {
        job->answer(job, reply);
    }
}

/* ---- turns ---------------------------------------------------------------------------------- */

/* The next at a position; null: one is there, or none waits. */
static struct job *next_in_turn(uint64_t badge)
{
    struct job *next = NULL;
    for (struct job *job = jobs; job < jobs + CHANNEL_SLOTS; job++) {
        if (!job->used || !job->at_position || job->badge != badge) {
            continue;
        }
        if (!job->waits) {
            return NULL;
        }
        if (next == NULL || (int32_t)(job->turn - next->turn) < 0) {
            next = job;
        }
    }
    return next;
}

static void give_turn(uint64_t badge)
{
    struct job *job = next_in_turn(badge);
    if (job != NULL) {
        job->waits = false;
        job->offset = positions_take(session.positions, badge, job->offset, job->flags);
        job->begin(job);
    }
}

void job_take_turn(struct job *job)
{
    static uint32_t turns;
    job->at_position = true;
    job->waits = true;
    job->turn = ++turns;
    give_turn(job->badge);
}

void job_finish(struct job *job, status_t status)
{
    bool at_position = job->at_position;
    uint64_t badge = job->badge;
    answer_client(job, status);
    clunk_next(job, STATUS_OK);
    if (at_position) {
        give_turn(badge);
    }
}

void jobs_cancel(handle_t reply)
{
    for (uint32_t i = 0; i < CHANNEL_SLOTS; i++) {
        struct job *job = &jobs[i];
        bool first = !job->held[JOB_FID_A] && !job->held[JOB_FID_B] && job->made == NULL;
        if (job->used && job->reply == reply && (job->stalled || job->waits) && first) {
            job->stalled = false;
            job->waits = false;
            job_finish(job, STATUS_INTERRUPTED);
            return;
        }
    }
}
