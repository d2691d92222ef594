/*
 * Power State Coordination Interface 1.0 (Arm DEN 0022), functions of version 0.2 on.
 */
#ifndef AARCH64_PSCI_H
#define AARCH64_PSCI_H

#include <stdint.h>

struct devicetree;

#define PSCI_SYSTEM_OFF   0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define PSCI_CPU_ON       0xc4000003u

#define PSCI_SUCCESS       0
#define PSCI_NOT_SUPPORTED (-1)

/* Takes the conduit, HVC or SMC, from the psci node. */
void psci_init(const struct devicetree *tree);
/* A PSCI_ result; NOT_SUPPORTED without a conduit. */
int64_t psci_call(uint32_t function, uint64_t a, uint64_t b, uint64_t c);

#endif
