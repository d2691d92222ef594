/*
 * Who has which bytes of a disk for itself: the table behind `claim` of the file protocol. It lies
 * in the state store of the disk's driver (block_kept.h), so a claim outlives a crash of that. A
 * claim is known by the badge of the endpoint that its holder got, and ends when that is CLOSED. No
 * system calls here.
 *
 * The server may end at any moment, also while the table changes: an entry counts once it has its
 * badge, which is stored last.
 */
#ifndef DRIVERS_COMMON_BLOCK_CLAIMS_H
#define DRIVERS_COMMON_BLOCK_CLAIMS_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK_CLAIMS = 64,
    BLOCK_CLAIM_NAME = 24 /* with a zero byte at its end */
};

/* Above the badges of openings, which have the number of a file in their upper half. */
#define BLOCK_CLAIM_BADGE (UINT64_C(1) << 63)

struct block_claim {
    uint64_t badge; /* 0: free */
    uint64_t start; /* bytes */
    uint64_t length;
    char name[BLOCK_CLAIM_NAME];
};

struct block_claims {
    uint64_t count; /* of badges given out */
    struct block_claim claims[BLOCK_CLAIMS];
};

/* A badge that no claim had before. */
uint64_t block_claims_badge(struct block_claims *claims);

/*
 * Adds a claim. Those of the same name that it overlaps go: a service has one instance at a time,
 * so their holder has ended, or is about to close them. BUSY: another name has some of the bytes.
 * FULL. BAD_ARGUMENT: no name of graphic characters, or too long, or no bytes.
 */
SINTER_MUST_CHECK status_t block_claims_add(struct block_claims *claims, uint64_t badge,
                                            const uint8_t *name, size_t name_length, uint64_t start,
                                            uint64_t length);

/* The endpoint with this badge is closed, which may be none of a claim. */
void block_claims_closed(struct block_claims *claims, uint64_t badge);

/* One that has some of the bytes, or null. */
const struct block_claim *block_claims_find(const struct block_claims *claims, uint64_t start,
                                            uint64_t length);

#endif
