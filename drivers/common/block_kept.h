/*
 * What a disk's driver keeps in its state store, through crashes and restarts, but not once it was
 * stopped: an identity, and who has claimed what (block_claims.h).
 *
 * The identity is what the driver answers to file_times(): another one after a stop, since nobody
 * knows what became of the disk meanwhile. What had the disk open then has to open it, and to claim
 * it, again.
 */
#ifndef DRIVERS_COMMON_BLOCK_KEPT_H
#define DRIVERS_COMMON_BLOCK_KEPT_H

#include "block_claims.h"
#include "server.h"

struct block_kept {
    uint64_t identity;
    struct block_claims claims;
};

/*
 * Once, before the server is ready. Without a store, which is logged, every instance has its own.
 * Sets closes_at_once of the server: a claim ends with its holder, whenever the next call comes.
 */
struct block_kept *block_kept_open(struct server *server);

/* The operations claim and claimant of the file protocol, for a disk of `size` bytes. */
SINTER_MUST_CHECK status_t block_kept_claim(struct block_kept *kept, struct call *call,
                                            uint64_t size, const uint8_t *name, size_t name_length,
                                            uint64_t start, uint64_t length, handle_t *claim);
SINTER_MUST_CHECK status_t block_kept_claimant(const struct block_kept *kept, uint64_t size,
                                               uint64_t start, uint64_t length, uint32_t *exact,
                                               uint8_t *name, size_t capacity, size_t *name_length);

#endif
