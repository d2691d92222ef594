/* The clock, read without a system call from the counter and the time page, which the kernel maps
 * directly before libsys. */
#include "counter.h"
#include "libsys_exports.h"
#include "libsys_image.h"

#define MULTIPLIER_SHIFT 32

uint64_t clock_read(void)
{
    uintptr_t base = (uintptr_t)libsys_exports_start - EXPORTS_OFFSET;
    const struct time_page *page = (const struct time_page *)(base - LIMIT_PAGE_SIZE);
    uint64_t ticks = counter_read() - page->base;
    return (uint64_t)(((unsigned __int128)ticks * page->multiplier) >> MULTIPLIER_SHIFT);
}
