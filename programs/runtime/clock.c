/*
 * Time. CLOCK_REALTIME begins with the boot as long as no clock has told the time of day.
 */
#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

#define NANOSECONDS                UINT64_C(1000000000)
#define NANOSECONDS_IN_MICROSECOND UINT64_C(1000)

static uint64_t real_time(void)
{
    uint64_t wall = clock_read_wall();
    return wall != 0 ? wall : clock_read();
}

int gettimeofday(struct timeval *restrict result, void *restrict zone)
{
    (void)zone;
    uint64_t now = real_time();
    result->tv_sec = (time_t)(now / NANOSECONDS);
    result->tv_usec = (suseconds_t)(now % NANOSECONDS / NANOSECONDS_IN_MICROSECOND);
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *result)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
        errno = EINVAL;
        return -1;
    }
    uint64_t now = clock == CLOCK_REALTIME ? real_time() : clock_read();
    result->tv_sec = (time_t)(now / NANOSECONDS);
    result->tv_nsec = (long)(now % NANOSECONDS);
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

/* Nothing interrupts it, so nothing remains. */
int nanosleep(const struct timespec *duration, struct timespec *remaining)
{
    if (duration->tv_sec < 0 || duration->tv_nsec < 0 || duration->tv_nsec >= (long)NANOSECONDS) {
        errno = EINVAL;
        return -1;
    }
    status_t status =
        program_sleep((uint64_t)duration->tv_sec * NANOSECONDS + (uint64_t)duration->tv_nsec);
    if (remaining != NULL) {
        *remaining = (struct timespec){0};
    }
    return status == STATUS_OK ? 0 : status_fail(status);
}
