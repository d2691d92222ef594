/*
 * Integer operations that compilers call by themselves: 128-bit arithmetic, and bit counts on
 * machines without such instructions. Names and types are those of the libgcc manual, "Integer
 * library routines". Built without idiom recognition, or they would call themselves.
 */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))
#define HALF   64

typedef __int128 int128_t;
typedef unsigned __int128 uint128_t;

EXPORT uint128_t __udivmodti4(uint128_t number, uint128_t divisor, uint128_t *remainder);
EXPORT uint128_t __udivti3(uint128_t number, uint128_t divisor);
EXPORT uint128_t __umodti3(uint128_t number, uint128_t divisor);
EXPORT int128_t __divmodti4(int128_t number, int128_t divisor, int128_t *remainder);
EXPORT int128_t __divti3(int128_t number, int128_t divisor);
EXPORT int128_t __modti3(int128_t number, int128_t divisor);
EXPORT int128_t __multi3(int128_t left, int128_t right);
EXPORT int128_t __ashlti3(int128_t value, int count);
EXPORT int128_t __ashrti3(int128_t value, int count);
EXPORT int128_t __lshrti3(int128_t value, int count);
EXPORT int128_t __negti2(int128_t value);
EXPORT int __cmpti2(int128_t left, int128_t right);
EXPORT int __ucmpti2(uint128_t left, uint128_t right);
EXPORT int __clzsi2(uint32_t value);
EXPORT int __clzdi2(uint64_t value);
EXPORT int __clzti2(uint128_t value);
EXPORT int __ctzsi2(uint32_t value);
EXPORT int __ctzdi2(uint64_t value);
EXPORT int __ctzti2(uint128_t value);
EXPORT int __ffssi2(uint32_t value);
EXPORT int __ffsdi2(uint64_t value);
EXPORT int __ffsti2(uint128_t value);
EXPORT int __popcountsi2(uint32_t value);
EXPORT int __popcountdi2(uint64_t value);
EXPORT int __popcountti2(uint128_t value);
EXPORT int __paritysi2(uint32_t value);
EXPORT int __paritydi2(uint64_t value);
EXPORT int __parityti2(uint128_t value);
EXPORT uint32_t __bswapsi2(uint32_t value);
EXPORT uint64_t __bswapdi2(uint64_t value);

static uint64_t high_half(uint128_t value)
{
    return (uint64_t)(value >> HALF);
}

static uint128_t join(uint64_t high, uint64_t low)
{
    return (uint128_t)high << HALF | low;
}

/* Leading zeros; of 0 all 64. */
static int leading_zeros(uint64_t value)
{
    int zeros = HALF;
    for (int step = HALF / 2; step > 0; step /= 2) {
        if (value >> step != 0) {
            value >>= step;
            zeros -= step;
        }
    }
    return zeros - (int)value;
}

