/* Further threads: see side_thread.h. What one begins with lies at the top of its stack. */
#include "side_thread.h"

#include <stddef.h>

enum { GAP = LIMIT_PAGE_SIZE };

struct beginning {
    void (*function)(void *);
    void *argument;
};
_Static_assert(sizeof(struct beginning) % 16 == 0, "a stack pointer stays aligned");

static void begin(struct beginning *beginning)
{
    beginning->function(beginning->argument);
    thread_exit();
}

static status_t map_stack(const struct side_thread *what, uint64_t *low)
{
    handle_t memory;
    uint64_t mapped;
    status_t status = memory_create(what->account, what->stack_size + GAP, 0, &memory);
    if (status != STATUS_OK) {
        return status;
    }
    if (what->stack_is_whole) {
        status = memory_commit(memory, GAP, what->stack_size);
    }
    if (status == STATUS_OK) {
        status = space_map(0, memory, 0, 0, what->stack_size + GAP, MAP_READ | MAP_WRITE, &mapped);
    }
    status_ignore(handle_close(memory));
    if (status == STATUS_OK) {
        status = space_unmap(0, mapped, GAP);
        *low = mapped + GAP;
    }
    return status;
}

static status_t create_at_most(uint32_t priority, handle_t *thread, uint64_t *page)
{
    status_t status = thread_create(0, priority, thread, page);
    while (status == STATUS_BAD_ARGUMENT && priority > 0) {
        status = thread_create(0, --priority, thread, page);
    }
    return status;
}

/* Below the thread's own storage. */
static status_t start(const struct start_info *info, const struct side_thread *what,
                      handle_t thread, uint64_t page, uint64_t low)
{
    uint64_t tls;
    uint8_t *sp = thread_setup(info, (void *)(uintptr_t)page,
                               (void *)(uintptr_t)(low + what->stack_size), &tls);
    struct beginning *beginning = (struct beginning *)(void *)(sp - sizeof(*beginning));
    *beginning = (struct beginning){what->function, what->argument};
    return thread_start(thread, (uint64_t)(uintptr_t)begin, (uint64_t)(uintptr_t)beginning,
                        (uint64_t)(uintptr_t)beginning, tls);
}

status_t side_thread_run_on(const struct start_info *info, const struct side_thread *what,
                            uint64_t stack, handle_t *thread)
{
    uint64_t page;
    handle_t made = 0;
    status_t status = create_at_most(what->priority, &made, &page);
    if (status == STATUS_OK) {
        status = start(info, what, made, page, stack);
    }
    if (status == STATUS_OK && thread != NULL) {
        *thread = made;
    } else if (made != 0) {
        status_ignore(handle_close(made));
    }
    return status;
}

status_t side_thread_run(const struct start_info *info, const struct side_thread *what,
                         handle_t *thread)
{
    uint64_t low;
    status_t status = map_stack(what, &low);
    if (status != STATUS_OK) {
        return status;
    }
    status = side_thread_run_on(info, what, low, thread);
    if (status != STATUS_OK) {
        status_ignore(space_unmap(0, low, what->stack_size));
    }
    return status;
}

bool side_thread_has_ended(handle_t thread)
{
    uint32_t state = THREAD_NEW;
    return thread_info(thread, &state, NULL, NULL, NULL) == STATUS_OK && state == THREAD_DEAD;
}
