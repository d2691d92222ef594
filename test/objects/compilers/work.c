/*
 * Something of whatever makes compilers emit relocations or call helpers. answer_work() computes
 * one number, which is the same on every target, with every flag, and on the host.
 *
 * PLAIN leaves out what TinyCC does not have: thread-local data, constructors, atomics, 128 bits.
 */
#include <stddef.h>

#include "answer.h"

#ifdef __cplusplus
extern "C" {
#endif
extern uint64_t answer_absent(uint64_t value) __attribute__((weak));
extern int answer_absent_number __attribute__((weak));
#ifdef __cplusplus
}
#endif

struct record {
    uint64_t key;
    uint64_t filler[20];
    const char *name;
};

int answer_common[10];
static uint8_t bytes[300];
static uint64_t totals[4] = {1, 2, 3, 4};
static uint64_t *const total_pointers[] = {&totals[0], &totals[2], &totals[3]};
static const char *const names[] = {"zero", "one", "two", "three", "four"};
static const uint16_t table[] = {500, 400, 300, 200, 100};

static uint64_t twice(uint64_t value)
{
    return value * 2 + totals[1];
}

static uint64_t text_sum(uint64_t value)
{
    const char *text = names[value % 5];
    while (*text != '\0') {
        value = value * 31 + (uint8_t)*text++;
    }
    return value;
}

static uint64_t (*const functions[])(uint64_t) = {twice, text_sum};

static uint64_t pick(uint64_t which, uint64_t value) /* a jump table */
{
    switch (which) {
    case 0:
        return value * 3;
    case 1:
        return value ^ 0x55aa;
    case 2:
        return value + table[value % 5];
    case 3:
        return functions[value % 2](value);
    case 4:
        return (value << 3) | 1;
    case 5:
        return value / 7;
    case 6:
        return ~value;
    default:
        return value - which;
    }
}

static uint64_t use_memory(uint64_t seed)
{
    struct record records[8] = {{seed, {2}, names[1]}};
    uint64_t sum = 0;
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(bytes[i] + i * seed);
    }
    for (unsigned i = 1; i < 8; i++) {
        records[i] = records[i - 1]; /* memcpy */
        records[i].key += i;
    }
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        sum = sum * 131 + bytes[i];
    }
    for (int i = 0; i < 10; i++) {
        answer_common[i] += i;
        sum += (uint64_t)answer_common[i];
    }
    return sum + records[7].key + records[7].filler[0] + (uint8_t)records[7].name[2];
}

#ifdef PLAIN
static uint64_t use_helpers(uint64_t value)
{
    return value;
}
#else
#ifdef __cplusplus
#define THREAD thread_local
#else
#define THREAD _Thread_local
#endif
static THREAD uint64_t thread_counter = 40;
static THREAD uint32_t thread_zero[5];
static uint64_t order, shared_total;

__attribute__((constructor(200))) static void construct_second(void)
{
    order = order * 10 + 2;
}

__attribute__((constructor(101))) static void construct_first(void)
{
    order = order * 10 + 1;
}

static uint64_t use_helpers(uint64_t value)
{
    unsigned __int128 product = (unsigned __int128)value * (value | 1) * 3;
    thread_counter += value;
    thread_zero[3] += (uint32_t)thread_counter;
    value += __atomic_add_fetch(&shared_total, value, __ATOMIC_ACQ_REL);
    return (uint64_t)(product / (value | 3)) + thread_counter + thread_zero[3] + thread_zero[0] +
           order;
}
#endif

uint64_t answer_work(uint64_t seed)
{
    uint64_t sum = seed;
    for (uint64_t i = 0; i < 12; i++) {
        sum = pick(i, sum);
    }
    for (unsigned i = 0; i < 3; i++) {
        *total_pointers[i] += sum;
        sum ^= *total_pointers[i];
    }
    sum += use_memory(sum & 0xffff);
    if (answer_absent) {
        sum += answer_absent(sum);
    }
    if (&answer_absent_number != NULL) {
        sum += 1;
    }
    return use_helpers(sum);
}
