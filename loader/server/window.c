/*
 * The loader's own mappings: see window.h.
 */
#include "window.h"

#define PAGE ((uint64_t)LIMIT_PAGE_SIZE)

enum { CANDIDATES = 8 };
#define WINDOW_SIZE ((uint64_t)1 << 30)

static struct {
    uint64_t start;
    uint64_t used;
} window;

static bool holds(uint64_t start, uint64_t address)
{
    return address - start < WINDOW_SIZE;
}

void window_init(const struct start_info *info)
{
    uint64_t taken[] = {(uint64_t)(uintptr_t)info, info->message_page, info->reserved[0],
                        (uint64_t)(uintptr_t)&taken};
    for (uint64_t i = 1; i <= CANDIDATES; i++) {
        bool free = true;
        for (size_t j = 0; j < sizeof(taken) / sizeof(taken[0]); j++) {
            free = free && !holds(i * WINDOW_SIZE, taken[j]);
        }
        if (free) {
            window.start = i * WINDOW_SIZE;
            return;
        }
    }
}

status_t window_map(handle_t memory, uint64_t offset, uint64_t size, uint32_t protection, void **at)
{
    uint64_t skew = offset % PAGE;
    uint64_t length = (skew + size + PAGE - 1) & ~(PAGE - 1);
    uint64_t mapped;
    if (size == 0 || size > WINDOW_SIZE || length > WINDOW_SIZE - window.used) {
        return STATUS_NO_SPACE;
    }
    status_t status = space_map(0, memory, window.start + window.used, offset - skew, length,
                                protection | MAP_FIXED, &mapped);
    if (status == STATUS_OK) {
        window.used += length;
        *at = (void *)(uintptr_t)(mapped + skew);
    }
    return status;
}

status_t window_allocate(handle_t account, uint64_t size, void **at)
{
    handle_t memory;
    status_t status = memory_create(account, size, 0, &memory);
    if (status != STATUS_OK) {
        return status;
    }
    status = window_map(memory, 0, size, MAP_READ | MAP_WRITE, at);
    status_ignore(handle_close(memory)); /* the mapping keeps it */
    return status;
}

void window_clear(void)
{
    if (window.used != 0) {
        status_ignore(space_unmap(0, window.start, window.used));
        window.used = 0;
    }
}
