/*
 * The server around the lines of a controller (gpio.h): protocol gpio, published as `gpio*` or as
 * its first argument says. Stateless: lines keep what they are while the driver starts again, and
 * a wait that is called again says where it goes on.
 */
#ifndef DRIVERS_COMMON_GPIO_SERVER_H
#define DRIVERS_COMMON_GPIO_SERVER_H

#include "device.h"
#include "gpio.h"

/* Of the driver: looks at registers and node, and changes no line. Null: they have another form. */
typedef const struct gpio_device *gpio_start(const struct device *device);

/* Serves; the exit code of the driver. */
int gpio_server_run(const struct start_info *info, gpio_start *start);

#endif
