/*
 * Loads objects with the relocation core and really runs them: a freestanding Linux program for
 * a target, run under qemu-user by test_object_matrix.py. `test_object_target FILE SEED MODE`
 * prints the number that the object's `entry` computes. MODE: near (groups side by side), far
 * (as far apart as the object allows), low (below two gigabytes).
 */
#include <stddef.h>
#include <stdint.h>

#include "object.h"

typedef uint64_t entry_function(uint64_t seed);

/* Linux, as far as needed: the same numbers on both targets. */
enum {
    SYS_OPENAT = 56,
    SYS_READ = 63,
    SYS_WRITE = 64,
    SYS_EXIT = 93,
    SYS_MMAP = 222,
    SYS_MPROTECT = 226
};
enum {
    AT_FDCWD = -100,
    PROT_READ = 1,
    PROT_WRITE = 2,
    PROT_EXEC = 4,
    MAP_PRIVATE = 2,
    MAP_ANONYMOUS = 0x20,
    MAP_FIXED_NOREPLACE = 0x100000
};

#if defined(__riscv)
#define MACHINE OBJECT_RISCV64

__asm__(".globl _start\n_start:\n .option push\n .option norelax\n"
        " la gp, __global_pointer$\n .option pop\n mv a0, sp\n andi sp, sp, -16\n call start\n");

static long system_call(long number, long a, long b, long c, long d, long e)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = 0;
    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                     : "memory");
    return a0;
}

static void set_thread(uint64_t pointer)
{
    __asm__ volatile("mv tp, %0\n fence.i" : : "r"(pointer) : "memory");
}
#else
#define MACHINE OBJECT_AARCH64

__asm__(".globl _start\n_start:\n mov x0, sp\n bl start\n");

static long system_call(long number, long a, long b, long c, long d, long e)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = 0;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
                     : "memory");
    return x0;
}

static void set_thread(uint64_t pointer)
{
    __asm__ volatile("msr tpidr_el0, %0\n isb" : : "r"(pointer) : "memory");
}
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    volatile uint8_t *at = to;
    const uint8_t *source = from;
    while (bytes-- > 0) {
        *at++ = *source++;
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    volatile uint8_t *at = to;
    while (bytes-- > 0) {
        *at++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    for (; bytes > 0; bytes--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    const volatile char *end = text;
    while (*end != '\0') {
        end++;
    }
    return (size_t)(end - text);
}

static bool is(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && memcmp(a, b, strlen(a)) == 0;
}

static void say(int file, const char *text)
{
    system_call(SYS_WRITE, file, (long)text, (long)strlen(text), 0, 0);
    system_call(SYS_WRITE, file, (long)"\n", 1, 0, 0);
}

_Noreturn static void end(long status)
{
    for (;;) {
        system_call(SYS_EXIT, status, 0, 0, 0, 0);
    }
}

_Noreturn static void die(const char *what)
{
    say(2, what);
    end(1);
}

static uint64_t host_mix(uint64_t a, uint64_t b)
{
    return (a ^ (b << 7)) * 0x9e3779b97f4a7c15u + b;
}

static uint64_t host_call(uint64_t (*function)(uint64_t), uint64_t a)
{
    return function(a) + 1;
}

static const struct {
    const char *name;
    uint16_t major, minor;
    uint32_t fingerprint;
    uintptr_t address;
} known[] = {
    {"host_mix", 1, 0, 0x5f3a91c2, (uintptr_t)host_mix},
    {"host_call", 1, 2, 0x00c0ffee, (uintptr_t)host_call},
    {"memset", 0, 0, 0, (uintptr_t)memset},
    {"memcpy", 0, 0, 0, (uintptr_t)memcpy},
    {"memmove", 0, 0, 0, (uintptr_t)memcpy},
};

static enum object_binding_result resolve(void *context, const struct object_import *import,
                                          struct object_binding *binding)
{
    (void)context;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == import->name_length &&
            memcmp(known[i].name, import->name, import->name_length) == 0 &&
            known[i].major == import->major && known[i].minor == import->minor &&
            known[i].fingerprint == import->fingerprint) {
            binding->address = known[i].address;
            return OBJECT_BOUND;
        }
    }
    return OBJECT_UNKNOWN;
}

static void *map(uint64_t address, uint64_t size, long flags)
{
    long mode = MAP_PRIVATE | MAP_ANONYMOUS | flags;
    long at = system_call(SYS_MMAP, (long)address, (long)size, PROT_READ | PROT_WRITE, mode, -1);
    if (at < 0 || (address != 0 && (uint64_t)at != address)) {
        die("cannot map memory");
    }
    return (void *)at;
}

