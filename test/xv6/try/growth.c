/* Memory that is promised and had when it is first used. Before 2025 xv6 has none: there the call
 * is the same as without, and is refused if there is not enough. */

#include "try.h"

#define REGION (1 << 30) /* more than any machine of the tests has */

/* NULL if this xv6 has none. */
static char *lazy_region(void)
{
    char *memory = sbrk_lazy(REGION);

    if (memory == SBRK_ERROR) {
        note("no memory that is had when it is used");
        return NULL;
    }
    return memory;
}

/* Between two of those that are touched. A quarter of what is free is enough for a test, with the
 * tables that such distances take. */
static uintptr_t distance(void)
{
    int touches = free_pages() / 4;

    expect(touches > 0, "there is free memory");
    return page_up(REGION / (uintptr_t)(touches > 4096 ? 4096 : touches));
}

void try_lazy_touch(void)
{
    uintptr_t step = distance();
    char *memory = lazy_region();

    for (uintptr_t offset = PAGE; memory != NULL && offset < REGION; offset += step) {
        uintptr_t *word = (uintptr_t *)(void *)(memory + offset);
        expect_is((long)*word, 0, "memory that is touched first");
        *word = (uintptr_t)word;
    }
    for (uintptr_t offset = PAGE; memory != NULL && offset < REGION; offset += step) {
        expect(*(uintptr_t *)(void *)(memory + offset) == (uintptr_t)memory + offset,
               "memory keeps what was written");
    }
}

static void touch(uintptr_t address)
{
    *(volatile char *)address = 1;
}

static void give_back_and_touch(uintptr_t address)
{
    if (sbrk_lazy(-REGION) == SBRK_ERROR) {
        exit(2);
    }
    touch(address);
}

void try_lazy_free(void)
{
    uintptr_t step = PAGE * PAGE;
    char *memory = lazy_region();

    for (uintptr_t offset = PAGE; memory != NULL && offset < REGION; offset += step) {
        touch((uintptr_t)memory + offset);
    }
    for (uintptr_t offset = PAGE; memory != NULL && offset < REGION; offset += step) {
        expect_killed(give_back_and_touch, (uintptr_t)memory + offset, "touch after giving back");
    }
}

/* Calls reach such memory as the program does. */
void try_lazy_copy(void)
{
    char *memory = lazy_region();
    int ends[2];

    if (memory == NULL) {
        return;
    }
    if (open(memory + 2 * PAGE, O_RDONLY) < 0) { /* the empty path: where the process is */
        note("no path in memory that is had when it is used");
    }
    put_file("promised", memory + 5 * PAGE - 8, 16);
    int file = open("promised", O_RDONLY);
    expect_is(read(file, memory + 9 * PAGE - 8, 16), 16, "read over a boundary of pages");
    for (int i = -8; i < 8; i++) {
        expect_is(memory[9 * PAGE + i], 0, "a byte of promised memory");
    }
    close(file);
    remove_name("promised");
    make_pipe(ends);
    expect_is(write(ends[1], memory + 20 * PAGE, 10), 10, "write to a pipe");
    expect_is(read(ends[0], memory + 30 * PAGE - 5, 10), 10, "read from a pipe");
    expect_is(pipe((int *)(void *)(memory + 40 * PAGE - 4)), 0, "pipe over a boundary of pages");
}

/* The child has what was touched and what was not. */
void try_lazy_fork(void)
{
    char *memory = lazy_region();

    if (memory == NULL) {
        return;
    }
    memory[PAGE] = 'p';
    if (start_child() == 0) {
        expect_is(memory[PAGE], 'p', "memory that the parent touched");
        expect_is(memory[3 * PAGE], 0, "memory that nobody touched");
        memory[PAGE] = memory[3 * PAGE] = 'c';
        exit(0);
    }
    expect_children(1);
    expect_is(memory[PAGE], 'p', "memory that the child wrote to");
    expect_is(memory[3 * PAGE], 0, "memory that the child touched");
}

static void touch_all(uintptr_t address)
{
    for (uintptr_t offset = 0; offset < REGION; offset += PAGE) {
        touch(address + offset);
    }
}

/* More was promised than there is: who touches it ends, the others go on. */
void try_lazy_too_much(void)
{
    char *memory = lazy_region();

    if (memory != NULL) {
        expect_killed(touch_all, (uintptr_t)memory, "touch of more than there is");
    }
}

/* Somewhere it ends, below 2^40 bytes, and what was had until there can be used and given back. */
void try_lazy_end(void)
{
    char *first = sbrk(0), *memory, *last = first;
    int regions = 0;

    while (regions < 1024 && (memory = sbrk_lazy(REGION)) != SBRK_ERROR) {
        last = memory;
        regions++;
    }
    expect(regions < 1024, "no more is promised than there are addresses");
    touch((uintptr_t)last);
    while (regions-- > 0) {
        expect(sbrk(-REGION) != SBRK_ERROR, "what was promised can be given back");
    }
    expect(sbrk(0) == first, "the end is where it was");
}
