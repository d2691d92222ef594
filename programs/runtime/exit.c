/* Ends a program, by a call of exit() or the return from main(). */
#include <stdlib.h>
#include <unistd.h>

#include "program.h"

void exit(int code)
{
    void (*const *functions)(void) = (void (*const *)(void))(uintptr_t)program_info->fini_array;
    for (uint64_t i = program_info->fini_count; i > 0; i--) {
        functions[i - 1]();
    }
    _exit(code);
}

void _exit(int code)
{
    task_exit(code);
}

/* abort() of the C library raises SIGABRT first; there are no signals. */
void abort(void)
{
    static const int abort_status = 134; /* 128 + SIGABRT, as a shell shows it */
    stdio_flush();
    _exit(abort_status);
}
