/* SHA-256 as in FIPS 180-4, in pieces of any size. */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE  32 /* bytes of a digest */
#define SHA256_BLOCK 64

struct sha256 {
    uint32_t hash[8];
    uint64_t length; /* bytes taken */
    uint8_t block[SHA256_BLOCK];
};

void sha256_start(struct sha256 *state);
void sha256_add(struct sha256 *state, const void *data, size_t size);
void sha256_finish(struct sha256 *state, uint8_t digest[SHA256_SIZE]);

#endif
