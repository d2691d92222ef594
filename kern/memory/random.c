/*
 * The kernel's random generator; see kern/random.h. A draw makes one 64-byte block: the first 32
 * bytes become the next key (so that a later look at memory tells nothing of earlier draws), the
 * others are given out.
 */
#include <kern/lock.h>
#include <kern/random.h>
#include <string.h>

enum { BLOCK_WORDS = 16, KEY_WORDS = 8, ROUNDS = 20 };

static struct lock random_lock;
static uint32_t key[KEY_WORDS];
static uint64_t draws;

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static void quarter_round(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 7);
}

static void chacha_block(uint32_t out[BLOCK_WORDS])
{
    uint32_t state[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    memcpy(&state[4], key, sizeof(key));
    memcpy(&state[12], &draws, sizeof(draws));
    memcpy(out, state, sizeof(state));
    for (unsigned i = 0; i < ROUNDS; i += 2) {
        for (unsigned c = 0; c < 4; c++) {
            quarter_round(out, c, 4 + c, 8 + c, 12 + c);
        }
        for (unsigned c = 0; c < 4; c++) {
            quarter_round(out, c, 4 + (c + 1) % 4, 8 + (c + 2) % 4, 12 + (c + 3) % 4);
        }
    }
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        out[i] += state[i];
    }
}

/* random_lock held. */
static void draw(uint8_t out[32])
{
    uint32_t block[BLOCK_WORDS];

    draws++;
    chacha_block(block);
    memcpy(key, block, sizeof(key));
    memcpy(out, &block[KEY_WORDS], 32);
}

void random_add(const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    uint8_t ignored[32];

    lock_acquire(&random_lock);
    for (size_t i = 0; i < length; i++) {
        ((uint8_t *)key)[i % sizeof(key)] ^= from[i];
        if (i % sizeof(key) == sizeof(key) - 1) {
            draw(ignored);
        }
    }
    draw(ignored);
    lock_release(&random_lock);
}

void random_read(void *bytes, size_t length)
{
    uint8_t *to = bytes;
    uint8_t chunk[32];

    lock_acquire(&random_lock);
    while (length > 0) {
        size_t part = length < sizeof(chunk) ? length : sizeof(chunk);

        draw(chunk);
        memcpy(to, chunk, part);
        to += part;
        length -= part;
    }
    lock_release(&random_lock);
}

uint64_t random_u64(void)
{
    uint64_t value;

    random_read(&value, sizeof(value));
    return value;
}
