/* The table of block_claims.h. */
#include "block_claims.h"

#include <stdatomic.h>

static void in_this_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

uint64_t block_claims_badge(struct block_claims *claims)
{
    return BLOCK_CLAIM_BADGE | ++claims->count;
}

static bool overlaps(const struct block_claim *claim, uint64_t start, uint64_t length)
{
    return claim->badge != 0 && start < claim->start + claim->length &&
           claim->start < start + length;
}

static bool is_name(const uint8_t *name, size_t length)
{
    bool good = length > 0 && length < BLOCK_CLAIM_NAME;
    for (size_t i = 0; good && i < length; i++) {
        good = name[i] > ' ' && name[i] <= '~';
    }
    return good;
}

static bool is_of(const struct block_claim *claim, const uint8_t *name, size_t length)
{
    return __builtin_memcmp(claim->name, name, length) == 0 && claim->name[length] == '\0';
}

static void set(struct block_claim *claim, uint64_t badge, const uint8_t *name, size_t name_length,
                uint64_t start, uint64_t length)
{
    claim->badge = 0;
    in_this_order();
    claim->start = start;
    claim->length = length;
    for (size_t i = 0; i < BLOCK_CLAIM_NAME; i++) {
        claim->name[i] = i < name_length ? (char)name[i] : '\0';
    }
    in_this_order();
    claim->badge = badge;
}

status_t block_claims_add(struct block_claims *claims, uint64_t badge, const uint8_t *name,
                          size_t name_length, uint64_t start, uint64_t length)
{
    struct block_claim *place = NULL;
    if (!is_name(name, name_length) || length == 0) {
        return STATUS_BAD_ARGUMENT;
    }
    for (size_t i = 0; i < BLOCK_CLAIMS; i++) {
        struct block_claim *claim = &claims->claims[i];
        bool is_own = is_of(claim, name, name_length);
        if (overlaps(claim, start, length) && !is_own) {
            return STATUS_BUSY;
        }
        if (claim->badge == 0 || overlaps(claim, start, length)) {
            place = claim;
        }
    }
    if (place == NULL) {
        return STATUS_FULL;
    }
    for (size_t i = 0; i < BLOCK_CLAIMS; i++) {
        if (overlaps(&claims->claims[i], start, length)) {
            claims->claims[i].badge = 0;
        }
    }
    set(place, badge, name, name_length, start, length);
    return STATUS_OK;
}

void block_claims_closed(struct block_claims *claims, uint64_t badge)
{
    for (size_t i = 0; i < BLOCK_CLAIMS; i++) {
        if (claims->claims[i].badge == badge) {
            claims->claims[i].badge = 0;
        }
    }
}

const struct block_claim *block_claims_find(const struct block_claims *claims, uint64_t start,
                                            uint64_t length)
{
    for (size_t i = 0; i < BLOCK_CLAIMS; i++) {
        if (overlaps(&claims->claims[i], start, length)) {
            return &claims->claims[i];
        }
    }
    return NULL;
}
