/*
 * Power by the Power State Coordination Interface (Arm DEN 0022), where the device tree has it.
 * The call itself is the kernel's. Stateless.
 */
#include <sinter/object.h>

#include "firmware_power.h"

int server_main(const struct start_info *info);

SERVER_META(name, "psci");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Switches the machine off by PSCI");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "power 1.0");
SERVER_META(device, "arm,psci-1.0");
SERVER_META(device, "arm,psci-0.2");
SERVER_META(device, "arm,psci");
SERVER_META(resources, RESOURCE_FIRMWARE);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "power");

int server_main(const struct start_info *info)
{
    return firmware_power_run(info);
}
