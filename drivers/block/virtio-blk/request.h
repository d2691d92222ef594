/*
 * Reads, writes and flushes of clients on their way through the disk.
 *
 *   virtio-blk.c   the server
 *   request        this: order, leases, answers
 *   plan           which blocks a request touches
 *   disk           the device
 *
 * A request whose buffer consists of whole pages moves in place: its pages are pinned for the
 * device. Others go through a bounce buffer, and a write of part of a block reads the block first.
 * A request larger than one transfer is answered short. Nothing is changed on the disk before all
 * that a transfer needs of the client has been copied or pinned.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "disk.h"
#include "positions.h"
#include "server.h"

struct requests {
    struct disk *disk;
    struct server *server;
    uint64_t completed; /* ever; tells whether the device makes progress */
    struct positions positions;
};

void requests_init(struct requests *requests, struct disk *disk, struct server *server);

/* An operation of the file protocol: answers at once or takes the call away. */
status_t requests_transfer(struct requests *requests, struct call *call,
                           enum disk_operation operation, uint64_t offset, uint32_t flags,
                           uint64_t *count);
status_t requests_flush(struct requests *requests, struct call *call);

/* Takes what the device has done. False: the device is broken; then restart it, and abort. */
bool requests_progress(struct requests *requests);

/* Answers what the device had, when it has been reset, and goes on with what waits. */
void requests_abort(struct requests *requests);

/* Answers a request that has not begun; one that the device has will be answered soon. */
void requests_cancel(struct requests *requests, handle_t reply);

bool requests_in_flight(const struct requests *requests);

#endif
