/* Positions of openings; see positions.h. */
#include "positions.h"

#include <sinter/protocol/file.h>

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

uint64_t positions_take(struct positions *positions, uint64_t badge, uint64_t offset,
                        uint32_t flags)
{
    if ((flags & FILE_AT_POSITION) == 0) {
        return offset;
    }
    size_t entry = entry_of(positions, badge);
    return is_known(positions, entry, badge) ? positions->entries[entry].position : offset;
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
