/*
 * Sorting and searching of (key, value) pairs: heapsort, so that no hostile order costs more
 * than n log n, without recursion or extra memory. What is in order already is only looked at.
 */
#ifndef LOADER_CORE_SORT_H
#define LOADER_CORE_SORT_H

#include <stdint.h>

struct sort_entry {
    uint64_t key;
    uint64_t value;
};

void sort_entries(struct sort_entry *entries, uint32_t count);

/* Number of entries, sorted by key, whose key is below `key`. */
uint32_t sort_lower_bound(const struct sort_entry *entries, uint32_t count, uint64_t key);

/* The same, found at once when it is `near` or the next: for keys that mostly come in order. */
uint32_t sort_lower_bound_near(const struct sort_entry *entries, uint32_t count, uint64_t key,
                               uint32_t near);

#endif