static void *read_file(const char *path, size_t *size)
{
    const long most = 16 << 20;
    uint8_t *bytes = map(0, (uint64_t)most, 0);
    long file = system_call(SYS_OPENAT, AT_FDCWD, (long)path, 0, 0, 0);
    long got = 1;
    for (*size = 0; got > 0; *size += (size_t)got) {
        got = system_call(SYS_READ, file, (long)(bytes + *size), most - (long)*size, 0, 0);
    }
    if (got < 0) {
        die("cannot read the object");
    }
    return bytes;
}

/* Addresses for the groups: side by side, or spread over the permitted span. */
static void choose(const struct object *object, const char *mode, uint64_t seed,
                   uint64_t address[OBJECT_GROUPS])
{
    bool low = is(mode, "low") || object->constraint.limit < 1ull << 33;
    uint64_t at = (low ? 0x30000000ull : 0x2000000000ull) + (seed % 512) * 0x10000;
    uint64_t total = 0;
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        total += (object->group[i].size + 0xffff) & ~0xffffull;
    }
    uint64_t spare = object->constraint.span - total - 0x30000;
    uint64_t step = is(mode, "far") && !low ? (spare / 2) & ~0xffffull : 0;
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        int g = (int)((seed + (uint64_t)i) % OBJECT_GROUPS);
        address[g] = at;
        at += ((object->group[g].size + 0xffff) & ~0xffffull) + step;
    }
}

static uint64_t make_thread(const struct object *object)
{
    const struct object_tls *tls = &object->tls;
    uint64_t align = tls->align < 16 ? 16 : tls->align;
    uint64_t block = (uint64_t)map(0, tls->tp_offset + tls->size + 2 * align, 0);
    uint64_t thread = (block + align - 1) & ~(align - 1);
    memcpy((void *)(thread + tls->tp_offset), (const void *)tls->template_address,
           tls->template_size);
    return thread;
}

static void run_array(const struct object_array *array)
{
    const uint64_t *function = (const uint64_t *)array->address;
    for (uint64_t i = 0; i < array->count; i++) {
        ((void (*)(void))function[i])();
    }
}

static void load(struct object *object, const char *path, uint64_t seed, const char *mode,
                 struct refusal *refusal)
{
    size_t size;
    void *bytes = read_file(path, &size);
    size_t workspace = object_workspace_size(bytes, size);
    uint64_t address[OBJECT_GROUPS];
    void *image[OBJECT_GROUPS] = {NULL};
    if (!object_open(object, path, bytes, size, MACHINE, map(0, workspace, 0), workspace,
                     refusal) ||
        !object_layout(object, seed, refusal)) {
        die(refusal->text);
    }
    choose(object, mode, seed, address);
    if (!object_place(object, address, refusal)) {
        die(refusal->text);
    }
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        uint64_t bytes_needed = object->group[i].size;
        image[i] = bytes_needed == 0 ? NULL : map(address[i], bytes_needed, MAP_FIXED_NOREPLACE);
    }
    if (!object_relocate(object, image, resolve, NULL, refusal)) {
        die(refusal->text);
    }
    for (int i = 0; i < OBJECT_DATA; i++) {
        long rights = i == OBJECT_TEXT ? PROT_READ | PROT_EXEC : PROT_READ;
        long length = (long)((object->group[i].size + OBJECT_PAGE - 1) & -OBJECT_PAGE);
        if (length != 0 && system_call(SYS_MPROTECT, (long)image[i], length, rights, 0, 0) != 0) {
            die("cannot protect a group");
        }
    }
}

static uint64_t parse(const char *digits)
{
    uint64_t value = 0;
    for (; *digits != '\0'; digits++) {
        value = value * 10 + (uint64_t)(*digits - '0');
    }
    return value;
}

_Noreturn void start(const uint64_t *stack)
{
    static struct object object;
    static struct refusal refusal;
    const char *const *argv = (const char *const *)(stack + 1);
    uint64_t entry;
    struct object_location location;
    char line[32];
    if (stack[0] != 4) {
        die("usage: test_object_target FILE SEED MODE");
    }
    load(&object, argv[1], parse(argv[2]), argv[3], &refusal);
    if (!object_find_function(&object, "entry", &entry) ||
        !object_symbolise(&object, entry + 4, &location) || location.offset != 4 ||
        !is(location.name, "entry")) {
        die("no entry");
    }
    set_thread(make_thread(&object));
    run_array(&object.arrays.preinit);
    run_array(&object.arrays.init);
    uint64_t result = ((entry_function *)entry)(12345);
    text_format(line, sizeof(line), "%llu", (unsigned long long)result);
    say(1, line);
    end(0);
}
