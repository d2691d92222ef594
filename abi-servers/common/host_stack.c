/* See host_stack.h. A place keeps its addresses, so the page below is taken out of them once. */
#include "host_stack.h"

#include "process.h"

enum { PLACES = 2 * PROCESSES + 8 }; /* a thread and a terminal each, and threads that are kept */

struct stack_place {
    uint8_t *below; /* null: it was never used */
    bool guarded, taken;
};

static struct stack_place places[PLACES];

/* What may not be had now, and is for good then. */
static status_t open_place(struct stack_place *place)
{
    if (place->below == NULL) {
        place->below = arena_reserve(&host.arena, PAGE + HOST_STACK_BYTES);
    }
    if (place->below == NULL) {
        return STATUS_FULL;
    }
    status_t status = STATUS_OK;
    if (!place->guarded) {
        status = space_unmap(0, (uint64_t)(uintptr_t)place->below, PAGE);
        place->guarded = status == STATUS_OK;
    }
    return status;
}

static struct stack_place *free_place(void)
{
    for (struct stack_place *place = places; place < places + PLACES; place++) {
        if (!place->taken) {
            return place;
        }
    }
    return NULL;
}

status_t host_stack_take(uint64_t *stack)
{
    struct stack_place *place = free_place();
    if (place == NULL) {
        return STATUS_FULL;
    }
    status_t status = open_place(place);
    if (status == STATUS_OK) {
        status = arena_commit(&host.arena, place->below + PAGE, HOST_STACK_BYTES);
    }
    if (status == STATUS_OK) {
        place->taken = true;
        *stack = (uint64_t)(uintptr_t)place->below + PAGE;
    }
    return status;
}

void host_stack_give(uint64_t stack)
{
    for (struct stack_place *place = places; place < places + PLACES; place++) {
        if (place->taken && (uint64_t)(uintptr_t)place->below + PAGE == stack) {
            arena_discard(&host.arena, place->below + PAGE, HOST_STACK_BYTES);
            place->taken = false;
        }
    }
}
