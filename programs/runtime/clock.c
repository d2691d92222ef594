/*
 * Time: nanoseconds since boot, the only clock there is. POSIX's clock_gettime() is left out: the
 * declarations of <time.h> that come with it collide with the system's timer_create().
 */
#include <sys/time.h>
#include <unistd.h>

#include "program.h"

#define NANOSECONDS                UINT64_C(1000000000)
#define NANOSECONDS_IN_MICROSECOND UINT64_C(1000)

int gettimeofday(struct timeval *restrict result, void *restrict zone)
{
    (void)zone;
    uint64_t now = clock_read();
    result->tv_sec = (time_t)(now / NANOSECONDS);
    result->tv_usec = (suseconds_t)(now % NANOSECONDS / NANOSECONDS_IN_MICROSECOND);
    return 0;
}

/* An event that nobody signals: waiting for it is sleeping. */
status_t program_sleep(uint64_t duration)
{
    static handle_t event;
    uint64_t deadline = clock_read() + duration;
    if (event == 0) {
        status_t status = event_create(program_handle("account"), &event);
        if (status != STATUS_OK) {
            return status;
        }
    }
    uint64_t bits;
    status_t status = event_wait(event, 1, deadline, &bits);
    return status == STATUS_TIMED_OUT ? STATUS_OK : status;
}

unsigned sleep(unsigned seconds)
{
    return program_sleep(seconds * NANOSECONDS) == STATUS_OK ? 0 : seconds;
}

int usleep(useconds_t duration)
{
    status_t status = program_sleep(duration * NANOSECONDS_IN_MICROSECOND);
    return status == STATUS_OK ? 0 : status_fail(status);
}
