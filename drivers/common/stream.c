/* The queues of stream.h. */
#include "stream.h"

void stream_enqueue(struct stream_queue *queue, struct stream_request *request)
{
    request->next = 0;
    request->done = 0;
    if (queue->first == 0) {
        queue->first = request;
    } else {
        queue->last->next = request;
    }
    queue->last = request;
}

static bool take_out(struct stream_queue *queue, struct stream_request *request)
{
    struct stream_request *before = 0;
    struct stream_request *at = queue->first;
    while (at != 0 && at != request) {
        before = at;
        at = at->next;
    }
    if (at == 0) {
        return false;
    }
    if (before == 0) {
        queue->first = at->next;
    } else {
        before->next = at->next;
    }
    if (queue->last == at) {
        queue->last = before;
    }
    return true;
}

bool stream_finish(struct stream_queue *queue, struct stream_request *request, status_t status)
{
    if (!take_out(queue, request)) {
        return false;
    }
    queue->host->answer(request, request->done > 0 ? STATUS_OK : status, request->done);
    return true;
}

void stream_finish_all(struct stream_queue *queue, status_t status)
{
    while (queue->first != 0) {
        (void)stream_finish(queue, queue->first, status);
    }
}

void stream_finish_badge(struct stream_queue *queue, uint64_t badge, status_t status)
{
    struct stream_request *next;
    for (struct stream_request *at = queue->first; at != 0; at = next) {
        next = at->next;
        if (at->badge == badge) {
            (void)stream_finish(queue, at, status);
        }
    }
}

static uint32_t smaller(uint64_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

status_t stream_fill(const struct stream_host *host, struct stream_request *writer,
                     struct byte_ring *ring)
{
    while (writer->done < writer->length) {
        uint8_t *to;
        uint32_t piece = smaller(writer->length - writer->done, byte_ring_free_span(ring, &to));
        if (piece == 0) {
            break;
        }
        status_t status = host->copy_in(writer, writer->done, to, piece);
        if (status != STATUS_OK) {
            return status;
        }
        byte_ring_commit(ring, piece);
        writer->done += piece;
    }
    return STATUS_OK;
}

status_t stream_drain(const struct stream_host *host, struct stream_request *reader,
                      struct byte_ring *ring)
{
    while (reader->done < reader->length) {
        const uint8_t *from;
        uint32_t piece = smaller(reader->length - reader->done, byte_ring_used_span(ring, &from));
        if (piece == 0) {
            break;
        }
        status_t status = host->copy_out(reader, reader->done, from, piece);
        if (status != STATUS_OK) {
            return status;
        }
        byte_ring_discard(ring, piece);
        reader->done += piece;
    }
    return STATUS_OK;
}

bool stream_serve_writers(struct stream_queue *writers, struct byte_ring *ring)
{
    bool moved = false;
    while (writers->first != 0) {
        struct stream_request *writer = writers->first;
        uint64_t before = writer->done;
        status_t status = stream_fill(writers->host, writer, ring);
        moved = moved || writer->done > before;
        if (status == STATUS_OK && writer->done < writer->length && !writer->no_wait) {
            break;
        }
        (void)stream_finish(writers, writer, status == STATUS_OK ? STATUS_WOULD_BLOCK : status);
    }
    return moved;
}

static void turn_away_readers(struct stream_queue *readers)
{
    struct stream_request *next;
    for (struct stream_request *at = readers->first; at != 0; at = next) {
        next = at->next;
        if (at->no_wait) {
            (void)stream_finish(readers, at, STATUS_WOULD_BLOCK);
        }
    }
}

bool stream_serve_readers(struct stream_queue *readers, struct byte_ring *ring)
{
    bool moved = false;
    while (readers->first != 0 && byte_ring_used(ring) > 0) {
        struct stream_request *reader = readers->first;
        status_t status = stream_drain(readers->host, reader, ring);
        moved = moved || reader->done > 0;
        (void)stream_finish(readers, reader, status);
    }
    turn_away_readers(readers);
    return moved;
}
