/* Positions of openings; see positions.h. */
#include "positions.h"

#include <sinter/protocol/file.h>
#include <stdatomic.h>

enum {
    FORGOTTEN = 1024, /* calls later nobody repeats it any more */

    /* in position_call.number */
    APPENDS = 1, /* to the end of the file */
    DONE = 2,
    EARLIER = 4,   /* done by an instance before */
    UNNUMBERED = 8 /* an append of a client that gives no numbers: kept until it is done */
};

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

/* Here and below, this may be the end of the server at any moment: what makes an entry valid is
 * stored last. */
static void in_this_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

static void set(struct positions *positions, uint64_t badge, uint64_t position)
{
    size_t entry = entry_of(positions, badge);
    if (!is_known(positions, entry, badge)) {
        positions->entries[entry].used = 0;
        in_this_order();
        positions->entries[entry].badge = badge;
    }
    positions->entries[entry].position = position;
    in_this_order();
    positions->entries[entry].used = ++positions->turn;
}

/* Whether a call of a dead instance was carried out, perhaps without being marked as DONE. */
static bool was_done(const struct positions *positions, struct position_call *call,
                     bool (*end_of)(uint64_t badge, uint64_t *end))
{
    if ((call->number & (DONE | EARLIER)) != 0) {
        return true;
    }
    if ((call->number & APPENDS) != 0) {
        return end_of != NULL && end_of(call->badge, &call->end) && call->end > call->start;
    }
    size_t entry = entry_of(positions, call->badge);
    return is_known(positions, entry, call->badge) && call->end != call->start &&
           positions->entries[entry].position == call->end;
}

void positions_begin(struct positions *positions, bool (*end_of)(uint64_t badge, uint64_t *end))
{
    for (size_t i = 0; i < POSITIONS_CALLS; i++) {
        struct position_call *call = &positions->calls[i];
        bool last = positions->next_call - call->turn <= POSITIONS_LOST;
        if (call->number != 0 && last && was_done(positions, call, end_of)) {
            call->number |= EARLIER;
        } else {
            call->number = 0;
        }
    }
}

static struct position_call *find_call(struct positions *positions, uint64_t badge, uint32_t flags)
{
    for (size_t i = 0; i < POSITIONS_CALLS; i++) {
        struct position_call *call = &positions->calls[i];
        if (call->number != 0 && (call->number & FILE_CALL) == (flags & FILE_CALL) &&
            call->badge == badge) {
            return call;
        }
    }
    return NULL;
}

/* The call that is repeated, or null. */
static struct position_call *find_repeated(struct positions *positions, uint64_t badge,
                                           uint64_t offset, uint32_t flags)
{
    struct position_call *call = find_call(positions, badge, flags);
    bool repeated = call != NULL && (call->number & EARLIER) != 0 && call->offset == offset;
    return repeated ? call : NULL;
}

/* The place of a call that was begun longest ago, and whose answer cannot have been lost. */
static struct position_call *oldest_call(struct positions *positions)
{
    struct position_call *oldest = NULL;
    uint32_t most = 0;
    for (size_t i = 0; i < POSITIONS_CALLS; i++) {
        struct position_call *call = &positions->calls[i];
        uint32_t age = call->number == 0 ? UINT32_MAX : positions->next_call - call->turn;
        bool kept = (call->number & EARLIER) != 0 && age < FORGOTTEN;
        if (oldest == NULL || (!kept && age > most)) {
            oldest = call;
            most = kept ? 0 : age;
        }
    }
    return oldest;
}

/* Keeps a call that goes to `start`. */
static uint64_t keep_call(struct positions *positions, uint64_t badge, uint64_t offset,
                          uint32_t number, uint64_t start)
{
    if (number != 0) {
        struct position_call *same = find_call(positions, badge, number);
        struct position_call *call = same != NULL ? same : oldest_call(positions);
        call->number = 0;
        in_this_order();
        *call = (struct position_call){badge, offset, start, start, 0, positions->next_call++};
        in_this_order();
        call->number = number;
    }
    return start;
}

uint64_t positions_take(struct positions *positions, uint64_t badge, uint64_t offset,
                        uint32_t flags)
{
    if ((flags & FILE_AT_POSITION) == 0) {
        return offset;
    }
    const struct position_call *repeated = find_repeated(positions, badge, offset, flags);
    if (repeated != NULL && (repeated->number & APPENDS) == 0) {
        return repeated->start;
    }
    size_t entry = entry_of(positions, badge);
    bool known = is_known(positions, entry, badge);
    return keep_call(positions, badge, offset, flags & FILE_CALL,
                     known ? positions->entries[entry].position : offset);
}

/* What was cut short, with other bytes behind it by now, goes behind these as a whole. */
uint64_t positions_append(struct positions *positions, uint64_t badge, uint64_t offset,
                          uint32_t flags, uint64_t end, uint64_t length)
{
    const struct position_call *repeated = find_repeated(positions, badge, offset, flags);
    if (repeated != NULL && repeated->start <= end &&
        (repeated->end == end || repeated->end - repeated->start >= length)) {
        return repeated->start;
    }
    uint32_t number = flags & FILE_CALL;
    return keep_call(positions, badge, offset, (number != 0 ? number : UNNUMBERED) | APPENDS, end);
}

/* Whether others have moved on since a call was carried out that is repeated now. */
static bool others_moved(const struct positions *positions, const struct position_call *call)
{
    size_t entry = entry_of(positions, call->badge);
    return (call->number & (EARLIER | APPENDS)) == EARLIER &&
           is_known(positions, entry, call->badge) &&
           positions->entries[entry].position != call->end;
}

void positions_moved(struct positions *positions, uint64_t badge, uint32_t flags, uint64_t position)
{
    struct position_call *call = find_call(positions, badge, flags);
    bool stays = (flags & FILE_AT_POSITION) == 0 || (call != NULL && others_moved(positions, call));
    if (call != NULL) {
        call->end = position;
        in_this_order();
    }
    if (!stays) {
        set(positions, badge, position);
        in_this_order();
    }
    if (call != NULL) {
        call->number = (call->number & UNNUMBERED) != 0 ? 0 : call->number | DONE;
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
    for (size_t i = 0; i < POSITIONS_CALLS; i++) {
        if (positions->calls[i].badge == badge) {
            positions->calls[i].number = 0;
        }
    }
}
