/*
 * The server around a serial line: file protocol on a character device, published as the first
 * argument says, otherwise as `path`, for whose `*` the supervisor puts the next free number.
 * Start handles: registers0, irq0, node.
 */
#ifndef DRIVERS_COMMON_SERIAL_SERVER_H
#define DRIVERS_COMMON_SERIAL_SERVER_H

#include "device.h"
#include "serial.h"

#define SERIAL_PATH "serial*" /* of UARTs */

/* Sets the UART up with its interrupts off; null when there is no UART that it knows. */
typedef struct uart *serial_start(const struct device *device);

/* What server_main() of a UART driver does; the exit code. */
int serial_server_run(const struct start_info *info, serial_start *start, const char *path);

#endif