static int ones(uint64_t value)
{
    value -= value >> 1 & UINT64_C(0x5555555555555555);
    value = (value & UINT64_C(0x3333333333333333)) + (value >> 2 & UINT64_C(0x3333333333333333));
    value = (value + (value >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (int)(value * UINT64_C(0x0101010101010101) >> 56);
}

/* Trailing zeros; of 0 all 64. */
static int trailing_zeros(uint64_t value)
{
    return ones(~value & (value - 1));
}

/*
 * One 32-bit digit of a quotient: of (high, digit) by `divisor`, which has its top bit set and is
 * larger than high. Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, step D3.
 */
static uint64_t quotient_digit(uint64_t *high, uint32_t digit, uint64_t divisor)
{
    uint64_t top = divisor >> 32, bottom = (uint32_t)divisor;
    uint64_t guess = *high / top, rest = *high % top;
    while (guess >> 32 != 0 || guess * bottom > (rest << 32 | digit)) {
        guess--;
        rest += top;
        if (rest >> 32 != 0) {
            break;
        }
    }
    *high = (*high << 32 | digit) - guess * divisor;
    return guess;
}

/* (high, low) by divisor, where high < divisor: the quotient fits. */
static uint64_t divide_by_word(uint64_t high, uint64_t low, uint64_t divisor, uint64_t *remainder)
{
    int shift = leading_zeros(divisor);
    if (shift > 0) {
        divisor <<= shift;
        high = high << shift | low >> (HALF - shift);
        low <<= shift;
    }
    uint64_t quotient = quotient_digit(&high, (uint32_t)(low >> 32), divisor) << 32;
    quotient |= quotient_digit(&high, (uint32_t)low, divisor);
    *remainder = high >> shift;
    return quotient;
}

/* The divisor has more than 64 bits, so the quotient has fewer: bit by bit. */
static uint128_t divide_by_long(uint128_t number, uint128_t divisor, uint128_t *remainder)
{
    int shift = leading_zeros(high_half(divisor)) - leading_zeros(high_half(number));
    uint64_t quotient = 0;
    for (divisor <<= shift < 0 ? 0 : shift; shift >= 0; shift--, divisor >>= 1) {
        quotient <<= 1;
        if (number >= divisor) {
            number -= divisor;
            quotient |= 1;
        }
    }
    *remainder = number;
    return quotient;
}

/* Division by zero gives what the machine's own division gives. */
uint128_t __udivmodti4(uint128_t number, uint128_t divisor, uint128_t *remainder)
{
    uint128_t ignored;
    if (high_half(divisor) != 0) {
        return divide_by_long(number, divisor, remainder ? remainder : &ignored);
    }
    uint64_t word = (uint64_t)divisor, rest;
    uint64_t high = high_half(number) / word;
    uint64_t low =
        divide_by_word(word ? high_half(number) % word : 0, (uint64_t)number, word, &rest);
    if (remainder) {
        *remainder = rest;
    }
    return join(high, low);
}

uint128_t __udivti3(uint128_t number, uint128_t divisor)
{
    return __udivmodti4(number, divisor, 0);
}

uint128_t __umodti3(uint128_t number, uint128_t divisor)
{
    uint128_t remainder;
    (void)__udivmodti4(number, divisor, &remainder);
    return remainder;
}

static uint128_t magnitude(int128_t value)
{
    return value < 0 ? -(uint128_t)value : (uint128_t)value;
}

/* Towards zero; the remainder has the sign of the number. */
int128_t __divmodti4(int128_t number, int128_t divisor, int128_t *remainder)
{
    uint128_t rest;
    uint128_t quotient = __udivmodti4(magnitude(number), magnitude(divisor), &rest);
    if (remainder) {
        *remainder = (int128_t)(number < 0 ? -rest : rest);
    }
    return (int128_t)((number < 0) != (divisor < 0) ? -quotient : quotient);
}

int128_t __divti3(int128_t number, int128_t divisor)
{
    return __divmodti4(number, divisor, 0);
}

int128_t __modti3(int128_t number, int128_t divisor)
{
    int128_t remainder;
    (void)__divmodti4(number, divisor, &remainder);
    return remainder;
}

int128_t __multi3(int128_t left, int128_t right)
{
    uint64_t a = (uint64_t)left, b = (uint64_t)right;
    uint64_t high = high_half((uint128_t)left) * b + a * high_half((uint128_t)right);
    return (int128_t)((uint128_t)a * b + join(high, 0));
}

int128_t __ashlti3(int128_t value, int count)
{
    uint64_t low = (uint64_t)value, high = high_half((uint128_t)value);
    if (count >= HALF) {
        return (int128_t)join(low << (count - HALF), 0);
    }
    return count == 0 ? value : (int128_t)join(high << count | low >> (HALF - count), low << count);
}

int128_t __lshrti3(int128_t value, int count)
{
    uint64_t low = (uint64_t)value, high = high_half((uint128_t)value);
    if (count >= HALF) {
        return (int128_t)join(0, high >> (count - HALF));
    }
    return count == 0 ? value
                      : (int128_t)join(high >> count, low >> count | high << (HALF - count));
}

int128_t __ashrti3(int128_t value, int count)
{
    uint64_t low = (uint64_t)value;
    int64_t high = (int64_t)high_half((uint128_t)value);
    if (count >= HALF) {
        return (int128_t)join((uint64_t)(high >> (HALF - 1)), (uint64_t)(high >> (count - HALF)));
    }
    low = count == 0 ? low : low >> count | (uint64_t)high << (HALF - count);
    return (int128_t)join((uint64_t)(high >> count), low);
}

int128_t __negti2(int128_t value)
{
    return (int128_t) - (uint128_t)value;
}

/* 0 for less, 1 for equal, 2 for greater. */
int __cmpti2(int128_t left, int128_t right)
{
    return (left > right) - (left < right) + 1;
}

int __ucmpti2(uint128_t left, uint128_t right)
{
    return (left > right) - (left < right) + 1;
}

int __clzsi2(uint32_t value)
{
    return leading_zeros(value) - 32;
}

int __clzdi2(uint64_t value)
{
    return leading_zeros(value);
}

int __clzti2(uint128_t value)
{
    uint64_t high = high_half(value);
    return high ? leading_zeros(high) : HALF + leading_zeros((uint64_t)value);
}

int __ctzsi2(uint32_t value)
{
    return trailing_zeros(value);
}

int __ctzdi2(uint64_t value)
{
    return trailing_zeros(value);
}

int __ctzti2(uint128_t value)
{
    uint64_t low = (uint64_t)value;
    return low ? trailing_zeros(low) : HALF + trailing_zeros(high_half(value));
}

int __ffssi2(uint32_t value)
{
    return value ? trailing_zeros(value) + 1 : 0;
}

int __ffsdi2(uint64_t value)
{
    return value ? trailing_zeros(value) + 1 : 0;
}

int __ffsti2(uint128_t value)
{
    return value ? __ctzti2(value) + 1 : 0;
}

int __popcountsi2(uint32_t value)
{
    return ones(value);
}

int __popcountdi2(uint64_t value)
{
    return ones(value);
}

int __popcountti2(uint128_t value)
{
    return ones((uint64_t)value) + ones(high_half(value));
}

int __paritysi2(uint32_t value)
{
    return ones(value) & 1;
}

int __paritydi2(uint64_t value)
{
    return ones(value) & 1;
}

int __parityti2(uint128_t value)
{
    return ones((uint64_t)value ^ high_half(value)) & 1;
}

uint32_t __bswapsi2(uint32_t value)
{
    return value >> 24 | (value >> 8 & 0xff00) | (value & 0xff00) << 8 | value << 24;
}

uint64_t __bswapdi2(uint64_t value)
{
    return (uint64_t)__bswapsi2((uint32_t)value) << 32 | __bswapsi2((uint32_t)(value >> 32));
}
