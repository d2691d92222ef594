/*
 * What the firmware does: switching the machine off and resetting it (SBI SRST, PSCI), its console.
 */
#ifndef ARCH_FIRMWARE_H
#define ARCH_FIRMWARE_H

#include <stdint.h>

/* A byte to the firmware's console; nothing happens where it has none. */
void firmware_put(uint8_t byte);
/* kind: a RESET_ constant of sinter/abi.h. Returns only if the firmware cannot. */
void firmware_reset(uint32_t kind);
/* 64 bits to seed the entropy pool, from whatever the CPU offers (counter, RNDR); may be poor. */
uint64_t firmware_entropy(void);

#endif
