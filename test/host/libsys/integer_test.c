/* libsys/integer.c under other names, against the host compiler's own arithmetic. */
#include <stdint.h>

#include "check.h"

#define __udivmodti4  tested_udivmodti4
#define __udivti3     tested_udivti3
#define __umodti3     tested_umodti3
#define __divmodti4   tested_divmodti4
#define __divti3      tested_divti3
#define __modti3      tested_modti3
#define __multi3      tested_multi3
#define __ashlti3     tested_ashlti3
#define __ashrti3     tested_ashrti3
#define __lshrti3     tested_lshrti3
#define __negti2      tested_negti2
#define __cmpti2      tested_cmpti2
#define __ucmpti2     tested_ucmpti2
#define __clzsi2      tested_clzsi2
#define __clzdi2      tested_clzdi2
#define __clzti2      tested_clzti2
#define __ctzsi2      tested_ctzsi2
#define __ctzdi2      tested_ctzdi2
#define __ctzti2      tested_ctzti2
#define __ffssi2      tested_ffssi2
#define __ffsdi2      tested_ffsdi2
#define __ffsti2      tested_ffsti2
#define __popcountsi2 tested_popcountsi2
#define __popcountdi2 tested_popcountdi2
#define __popcountti2 tested_popcountti2
#define __paritysi2   tested_paritysi2
#define __paritydi2   tested_paritydi2
#define __parityti2   tested_parityti2
#define __bswapsi2    tested_bswapsi2
#define __bswapdi2    tested_bswapdi2
#include "integer.c"

#define ROUNDS 200000

/* Marsaglia's xorshift64, and numbers whose bits lie in few places. */
static uint64_t random_word(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t random_shape(void)
{
    uint64_t word = random_word();
    switch (random_word() % 6) {
    case 0:
        return word;
    case 1:
        return word >> (random_word() % 64);
    case 2:
        return ~UINT64_C(0) << (random_word() % 64);
    case 3:
        return UINT64_C(1) << (random_word() % 64);
    case 4:
        return word | UINT64_C(0xffffffff00000000);
    default:
        return random_word() % 3;
    }
}

static void check_division(uint128_t number, uint128_t divisor)
{
    uint128_t rest;
    int128_t signed_rest;
    if (divisor == 0) {
        return;
    }
    CHECK(tested_udivmodti4(number, divisor, &rest) == number / divisor);
    CHECK(rest == number % divisor);
    CHECK(tested_udivti3(number, divisor) == number / divisor);
    CHECK(tested_umodti3(number, divisor) == number % divisor);
    if ((int128_t)divisor == -1) {
        return; /* the host's own may trap */
    }
    CHECK(tested_divmodti4((int128_t)number, (int128_t)divisor, &signed_rest) ==
          (int128_t)number / (int128_t)divisor);
    CHECK(signed_rest == (int128_t)number % (int128_t)divisor);
    CHECK(tested_divti3((int128_t)number, (int128_t)divisor) ==
          (int128_t)number / (int128_t)divisor);
    CHECK(tested_modti3((int128_t)number, (int128_t)divisor) ==
          (int128_t)number % (int128_t)divisor);
}

static void check_shifts(uint128_t value)
{
    for (int count = 0; count < 128; count++) {
        CHECK((uint128_t)tested_ashlti3((int128_t)value, count) == value << count);
        CHECK((uint128_t)tested_lshrti3((int128_t)value, count) == value >> count);
        CHECK(tested_ashrti3((int128_t)value, count) == (int128_t)value >> count);
    }
}

static void check_order(uint128_t left, uint128_t right)
{
    CHECK((uint128_t)tested_multi3((int128_t)left, (int128_t)right) == left * right);
    CHECK((uint128_t)tested_negti2((int128_t)left) == -left);
    CHECK(tested_ucmpti2(left, right) == (left < right ? 0 : left == right ? 1 : 2));
    CHECK(tested_cmpti2((int128_t)left, (int128_t)right) == ((int128_t)left < (int128_t)right ? 0
                                                             : left == right                  ? 1
                                                                                              : 2));
}

static void check_bits(uint64_t low, uint64_t high)
{
    uint32_t word = (uint32_t)low;
    uint128_t both = (uint128_t)high << 64 | low;
    if (word != 0) {
        CHECK(tested_clzsi2(word) == __builtin_clz(word));
        CHECK(tested_ctzsi2(word) == __builtin_ctz(word));
    }
    if (low != 0) {
        CHECK(tested_clzdi2(low) == __builtin_clzll(low));
        CHECK(tested_ctzdi2(low) == __builtin_ctzll(low));
        CHECK(tested_ctzti2(both) == __builtin_ctzll(low));
        CHECK(tested_clzti2(low) == 64 + __builtin_clzll(low));
        CHECK(tested_ctzti2((uint128_t)low << 64) == 64 + __builtin_ctzll(low));
    }
    CHECK(tested_ffssi2(word) == __builtin_ffs((int)word));
    CHECK(tested_ffsdi2(low) == __builtin_ffsll((long long)low));
    CHECK(tested_ffsti2((uint128_t)low << 64) == (low ? 64 + __builtin_ffsll((long long)low) : 0));
    CHECK(tested_popcountsi2(word) == __builtin_popcount(word));
    CHECK(tested_popcountdi2(low) == __builtin_popcountll(low));
    CHECK(tested_popcountti2(both) == __builtin_popcountll(low) + __builtin_popcountll(high));
    CHECK(tested_paritysi2(word) == __builtin_parity(word));
    CHECK(tested_paritydi2(low) == __builtin_parityll(low));
    CHECK(tested_parityti2(both) == (__builtin_parityll(low) ^ __builtin_parityll(high)));
    CHECK(tested_bswapsi2(word) == __builtin_bswap32(word));
    CHECK(tested_bswapdi2(low) == __builtin_bswap64(low));
}

int main(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t a = random_shape(), b = random_shape(), c = random_shape(), d = random_shape();
        uint128_t left = (uint128_t)a << 64 | b, right = (uint128_t)c << 64 | d;
        check_division(left, right);
        check_division(left, d);
        check_order(left, right);
        check_order(left, left);
        check_bits(a, b);
        if (round % 16 == 0) {
            check_shifts(left);
        }
    }
    return 0;
}
