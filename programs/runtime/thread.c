/*
 * Further threads of a program. What one needs to begin lies at the low end of its stack.
 */
#include "program.h"

#define THREAD_STACK_SIZE ((uint64_t)64 << 10)

struct thread_start {
    void (*function)(void *);
    void *argument;
};

static void thread_main(struct thread_start *start)
{
    start->function(start->argument);
    thread_exit();
}

static status_t stack_map(uint64_t *base)
{
    handle_t memory;
    status_t status = memory_create(program_handle("account"), THREAD_STACK_SIZE, 0, &memory);
    if (status != STATUS_OK) {
        return status;
    }
    status = space_map(0, memory, 0, 0, THREAD_STACK_SIZE, MAP_READ | MAP_WRITE, base);
    status_ignore(handle_close(memory));
    return status;
}

/* A thread may not be above its maker, whose priority the supervisor has chosen. */
static status_t create_below(handle_t *thread, uint64_t *page)
{
    status_t status = STATUS_BAD_ARGUMENT;
    for (uint32_t priority = PROGRAM_PRIORITY + 1; priority > 0 && status == STATUS_BAD_ARGUMENT;
         priority--) {
        status = thread_create(0, priority - 1, thread, page);
    }
    return status;
}

status_t thread_run(void (*function)(void *), void *argument, handle_t *handle)
{
    uint64_t base;
    handle_t thread;
    uint64_t page;
    status_t status = stack_map(&base);
    if (status != STATUS_OK) {
        return status;
    }
    status = create_below(&thread, &page);
    if (status == STATUS_OK) {
        struct thread_start *start = (struct thread_start *)(uintptr_t)base;
        *start = (struct thread_start){function, argument};
        uint64_t tls;
        void *top = thread_setup(program_info, (void *)(uintptr_t)page,
                                 (void *)(uintptr_t)(base + THREAD_STACK_SIZE), &tls);
        status = thread_start(thread, (uint64_t)(uintptr_t)thread_main, (uint64_t)(uintptr_t)top,
                              base, tls);
        if (status == STATUS_OK && handle != NULL) {
            *handle = thread;
        } else {
            status_ignore(handle_close(thread));
        }
    }
    if (status != STATUS_OK) {
        status_ignore(space_unmap(0, base, THREAD_STACK_SIZE));
    }
    return status;
}
