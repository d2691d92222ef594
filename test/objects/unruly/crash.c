/* Crashes through functions whose names tests look for in the backtrace. */
#include "unruly.h"

/* Only the attribute and the work after the call keep each function a frame of its own. */
__attribute__((noinline)) static int unruly_innermost(volatile int *nowhere)
{
    *nowhere = 1;
    return *nowhere;
}

__attribute__((noinline)) static int unruly_middle(volatile int *nowhere)
{
    return unruly_innermost(nowhere) + 1;
}

__attribute__((noinline)) static int unruly_outermost(void)
{
    volatile int *volatile nowhere = NULL;
    return unruly_middle(nowhere) + 1;
}

int crash_at_once(struct server *server)
{
    (void)server;
    return unruly_outermost();
}

int crash_when_ready(struct server *server)
{
    if (server_ready(server) != STATUS_OK) {
        return 1;
    }
    log_line("about to crash");
    return unruly_outermost();
}

/* Only what comes after the call keeps it from becoming a loop; the compiler cannot know its end.
 */
__attribute__((noinline)) static uint64_t unruly_deeper(volatile uint64_t *above)
{
    volatile uint64_t here[64];
    here[0] = *above + 1;
    if (here[0] == 0) {
        return 0;
    }
    return unruly_deeper(here) + here[0];
}

int crash_by_stack(struct server *server)
{
    volatile uint64_t depth = 0;
    (void)server;
    return (int)unruly_deeper(&depth);
}
