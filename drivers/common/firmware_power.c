/* Switching off and restarting by firmware, as firmware_power.h says. */
#include "firmware_power.h"

#include "power_server.h"

static struct server server;
static handle_t machine;

/* The firmware has no way to report a code. */
static status_t firmware_off(struct call *call, uint32_t code)
{
    (void)call;
    (void)code;
    power_prepare(&server, RESET_POWEROFF);
    return system_reset(machine, RESET_POWEROFF);
}

static status_t firmware_reboot(struct call *call)
{
    (void)call;
    power_prepare(&server, RESET_REBOOT);
    return system_reset(machine, RESET_REBOOT);
}

static const struct power_operations operations = {
    .off = firmware_off,
    .reboot = firmware_reboot,
};

int firmware_power_run(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    machine = server_handle(&server, "machine");
    if (machine == 0) {
        return server_refuse(&server, "no handle `machine`: let init.rc allow it firmware calls");
    }
    return power_server_run(&server, &operations);
}
