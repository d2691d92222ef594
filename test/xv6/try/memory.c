/* What memory a program has, and what it may do with it. */

#include "machine.h"
#include "try.h"

static const uintptr_t outside[] = OUTSIDE_ADDRESSES;

static void read_at(uintptr_t address)
{
    (void)*(volatile char *)address;
}

static void write_at(uintptr_t address)
{
    *(volatile char *)address = 10;
}

static void jump_to(uintptr_t address)
{
    ((void (*)(void))address)();
}

/* Takes all memory there is, gives it back and can use it again. */
static void fill_heap(void)
{
    void **newest = NULL, **piece;

    while ((piece = allocate(10001)) != NULL) {
        *piece = newest;
        newest = piece;
    }
    expect(newest != NULL, "there is memory");
    while (newest != NULL) {
        piece = *newest;
        release(newest);
        newest = piece;
    }
    expect(allocate(20 * 1024) != NULL, "memory given back can be used");
}

void try_heap(void)
{
    if (start_child() == 0) {
        fill_heap();
        exit(0);
    }
    expect_children(1);
}

static void touch_gibibyte(uintptr_t nothing)
{
    char *memory = sbrk(1 << 30);

    (void)nothing;
    if (memory == SBRK_ERROR) {
        exit(KILLED);
    }
    for (uintptr_t offset = 0; offset < 1u << 30; offset += PAGE) {
        memory[offset] = 99;
    }
}

void try_sbrk_basic(void)
{
    char *expected = sbrk(0);

    expect_killed(touch_gibibyte, 0, "a gibibyte of memory");
    for (int i = 0; i < 5000; i++) {
        char *byte = sbrk(1);
        expect(byte == expected, "a byte more is behind the last");
        expect_is(*byte, 0, "new memory");
        *byte = 1;
        expected = byte + 1;
    }
    int pid = start_child();
    expect(sbrk(1) == expected && sbrk(1) == expected + 1, "it grows after fork");
    if (pid == 0) {
        exit(0);
    }
    expect_children(1);
}

/* Half of all memory; a page given back is new when it is had again. */
void try_sbrk_much(void)
{
    char *first = sbrk(0);
    int bytes = free_pages() / 2 * PAGE;

    expect(bytes > 0 && sbrk(bytes) == first, "half of the memory can be had");
    for (char *page = first; page < first + bytes; page += PAGE) {
        *page = 1;
    }
    char *last = first + bytes - 1;
    *last = 99;
    expect(sbrk(-PAGE) == first + bytes, "shrinking says where the end was");
    expect(sbrk(0) == first + bytes - PAGE, "and moves it");
    expect(sbrk(PAGE) == first + bytes - PAGE, "growing gives it back");
    expect_is(*last, 0, "memory had again");
    expect(sbrk(-bytes) == first + bytes && sbrk(0) == first, "all can be given back");
}

static int start_hoarder(int bytes, int told)
{
    int pid = fork();

    if (pid == 0) {
        write(told, sbrk(bytes) == SBRK_ERROR ? "0" : "1", 1);
        for (;;) {
            pause(1000);
        }
    }
    return pid;
}

/* More than there is, wanted by several. Who is refused keeps nothing of it. */
void try_sbrk_fail(void)
{
    int ends[2], pids[10], bytes = free_pages() / 4 * PAGE, refused = 0;
    char told;

    make_pipe(ends);
    for (int i = 0; i < COUNT(pids); i++) {
        pids[i] = start_hoarder(bytes, ends[1]);
        if (pids[i] > 0) {
            expect_is(read(ends[0], &told, 1), 1, "a child tells");
            refused += told == '0';
        }
    }
    char *page = sbrk(PAGE);
    for (int i = 0; i < COUNT(pids); i++) {
        if (pids[i] > 0) {
            kill(pids[i]);
            expect_is(child_status(), KILLED, "status of what was killed");
        }
    }
    expect(refused > 0, "ten quarters of the memory cannot be had");
    expect(page != SBRK_ERROR, "who was refused keeps nothing");
    expect(sbrk(bytes) != SBRK_ERROR, "what the killed had can be used");
}

/* Memory just had, lent to calls. */
void try_sbrk_lent(void)
{
    char *memory = sbrk(PAGE);
    int file = make_file("lent");

    remove_name("lent");
    expect_is(write(file, memory, PAGE), PAGE, "write of new memory");
    close(file);
    memory = sbrk(PAGE);
    expect_is(pipe((int *)(void *)memory), 0, "pipe to new memory");
}

static void shrink_to_nothing(uintptr_t nothing)
{
    (void)nothing;
    sbrk(-(int)(uintptr_t)sbrk(0));
}

static void shrink_to(uintptr_t size)
{
    sbrk((int)(size - (uintptr_t)sbrk(0)));
    sbrk(-10); /* frees no page */
}

