/*
 * The server around a clock that goes on while the machine is switched off: protocol clock,
 * published as `rtc*` or as its first argument says. Start handle: `machine`, with the right to set
 * the time of day. The first clock that starts tells the time of day; one that starts again does
 * not, so that it makes no step. Stateless.
 */
#ifndef DRIVERS_COMMON_CLOCK_SERVER_H
#define DRIVERS_COMMON_CLOCK_SERVER_H

#include "device.h"

#define CLOCK_SECOND 1000000000ull /* ns */

/* Times are ns since 1970-01-01 (UTC). A device that cannot be set answers UNSUPPORTED. */
struct clock_device {
    uint64_t (*read)(void);                             /* 0: the device has never been set */
    SINTER_MUST_CHECK status_t (*write)(uint64_t time); /* BAD_ARGUMENT: out of its range */
};

/* Opens the registers, of which the clock needs `length` bytes, publishes and serves. The exit
 * code. */
int clock_server_run(const struct start_info *info, struct device *registers, uint64_t length,
                     const struct clock_device *clock);

#endif
