/* SHA-256; names and sections as in FIPS 180-4. */
#include "sha256.h"

#include <string.h>

#define ROUNDS      64
#define LENGTH_SIZE 8 /* bytes of the length at the end of the last block */

/* Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first primes.
 */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t value, unsigned count)
{
    return value >> count | value << (32 - count);
}

/* Section 6.2.2, step 1. */
static void prepare_schedule(const uint8_t *block, uint32_t w[ROUNDS])
{
    for (unsigned t = 0; t < 16; t++) {
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    }
    for (unsigned t = 16; t < ROUNDS; t++) {
        uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

/* Section 6.2.2, steps 2 to 4; v holds the working variables a to h. */
static void add_block(uint32_t hash[8], const uint8_t *block)
{
    uint32_t w[ROUNDS];
    uint32_t v[8];
    prepare_schedule(block, w);
    memcpy(v, hash, sizeof(v));
    for (unsigned t = 0; t < ROUNDS; t++) {
        uint32_t sum1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + sum1 + choice + constants[t] + w[t];
        uint32_t sum0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof(*v));
        v[4] += t1;
        v[0] = t1 + sum0 + majority;
    }
    for (unsigned i = 0; i < 8; i++) {
        hash[i] += v[i];
    }
}

void sha256_start(struct sha256 *state)
{
    /* Section 5.3.3: the same of the square roots of the first eight primes. */
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(state->hash, initial, sizeof(initial));
    state->length = 0;
}

void sha256_add(struct sha256 *state, const void *data, size_t size)
{
    const uint8_t *from = data;
    while (size > 0) {
        size_t used = state->length % SHA256_BLOCK;
        size_t count = SHA256_BLOCK - used < size ? SHA256_BLOCK - used : size;
        if (count == SHA256_BLOCK) {
            add_block(state->hash, from);
        } else {
            memcpy(state->block + used, from, count);
            if (used + count == SHA256_BLOCK) {
                add_block(state->hash, state->block);
            }
        }
        state->length += count;
        from += count;
        size -= count;
    }
}

void sha256_finish(struct sha256 *state, uint8_t digest[SHA256_SIZE])
{
    static const uint8_t padding[SHA256_BLOCK] = {0x80};
    uint8_t length[LENGTH_SIZE];
    uint64_t bits = state->length * 8;
    size_t used = (state->length + LENGTH_SIZE) % SHA256_BLOCK;
    for (unsigned i = 0; i < LENGTH_SIZE; i++) {
        length[i] = (uint8_t)(bits >> (8 * (LENGTH_SIZE - 1 - i)));
    }
    sha256_add(state, padding, SHA256_BLOCK - used);
    sha256_add(state, length, sizeof(length));
    for (unsigned i = 0; i < SHA256_SIZE; i++) {
        digest[i] = (uint8_t)(state->hash[i / 4] >> (24 - 8 * (i % 4)));
    }
}
