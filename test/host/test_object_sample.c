/*
 * What compilers make of C: an object for the loader whose entry computes one number, the same
 * on every target and with every flag. Compiled by test_object_matrix.py, run by
 * test_object_target.c. No floating point, no libc.
 */
#include <stdint.h>

#include <sinter/object.h>

SERVER_META(name, "sample");
SERVER_META(kind, PROGRAM);
SERVER_META(version, "1.0");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_DMA);
SERVER_META(provides, "sample 1.0");
SERVER_META(device, "test,first");
SERVER_META(device, "test,second");

struct sample_request {
    uint64_t sector;
    uint32_t count;
    uint16_t flags;
};
SHAPE(sample_request, "struct sample_request", 1, 0, sector, count, flags);

uint64_t host_mix(uint64_t a, uint64_t b) IMPORT("host_mix", "SYS_1.0", "5f3a91c2");
uint64_t host_call(uint64_t (*function)(uint64_t), uint64_t a)
    IMPORT("host_call", "SYS_1.2", "00c0ffee");
extern uint64_t host_absent(uint64_t a) __attribute__((weak));
extern int absent_variable __attribute__((weak));
uint64_t entry(uint64_t seed);

#ifdef __TINYC__
#define THREAD
#else
#define THREAD _Thread_local
#endif

static THREAD uint64_t thread_counter = 40;
THREAD uint32_t thread_zero[5];
THREAD uint8_t thread_byte = 7;
static THREAD uint64_t *thread_pointer = (uint64_t *)0;

int common_words[10]; /* common with -fcommon */
static uint8_t bytes[300];
static uint64_t totals[4] = {1, 2, 3, 4};
uint64_t *const total_pointers[] = {&totals[0], &totals[2], &totals[3]};
static const char *const names[] = {"zero", "one", "two", "three", "four"};
static const uint16_t table[] = {500, 400, 300, 200, 100};

static uint64_t order;

static void first(void)
{
    order = order * 10 + 1;
}

static void second(void)
{
    order = order * 10 + 2;
}

#ifdef __TINYC__
static void run_constructors(void)
{
    first();
    second();
}
#else
__attribute__((constructor(200))) static void construct_second(void)
{
    second();
}
__attribute__((constructor(101))) static void construct_first(void)
{
    first();
}
#define run_constructors() ((void)0)
#endif

#define APART __attribute__((noinline))

APART uint64_t pick(uint64_t which, uint64_t value)
{
    switch (which) { /* a jump table */
    case 0:
        return value * 3;
    case 1:
        return value ^ 0x55aa;
    case 2:
        return value + table[value % 5];
    case 3:
        return value - 77;
    case 4:
        return (value << 3) | 1;
    case 5:
        return value / 7;
    case 6:
        return ~value;
    case 7:
        return host_mix(value, 9);
    default:
        return value;
    }
}

APART static uint64_t text_sum(const char *text)
{
    uint64_t sum = 0;
    while (*text != '\0') {
        sum = sum * 31 + (uint8_t)*text++;
    }
    return sum;
}

static uint64_t twice(uint64_t value)
{
    return value * 2 + totals[1];
}

APART static uint64_t use_threads(uint64_t seed)
{
    thread_counter += seed;
    thread_zero[3] += (uint32_t)thread_counter;
    thread_byte = (uint8_t)(thread_byte + 3);
    thread_pointer = &thread_counter;
    return *thread_pointer + thread_zero[3] + thread_byte + thread_zero[0];
}

APART static uint64_t use_memory(uint64_t seed)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * seed);
    }
    struct sample_request copy[8] = {{seed, 2, 3}};
    for (unsigned i = 1; i < 8; i++) {
        copy[i] = copy[i - 1];
        copy[i].sector += i;
    }
    for (unsigned i = 0; i < sizeof(bytes); i += 7) {
        sum = sum * 131 + bytes[i];
    }
    for (int i = 0; i < 10; i++) {
        common_words[i] += i;
        sum += (uint64_t)common_words[i];
    }
    return sum + copy[7].sector + copy[7].count;
}

typedef uint64_t function_type(uint64_t);
function_type *const functions[] = {twice, use_threads};

uint64_t entry(uint64_t seed)
{
    run_constructors();
    uint64_t sum = seed + order;
    for (uint64_t i = 0; i < 12; i++) {
        sum = pick(i, sum);
    }
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        sum += text_sum(names[i]);
    }
    for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        sum += functions[i](sum & 0xff);
    }
    for (unsigned i = 0; i < 3; i++) {
        *total_pointers[i] += sum;
        sum ^= *total_pointers[i];
    }
    sum += use_memory(sum & 0xffff);
    sum += host_call(twice, sum);
    if (host_absent) {
        sum += host_absent(sum);
    }
    if (&absent_variable != 0) {
        sum += 1;
    }
    return host_mix(sum, host_call(twice, 5));
}
