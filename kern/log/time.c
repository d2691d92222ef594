/*
 * Time in nanoseconds and in ticks of the counter; see kern/time.h.
 */
#include <kern/time.h>

#include <arch/clock.h>

#define NANOSECONDS UINT64_C(1000000000)

static uint64_t counter_base, counter_hz;

void time_init(uint64_t hz)
{
    counter_hz = hz;
    counter_base = clock_counter();
}

uint64_t time_base(void)
{
    return counter_base;
}

uint64_t time_ticks(uint64_t nanoseconds)
{
    uint64_t seconds = nanoseconds / NANOSECONDS;
    uint64_t rest = nanoseconds % NANOSECONDS;

    if (seconds > (~UINT64_C(0) >> 1) / counter_hz) {
        return ~UINT64_C(0) >> 1;
    }
    return seconds * counter_hz + (rest * counter_hz + NANOSECONDS - 1) / NANOSECONDS;
}

uint64_t time_nanoseconds(uint64_t ticks)
{
    return ticks / counter_hz * NANOSECONDS + ticks % counter_hz * NANOSECONDS / counter_hz;
}

uint64_t time_from_counter(uint64_t counter)
{
    return time_nanoseconds(counter - counter_base);
}

/* One tick later than exact, so that clock_read() never shows less than the deadline. */
uint64_t time_to_counter(uint64_t nanoseconds)
{
    return nanoseconds == ~UINT64_C(0) ? nanoseconds : counter_base + time_ticks(nanoseconds) + 1;
}
