/*
 * The heap: one zero-fill memory object, mapped whole at the first request. A page is charged when
 * it is first written, so the range costs address space only.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "program.h"

#define HEAP_SIZE ((uint64_t)64 << 20)

static handle_t heap_account;
static uint64_t heap_base; /* 0: not mapped yet */
static uint64_t heap_used;

void heap_start(handle_t account)
{
    heap_account = account;
}

static status_t heap_map(void)
{
    handle_t memory;
    status_t status = memory_create(heap_account, HEAP_SIZE, 0, &memory);
    if (status != STATUS_OK) {
        return status;
    }
    status = space_map(0, memory, 0, 0, HEAP_SIZE, MAP_READ | MAP_WRITE, &heap_base);
    status_ignore(handle_close(memory));
    return status;
}

void *sbrk(ptrdiff_t change)
{
    if (heap_base == 0 && heap_map() != STATUS_OK) {
        errno = ENOMEM;
        return (void *)-1;
    }
    uint64_t grown = heap_used + (uint64_t)change; /* wraps below 0 for a shrink too large */
    if (grown > HEAP_SIZE) {
        errno = ENOMEM;
        return (void *)-1;
    }
    void *before = (void *)(uintptr_t)(heap_base + heap_used);
    heap_used = grown;
    return before;
}
