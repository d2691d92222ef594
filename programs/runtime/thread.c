/* Further threads of a program. */
#include "program.h"
#include "side_thread.h"

enum { STACK_SIZE = 64 << 10 };

status_t thread_run(void (*function)(void *), void *argument, handle_t *handle)
{
    const struct side_thread thread = {.function = function,
                                       .argument = argument,
                                       .account = program_handle("account"),
                                       .stack_size = STACK_SIZE,
                                       .priority = SIDE_THREAD_AS_MAKER};
    return side_thread_run(program_info, &thread, handle);
}
