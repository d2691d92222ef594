/*
 * Power by whatever the firmware offers, on machines whose device tree names nothing for it: SBI
 * System Reset on riscv64. It matches no device and is started by init.rc. Stateless.
 */
#include <sinter/object.h>

#include "firmware_power.h"

int server_main(const struct start_info *info);

SERVER_META(name, "firmware");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Switches the machine off by firmware");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "power 1.0");
SERVER_META(device, "gpio-restart"); /* a line that OpenSBI knows how to use */
SERVER_META(resources, RESOURCE_FIRMWARE);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "power");

int server_main(const struct start_info *info)
{
    return firmware_power_run(info);
}
