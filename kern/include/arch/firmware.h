/*
 * Switching the machine off and resetting it through the firmware: SBI SRST, PSCI.
 */
#ifndef ARCH_FIRMWARE_H
#define ARCH_FIRMWARE_H

#include <stdint.h>

/* kind: a RESET_ constant of sinter/abi.h. Returns only if the firmware cannot. */
void firmware_reset(uint32_t kind);
/* 64 bits for seeding the entropy pool from whatever the CPU offers (counter, RNDR); may be poor. */
uint64_t firmware_entropy(void);

#endif
