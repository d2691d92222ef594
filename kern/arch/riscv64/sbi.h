/*
 * Calls into the firmware (RISC-V Supervisor Binary Interface 2.0). From SBI 0.2 on; without it
 * only the legacy console and shutdown work, and no second hart.
 */
#ifndef RISCV64_SBI_H
#define RISCV64_SBI_H

#define SBI_LEGACY_CONSOLE_PUTCHAR 0x01
#define SBI_LEGACY_SHUTDOWN        0x08
#define SBI_LEGACY_SET_TIMER       0x00

#define SBI_BASE       0x10
#define SBI_BASE_PROBE 3

#define SBI_TIME     0x54494d45
#define SBI_TIME_SET 0

#define SBI_IPI      0x735049
#define SBI_IPI_SEND 0

#define SBI_RFENCE                 0x52464e43
#define SBI_RFENCE_FENCE_I         0
#define SBI_RFENCE_SFENCE_VMA      1
#define SBI_RFENCE_SFENCE_VMA_ASID 2

#define SBI_HSM       0x48534d
#define SBI_HSM_START 0
#define SBI_HSM_STOP  1

#define SBI_SRST             0x53525354
#define SBI_SRST_RESET       0
#define SBI_SRST_SHUTDOWN    0
#define SBI_SRST_COLD_REBOOT 1

#define SBI_DBCN            0x4442434e
#define SBI_DBCN_WRITE_BYTE 2

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct sbi_result {
    int64_t error; /* 0 is success; legacy calls answer here alone */
    uint64_t value;
};

struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t argument0,
                           uint64_t argument1, uint64_t argument2, uint64_t argument3,
                           uint64_t argument4);
bool sbi_has(uint64_t extension);

/* The CPUs that run but for this one, as a mask. */
uint64_t sbi_other_cpus(void);
/* Calls `function` for the harts of the CPUs in the mask (bit: index in cpus[]), in as few calls as
 * their hart ids allow: arguments hart mask, its first hart, then the three given. */
void sbi_call_cpus(uint64_t extension, uint64_t function, uint64_t cpu_mask, uint64_t argument2,
                   uint64_t argument3, uint64_t argument4);
#endif

#endif
