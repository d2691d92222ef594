/* Tracing on and off: see capture.h. */
#include "capture.h"

#include <stdlib.h>

#include "program.h"

#define MEBIBYTE    (UINT64_C(1) << 20)
#define RING_BYTES  (UINT64_C(128) << 10) /* of a CPU */
#define STORE_MOST  (16 * MEBIBYTE)
#define STORE_SHARE 8 /* of the free memory, at most */

static status_t map(uint64_t size, uint32_t flags, handle_t *memory, uint64_t *address)
{
    status_t status = memory_create(program_handle("account"), size, flags, memory);
    if (status == STATUS_OK) {
        status = space_map(0, *memory, 0, 0, size, MAP_READ | MAP_WRITE, address);
    }
    return status;
}

/* Room for what is kept, allocated now: a page that cannot be had later would be a fault. */
static status_t make_store(struct capture *capture, uint64_t pages_free)
{
    handle_t memory = 0;
    uint64_t address = 0;
    uint64_t size = pages_free * LIMIT_PAGE_SIZE / STORE_SHARE & ~(MEBIBYTE - 1);
    size = size < MEBIBYTE ? MEBIBYTE : size < STORE_MOST ? size : STORE_MOST;
    status_t status = map(size, 0, &memory, &address);
    for (uint64_t at = 0; at < size && status == STATUS_OK; at += MEBIBYTE) {
        status = memory_commit(memory, at, MEBIBYTE);
    }
    capture->records = (struct trace_record *)(uintptr_t)address;
    capture->room = (size_t)(size / sizeof(struct trace_record));
    return status;
}

status_t capture_begin(struct capture *capture, uint32_t kinds)
{
    uint64_t address = 0;
    uint64_t records = 0;
    uint64_t pages_free = 0;
    *capture = (struct capture){0};
    status_t status = system_info(&capture->cpus, NULL, &pages_free, NULL, NULL);
    if (status == STATUS_OK) {
        status = make_store(capture, pages_free);
    }
    if (status == STATUS_OK) {
        status = map(capture->cpus * RING_BYTES, MEMORY_CONTIGUOUS, &capture->memory, &address);
    }
    if (status == STATUS_OK) {
        status = trace_set(program_handle("machine"), capture->memory, kinds, &records);
    }
    for (uint64_t i = 0; i < capture->cpus && i < CAPTURE_CPUS; i++) {
        capture->rings[i].records =
            (const volatile struct trace_record *)(uintptr_t)address + i * records;
        capture->rings[i].count = records;
    }
    return status;
}

void capture_take(struct capture *capture)
{
    for (uint64_t i = 0; i < capture->cpus && i < CAPTURE_CPUS; i++) {
        struct trace_record record;
        while (ring_take(&capture->rings[i], &record)) {
            if (capture->count < capture->room) {
                capture->records[capture->count++] = record;
            } else {
                capture->dropped++;
            }
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const struct trace_record *first = a;
    const struct trace_record *second = b;
    if (first->time != second->time) {
        return first->time < second->time ? -1 : 1;
    }
    if (first->cpu != second->cpu) {
        return first->cpu < second->cpu ? -1 : 1;
    }
    return first->sequence < second->sequence ? -1 : 1;
}

void capture_end(struct capture *capture)
{
    status_ignore(trace_set(program_handle("machine"), capture->memory, 0, NULL));
    capture_take(capture);
    qsort(capture->records, capture->count, sizeof(capture->records[0]), by_time);
}

uint64_t capture_lost(const struct capture *capture)
{
    uint64_t lost = capture->dropped;
    for (uint64_t i = 0; i < capture->cpus && i < CAPTURE_CPUS; i++) {
        lost += capture->rings[i].lost;
    }
    return lost;
}
