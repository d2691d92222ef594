/* Heapsort and binary search; see sort.h. */
#include "sort.h"

#include "bytes.h"

static void swap(struct sort_entry *a, struct sort_entry *b)
{
    struct sort_entry kept = *a;
    *a = *b;
    *b = kept;
}

/* Equal keys are ordered by value, so that the result does not depend on the algorithm. */
static bool below(const struct sort_entry *a, const struct sort_entry *b)
{
    return a->key < b->key || (a->key == b->key && a->value < b->value);
}

static void sift_down(struct sort_entry *entries, uint32_t at, uint32_t count)
{
    for (;;) {
        uint64_t child = 2 * (uint64_t)at + 1;
        if (child >= count) {
            return;
        }
        if (child + 1 < count && below(&entries[child], &entries[child + 1])) {
            child++;
        }
        if (!below(&entries[at], &entries[child])) {
            return;
        }
        swap(&entries[at], &entries[child]);
        at = (uint32_t)child;
    }
}

static bool is_sorted(const struct sort_entry *entries, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (below(&entries[i], &entries[i - 1])) {
            return false;
        }
    }
    return true;
}

void sort_entries(struct sort_entry *entries, uint32_t count)
{
    if (is_sorted(entries, count)) {
        return;
    }
    for (uint32_t i = count / 2; i > 0; i--) {
        sift_down(entries, i - 1, count);
    }
    for (uint32_t end = count; end > 1; end--) {
        swap(&entries[0], &entries[end - 1]);
        sift_down(entries, 0, end - 1);
    }
}

uint32_t sort_lower_bound(const struct sort_entry *entries, uint32_t count, uint64_t key)
{
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (entries[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_lower_bound(const struct sort_entry *entries, uint32_t count, uint64_t key,
                           uint32_t at)
{
    return at <= count && (at == 0 || entries[at - 1].key < key) &&
           (at == count || entries[at].key >= key);
}

uint32_t sort_lower_bound_near(const struct sort_entry *entries, uint32_t count, uint64_t key,
                               uint32_t near)
{
    for (uint32_t at = near; at <= near + 1; at++) {
        if (is_lower_bound(entries, count, key, at)) {
            return at;
        }
    }
    return sort_lower_bound(entries, count, key);
}
