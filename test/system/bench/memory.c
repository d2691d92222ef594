/*
 * Mapping a page that the memory object holds already. The kernel's tree of mappings is as deep at
 * one random address as it happens to be, so the row is the mean of several.
 */
#include "bench.h"

#define ADDRESSES    200
#define WARM_AT_EACH 10

static handle_t memory;
static uint64_t mapped;

static bool map_again(void)
{
    bool done = space_unmap(0, mapped, PAGE) == STATUS_OK &&
                space_map(0, memory, mapped, 0, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED, &mapped) ==
                    STATUS_OK;
    if (done) {
        *(volatile uint64_t *)at(mapped) = 1;
    }
    return done;
}

static uint64_t measure_somewhere(void)
{
    if (space_map(0, memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &mapped) != STATUS_OK) {
        give_up("no page can be mapped");
    }
    (void)measure_loop(map_again, WARM_AT_EACH);
    uint64_t total = measure_loop(map_again, ROUNDS / ADDRESSES);
    unmap(mapped, PAGE);
    return total;
}

void bench_memory(void)
{
    uint64_t total = 0;
    if (memory_create(environment.account, PAGE, 0, &memory) != STATUS_OK) {
        give_up("no memory");
    }
    for (unsigned i = 0; i < ADDRESSES; i++) {
        total += measure_somewhere();
    }
    report_total("page_unmap_map", total);
}