/* Without any page, or without its code, a program ends at the next instruction. */
void try_sbrk_shrink(void)
{
    expect_killed(shrink_to_nothing, 0, "no memory at all");
    for (int i = 0; i < 2; i++) {
        if (start_child() == 0) {
            shrink_to(i == 0 ? 3500 : 10 * PAGE + 2048);
            exit(0);
        }
        int status = child_status();
        expect(status == 0 || status == KILLED, "a program with less memory ends");
    }
}

/* The last page, when the end was moved over its boundary and back. */
void try_sbrk_last(void)
{
    uintptr_t top = (uintptr_t)sbrk(0);

    sbrk((int)(page_up(top) - top));
    sbrk(PAGE);
    sbrk(10);
    sbrk(-20);
    char *name = sbrk(0) - 64;
    name[0] = 'x';
    name[1] = '\0';
    put_file(name, name, 1);
    int file = open(name, O_RDWR);
    name[0] = '\0';
    expect_is(read(file, name, 1), 1, "read to the last page");
    expect_is(name[0], 'x', "what is read");
    close(file);
    remove_name("x");
}

/* A number that is negative as an int of 32 bits, and lower than the program is large. */
void try_sbrk_8000(void)
{
    char *top = sbrk(0);

    expect(sbrk((int)0x80000004) == top, "what would end below zero is no error");
    expect(sbrk(0) == top, "but the end does not move");
    top[-1]++;
    expect(sbrk(-(int)(uintptr_t)top - 1) == top, "nor one byte below");
    expect(sbrk(0) == top, "and neither does it here");
    top[-1]++;
}

/* After fork each has memory of its own. */
void try_fork_memory(void)
{
    static int number = 1;
    int local = 1, *heap = (int *)(void *)sbrk(PAGE);

    *heap = 1;
    if (start_child() == 0) {
        number = local = *heap = 2;
        exit(number + local + *heap == 6 ? 0 : 1);
    }
    expect_children(1);
    expect_is(number + local + *(volatile int *)heap, 3, "memory of the parent");
}

static char zeroes[10000];

void try_bss(void)
{
    for (int i = 0; i < COUNT(zeroes); i++) {
        expect_is(((volatile char *)zeroes)[i], 0, "memory without contents in the file");
    }
}

static int deeper(int depth)
{
    volatile char frame[256];

    frame[0] = (char)depth;
    return depth == 0 ? 0 : deeper(depth - 1) + frame[0];
}

static void overflow(uintptr_t frames)
{
    deeper((int)frames);
}

/* Below the one page of the stack. */
void try_stack_guard(void)
{
    char local;
    uintptr_t bottom = page_up((uintptr_t)&local) - PAGE;

    read_at(bottom);
    expect_killed(read_at, bottom - 1, "read below the stack");
    expect_killed(write_at, bottom - 1, "write below the stack");
    expect_killed(read_at, bottom - PAGE, "read at the lower end of the guard");
    expect_killed(overflow, PAGE, "a stack that is too deep");
}

void try_above_break(void)
{
    uintptr_t end = page_up((uintptr_t)sbrk(0));

    expect_killed(read_at, end, "read behind the end");
    expect_killed(write_at, end, "write behind the end");
    expect_killed(jump_to, end, "jump behind the end");
    sbrk((int)(end + PAGE - (uintptr_t)sbrk(0)));
    write_at(end);
    sbrk(-PAGE);
    expect_killed(read_at, end, "read of memory given back");
}

void try_no_write(void)
{
    uintptr_t text = (uintptr_t)jump_to;

    expect_killed(write_at, 0, "write to the first byte of text");
    expect_killed(write_at, text, "write to a function");
    for (int i = 0; i < COUNT(outside); i++) {
        expect_killed(write_at, outside[i], "write to outside");
        expect_killed(read_at, outside[i], "read from outside");
        expect_killed(jump_to, outside[i] & ~(uintptr_t)3, "jump to outside");
    }
}

/* No cache has held instructions from there. */
static void run_copy(uintptr_t address)
{
    *(volatile uint32_t *)address = RETURN_INSTRUCTION;
    jump_to(address);
}

/* Neither the heap nor the stack holds instructions. */
void try_no_execute(void)
{
    uint32_t local[2] = {0};

    expect_killed(run_copy, (uintptr_t)sbrk(PAGE) + PAGE - 8, "an instruction on the heap");
    expect_killed(run_copy, (uintptr_t)local, "an instruction on the stack");
}

void try_kernel_memory(void)
{
    static const uintptr_t bases[] = KERNEL_ADDRESSES;

    for (int base = 0; base < COUNT(bases); base++) {
        for (uintptr_t offset = 0; offset < 2000000; offset += 50000) {
            expect_killed(read_at, bases[base] + offset, "read of the kernel");
        }
    }
}

/* From far above what a program has to the last bit. */
void try_powers_of_two(void)
{
    for (int bit = 28; bit < 64; bit++) {
        expect_killed(write_at, (uintptr_t)1 << bit, "write to a power of two");
        expect_killed(write_at, ((uintptr_t)1 << bit) - 1, "write below a power of two");
    }
}
