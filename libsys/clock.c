/* The clock, read without a system call from the counter and the time page, which the kernel maps
 * directly before libsys. */
#include "counter.h"
#include "libsys_exports.h"
#include "libsys_image.h"

#define MULTIPLIER_SHIFT 32

static const struct time_page *time_page(void)
{
    uintptr_t base = (uintptr_t)libsys_exports_start - EXPORTS_OFFSET;
    return (const struct time_page *)(base - LIMIT_PAGE_SIZE);
}

uint64_t clock_read(void)
{
    const struct time_page *page = time_page();
    uint64_t ticks = counter_read() - page->base;
    return (uint64_t)(((unsigned __int128)ticks * page->multiplier) >> MULTIPLIER_SHIFT);
}

/* The kernel changes `wall` when a clock says the time. */
uint64_t clock_read_wall(void)
{
    uint64_t wall = *(const volatile uint64_t *)&time_page()->wall;
    return wall != 0 ? wall + clock_read() : 0;
}
