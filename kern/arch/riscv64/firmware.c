/* Switching off and resetting, the SBI console, and what the hart offers as a seed. */
#include <arch/firmware.h>
#include <sinter/abi.h>

#include "csr.h"
#include "sbi.h"

#define ENTROPY_SAMPLES    64
#define ENTROPY_MULTIPLIER UINT64_C(0x9e3779b97f4a7c15) /* 2^64 over the golden ratio */

void firmware_put(uint8_t byte)
{
    static enum { UNKNOWN, LEGACY, DEBUG_CONSOLE } kind;

    if (kind == UNKNOWN) {
        kind = sbi_has(SBI_DBCN) ? DEBUG_CONSOLE : LEGACY;
    }
    if (kind == DEBUG_CONSOLE) {
        (void)sbi_call(SBI_DBCN, SBI_DBCN_WRITE_BYTE, byte, 0, 0, 0, 0);
    } else {
        (void)sbi_call(SBI_LEGACY_CONSOLE_PUTCHAR, 0, byte, 0, 0, 0, 0);
    }
}

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
