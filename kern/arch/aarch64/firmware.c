/*
 * Switching off and resetting by PSCI; entropy from RNDR (FEAT_RNG) or else the counter.
 */
#include <arch/clock.h>
#include <arch/firmware.h>
#include <sinter/abi.h>

#include "psci.h"
#include "registers.h"

#define ISAR0_RNDR_SHIFT 60

void firmware_put(uint8_t byte)
{
    (void)byte;
}

void firmware_reset(uint32_t kind)
{
    (void)psci_call(kind == RESET_POWEROFF ? PSCI_SYSTEM_OFF : PSCI_SYSTEM_RESET, 0, 0, 0);
}

/* RNDR; 0 and Z set when it has none at the moment. */
static uint64_t random_number(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, s3_3_c2_c4_0" : "=r"(value) : : "cc");
    return value;
}

uint64_t firmware_entropy(void)
{
    uint64_t entropy = clock_counter();
    if (ID_FIELD(register_read("id_aa64isar0_el1"), ISAR0_RNDR_SHIFT) != 0) {
        entropy ^= random_number();
    }
    return entropy;
}
