/*
 * The kernel's random generator; see kern/random.h. A draw makes one 64-byte block: the first 32
 * bytes are the next key (so that a later look at memory tells nothing of earlier draws), the
 * others are given out, each once.
 */
#include <kern/lock.h>
#include <kern/random.h>
#include <string.h>

enum { BLOCK_WORDS = 16, KEY_BYTES = 32, ROUNDS = 20 };

static struct lock random_lock;
static uint32_t block[BLOCK_WORDS];
static size_t spare; /* bytes behind the key that are still to be given out */
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

/* random_lock held. */
static void draw(void)
{
    uint32_t state[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    draws++;
    memcpy(&state[4], block, KEY_BYTES);
    memcpy(&state[12], &draws, sizeof(draws));
    memcpy(block, state, sizeof(state));
    for (unsigned i = 0; i < ROUNDS; i += 2) {
        for (unsigned c = 0; c < 4; c++) {
            quarter_round(block, c, 4 + c, 8 + c, 12 + c);
        }
        for (unsigned c = 0; c < 4; c++) {
            quarter_round(block, c, 4 + (c + 1) % 4, 8 + (c + 2) % 4, 12 + (c + 3) % 4);
        }
    }
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        block[i] += state[i];
    }
    spare = sizeof(block) - KEY_BYTES;
}

void random_add(const void *bytes, size_t length)
{
    const uint8_t *from = bytes;

    lock_acquire(&random_lock);
    for (size_t i = 0; i < length; i++) {
        ((uint8_t *)block)[i % KEY_BYTES] ^= from[i];
        if (i % KEY_BYTES == KEY_BYTES - 1) {
            draw();
        }
    }
    draw();
    lock_release(&random_lock);
}

void random_read(void *bytes, size_t length)
{
    uint8_t *to = bytes;

    lock_acquire(&random_lock);
    for (size_t part; length > 0; length -= part) {
        if (spare == 0) {
            draw();
        }
        part = length < spare ? length : spare;
        spare -= part;
        memcpy(to, (uint8_t *)block + KEY_BYTES + spare, part);
        memset((uint8_t *)block + KEY_BYTES + spare, 0, part);
        to += part;
    }
    lock_release(&random_lock);
}

uint64_t random_u64(void)
{
    uint64_t value;

    random_read(&value, sizeof(value));
    return value;
}
