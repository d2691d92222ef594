/*
 * The power protocol by way of the kernel's firmware call (SBI SRST on riscv64, PSCI on AArch64).
 * Start handle: machine, with RIGHT_MACHINE_RESET. Stateless; published as `power`.
 */
#ifndef DRIVERS_COMMON_FIRMWARE_POWER_H
#define DRIVERS_COMMON_FIRMWARE_POWER_H

#include "server.h"

/* What server_main() of such a driver does; the exit code. */
int firmware_power_run(const struct start_info *info);

#endif
