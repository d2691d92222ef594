/*
 * What a read or write at byte offsets means for a disk that moves whole blocks. No system call.
 *
 * Requests are kept in the order of arrival; one that touches blocks of an earlier one waits for
 * it unless both read. So a write of part of a block, which reads, changes and writes the block,
 * never loses what another write put beside it.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct plan {
    uint64_t start; /* byte on the disk where the blocks begin */
    uint64_t span;  /* bytes of whole blocks */
    uint64_t skip;  /* bytes between the start of the blocks and what was asked for */
    uint64_t count; /* bytes of what was asked for; may be less than that */
};

/*
 * Plans `length` bytes at `offset` of a disk of `size` bytes (a multiple of `block`, which is a
 * power of two), moving at most `limit` bytes (a multiple of `block`). count is 0 at the end.
 */
struct plan plan_transfer(uint64_t size, uint32_t block, uint64_t limit, uint64_t offset,
                          uint64_t length);

/* Whether a write has to read the blocks first. */
bool plan_is_partial(const struct plan *plan);

bool plan_overlaps(const struct plan *one, const struct plan *other);

#endif
