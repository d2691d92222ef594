/* The rules of fifo_core.h. Every entry ends in progress(), which leaves nothing to do. */
#include "fifo_core.h"

#define FIFO_MAGIC 0x4f464946u /* "FIFO" */

/* ---- who has it open ------------------------------------------------------------------------ */

/* The opening with a badge, or (in_use false) a free place. */
static struct fifo_opening *find(struct fifo *fifo, uint64_t badge, bool in_use)
{
    for (int i = 0; i < FIFO_OPENINGS; i++) {
        struct fifo_opening *opening = &fifo->saved->openings[i];
        if ((opening->use != 0) == in_use && (!in_use || opening->badge == badge)) {
            return opening;
        }
    }
    return 0;
}

static void set_use(struct fifo *fifo, struct fifo_opening *opening, uint64_t badge, uint32_t use)
{
    fifo->reads -= (opening->use & FIFO_READS) != 0;
    fifo->writes -= (opening->use & FIFO_WRITES) != 0;
    *opening = (struct fifo_opening){badge, use & (FIFO_READS | FIFO_WRITES), 0};
    fifo->reads += (opening->use & FIFO_READS) != 0;
    fifo->writes += (opening->use & FIFO_WRITES) != 0;
}

static void count_openings(struct fifo *fifo)
{
    for (int i = 0; i < FIFO_OPENINGS; i++) {
        fifo->reads += (fifo->saved->openings[i].use & FIFO_READS) != 0;
        fifo->writes += (fifo->saved->openings[i].use & FIFO_WRITES) != 0;
    }
}

/* An endpoint that was never attached counts from its first use on, as what it is used for. */
static status_t allow(struct fifo *fifo, uint64_t badge, enum fifo_use use)
{
    struct fifo_opening *opening = find(fifo, badge, true);
    if (opening == 0) {
        return fifo_attach(fifo, badge, use);
    }
    return (opening->use & (uint32_t)use) != 0 ? STATUS_OK : STATUS_REFUSED;
}

/* ---- progress ------------------------------------------------------------------------------- */

static bool write_is_lost(const struct fifo *fifo)
{
    return fifo->kind == FIFO_PIPE && fifo->reads == 0;
}

/* Serves the writers; answers whether bytes moved. */
static bool serve_writers(struct fifo *fifo)
{
    if (write_is_lost(fifo)) {
        stream_finish_all(&fifo->writers, STATUS_BROKEN_PIPE);
    }
    return stream_serve_writers(&fifo->writers, &fifo->ring);
}

static bool is_at_end(const struct fifo *fifo)
{
    return byte_ring_used(&fifo->ring) == 0 && fifo->writers.first == 0 && fifo->writes == 0;
}

/* Serves the readers; answers whether bytes moved. */
static bool serve_readers(struct fifo *fifo)
{
    if (is_at_end(fifo)) {
        stream_finish_all(&fifo->readers, STATUS_OK);
    }
    return stream_serve_readers(&fifo->readers, &fifo->ring);
}

/*
 * Ends because bytes that readers take are those that writers gave, and both are finite. Writers
 * come first, so that an end of file is never seen before bytes that wait to be written.
 */
static void progress(struct fifo *fifo)
{
    do {
        (void)serve_writers(fifo);
    } while (serve_readers(fifo));
}

/* ---- entries -------------------------------------------------------------------------------- */

static void begin_empty(struct fifo_saved *saved, uint32_t capacity)
{
    for (int i = 0; i < FIFO_OPENINGS; i++) {
        saved->openings[i] = (struct fifo_opening){0, 0, 0};
    }
    saved->place = (struct byte_ring_place){0, 0};
    saved->capacity = capacity;
    saved->magic = FIFO_MAGIC;
}

bool fifo_init(struct fifo *fifo, const struct stream_host *host, enum fifo_kind kind,
               struct fifo_saved *saved, uint8_t *bytes, uint32_t capacity)
{
    bool goes_on = saved->magic == FIFO_MAGIC && saved->capacity == capacity;
    if (!goes_on) {
        begin_empty(saved, capacity);
    }
    *fifo = (struct fifo){
        .saved = saved, .kind = kind, .readers = {.host = host}, .writers = {.host = host}};
    count_openings(fifo);
    return byte_ring_resume(&fifo->ring, bytes, capacity, &saved->place) && goes_on;
}

status_t fifo_attach(struct fifo *fifo, uint64_t badge, uint32_t use)
{
    struct fifo_opening *opening = find(fifo, badge, true);
    if (opening == 0) {
        opening = find(fifo, 0, false);
    }
    if (opening == 0) {
        return STATUS_BUSY;
    }
    set_use(fifo, opening, badge, use);
    progress(fifo);
    return STATUS_OK;
}

void fifo_close(struct fifo *fifo, uint64_t badge)
{
    struct fifo_opening *opening = find(fifo, badge, true);
    if (opening != 0) {
        set_use(fifo, opening, 0, 0);
    }
    stream_finish_badge(&fifo->readers, badge, STATUS_INTERRUPTED);
    stream_finish_badge(&fifo->writers, badge, STATUS_INTERRUPTED);
    progress(fifo);
}

static void answer(const struct fifo *fifo, struct stream_request *request, status_t status)
{
    fifo->readers.host->answer(request, status, 0);
}

void fifo_read(struct fifo *fifo, struct stream_request *request)
{
    status_t status = allow(fifo, request->badge, FIFO_READS);
    if (status != STATUS_OK || request->length == 0) {
        answer(fifo, request, status);
        return;
    }
    stream_enqueue(&fifo->readers, request);
    progress(fifo);
}

/* Whether a write that must not wait has to be turned away before any byte of it is taken. */
static bool has_no_place(const struct fifo *fifo, const struct stream_request *request)
{
    uint32_t room = byte_ring_room(&fifo->ring);
    return room == 0 || (request->length <= FIFO_ATOMIC && room < request->length);
}

void fifo_write(struct fifo *fifo, struct stream_request *request)
{
    status_t status = allow(fifo, request->badge, FIFO_WRITES);
    if (status == STATUS_OK && write_is_lost(fifo)) {
        status = STATUS_BROKEN_PIPE;
    }
    bool waits = request->length > 0 && has_no_place(fifo, request);
    if (status == STATUS_OK && request->no_wait && waits) {
        status = STATUS_WOULD_BLOCK;
    }
    if (status != STATUS_OK || request->length == 0) {
        answer(fifo, request, status);
        return;
    }
    stream_enqueue(&fifo->writers, request);
    progress(fifo);
}

void fifo_cancel(struct fifo *fifo, struct stream_request *request, status_t status)
{
    if (stream_finish(&fifo->readers, request, status) ||
        stream_finish(&fifo->writers, request, status)) {
        progress(fifo);
    }
}

void fifo_cancel_all(struct fifo *fifo, status_t status)
{
    stream_finish_all(&fifo->readers, status);
    stream_finish_all(&fifo->writers, status);
}
