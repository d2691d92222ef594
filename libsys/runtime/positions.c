/* Positions of openings; see positions.h. */
#include "positions.h"

#include <sinter/protocol/file.h>
#include <stdatomic.h>

#define EARLIER UINT64_C(1) /* in position_call.number: begun by an instance before */

/* The entry of an opening, or the one that was used longest ago, which then has another badge. */
static size_t entry_of(const struct positions *positions, uint64_t badge)
{
    size_t oldest = 0;
    for (size_t i = 0; i < POSITIONS; i++) {
        if (positions->entries[i].used != 0 && positions->entries[i].badge == badge) {
            return i;
        }
        if (positions->entries[i].used < positions->entries[oldest].used) {
            oldest = i;
        }
    }
    return oldest;
}

static bool is_known(const struct positions *positions, size_t entry, uint64_t badge)
{
    return positions->entries[entry].used != 0 && positions->entries[entry].badge == badge;
}

static void set(struct positions *positions, uint64_t badge, uint64_t position)
{
    size_t entry = entry_of(positions, badge);
    positions->entries[entry].used = ++positions->turn;
    positions->entries[entry].badge = badge;
    positions->entries[entry].position = position;
}

void positions_begin(struct positions *positions)
{
    for (size_t i = 0; i < POSITIONS_CALLS; i++) {
        positions->calls[i].number |= positions->calls[i].number != 0 ? EARLIER : 0;
    }
}

/* Where the call goes that would go to `start`, and is kept from now on. This may be the end of the
 * server at any moment, so the number comes last. */
static uint64_t keep_call(struct positions *positions, uint64_t badge, uint64_t offset,
                          uint32_t flags, uint64_t start)
{
    uint64_t number = flags & FILE_CALL;
    if (number == 0) {
        return start;
    }
    for (size_t i = 0; i < POSITIONS_CALLS; i++) {
        const struct position_call *call = &positions->calls[i];
        if (call->number == (number | EARLIER) && call->badge == badge && call->offset == offset) {
            return call->start;
        }
    }
    struct position_call *kept = &positions->calls[positions->next_call++ % POSITIONS_CALLS];
    kept->number = 0;
    atomic_signal_fence(memory_order_seq_cst);
    kept->badge = badge;
    kept->offset = offset;
    kept->start = start;
    atomic_signal_fence(memory_order_seq_cst);
    kept->number = number;
    return start;
}

uint64_t positions_take(struct positions *positions, uint64_t badge, uint64_t offset,
                        uint32_t flags)
{
    if ((flags & FILE_AT_POSITION) == 0) {
        return offset;
    }
    size_t entry = entry_of(positions, badge);
    bool known = is_known(positions, entry, badge);
    return keep_call(positions, badge, offset, flags,
                     known ? positions->entries[entry].position : offset);
}

uint64_t positions_append(struct positions *positions, uint64_t badge, uint64_t offset,
                          uint32_t flags, uint64_t end)
{
    return keep_call(positions, badge, offset, flags, end);
}

void positions_moved(struct positions *positions, uint64_t badge, uint32_t flags, uint64_t position)
{
    if ((flags & FILE_AT_POSITION) != 0) {
        set(positions, badge, position);
    }
}

status_t positions_seek(struct positions *positions, uint64_t badge, int64_t offset,
                        uint32_t whence, uint64_t size, uint64_t *position)
{
    size_t entry = entry_of(positions, badge);
    uint64_t base = 0;
    if (whence > FILE_SEEK_END) {
        return STATUS_BAD_ARGUMENT;
    }
    if (whence == FILE_SEEK_POSITION) {
        base = is_known(positions, entry, badge) ? positions->entries[entry].position : 0;
    } else if (whence == FILE_SEEK_END) {
        base = size;
    }
    bool below = offset < 0 && (uint64_t)-(offset + 1) >= base;
    bool above = offset > 0 && (uint64_t)offset > (uint64_t)INT64_MAX - base;
    if (base > INT64_MAX || below || above) {
        return STATUS_BAD_ARGUMENT;
    }
    *position = base + (uint64_t)offset;
    set(positions, badge, *position);
    return STATUS_OK;
}

void positions_forget(struct positions *positions, uint64_t badge)
{
    size_t entry = entry_of(positions, badge);
    if (is_known(positions, entry, badge)) {
        positions->entries[entry].used = 0;
    }
}
