/* Switching off and resetting, and what the hart offers as a seed. */
#include <arch/firmware.h>
#include <sinter/abi.h>

#include "csr.h"
#include "sbi.h"

#define ENTROPY_SAMPLES 64
#define ENTROPY_MULTIPLIER UINT64_C(0x9e3779b97f4a7c15) /* 2^64 over the golden ratio */

void firmware_reset(uint32_t kind)
{
    uint64_t type = kind == RESET_REBOOT ? SBI_SRST_COLD_REBOOT : SBI_SRST_SHUTDOWN;

    (void)sbi_call(SBI_SRST, SBI_SRST_RESET, type, 0, 0, 0, 0);
    if (kind == RESET_POWEROFF) {
        (void)sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0);
    }
}

/* Poor: the jitter of firmware calls against the time counter. */
uint64_t firmware_entropy(void)
{
    uint64_t pool = csr_read(time);

    for (unsigned i = 0; i < ENTROPY_SAMPLES; i++) {
        (void)sbi_has(SBI_BASE);
        pool = (pool ^ csr_read(time)) * ENTROPY_MULTIPLIER;
        pool ^= pool >> 29;
    }
    return pool;
}
