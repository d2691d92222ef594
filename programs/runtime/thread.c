/* Further threads of a program. */
#include "program.h"
#include "side_thread.h"

enum { STACK_SIZE = 64 << 10 };

status_t thread_run(void (*function)(void *), void *argument, handle_t *handle)
{
    struct side_thread thread = {function, argument, program_handle("account"), STACK_SIZE,
                                 SIDE_THREAD_AS_MAKER};
    return side_thread_run(program_info, &thread, handle);
}
