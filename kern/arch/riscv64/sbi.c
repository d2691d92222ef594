/* Calls into the firmware. */
#include <kern/cpu.h>

#include "sbi.h"

#define HARTS_IN_MASK UINT64_C(64)

struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t argument0,
                           uint64_t argument1, uint64_t argument2, uint64_t argument3,
                           uint64_t argument4)
{
    register uint64_t a0 __asm__("a0") = argument0;
    register uint64_t a1 __asm__("a1") = argument1;
    register uint64_t a2 __asm__("a2") = argument2;
    register uint64_t a3 __asm__("a3") = argument3;
    register uint64_t a4 __asm__("a4") = argument4;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_result){.error = (int64_t)a0, .value = a1};
}

bool sbi_has(uint64_t extension)
{
    struct sbi_result result = sbi_call(SBI_BASE, SBI_BASE_PROBE, extension, 0, 0, 0, 0);

    return result.error == 0 && result.value != 0;
}

uint64_t sbi_other_cpus(void)
{
    uint64_t others = 0;

    for (unsigned i = 0; i < cpu_count; i++) {
        others |= &cpus[i] != cpu_self() && cpus[i].online ? UINT64_C(1) << i : 0;
    }
    return others;
}

void sbi_call_cpus(uint64_t extension, uint64_t function, uint64_t cpu_mask, uint64_t argument2,
                   uint64_t argument3, uint64_t argument4)
{
    for (unsigned i = 0; i < CPU_MAX; i++) {
        uint64_t first = cpus[i].arch.hardware_id & ~(HARTS_IN_MASK - 1);
        uint64_t harts = 0;

        if ((cpu_mask >> i & 1) == 0) {
            continue;
        }
        for (unsigned k = i; k < CPU_MAX; k++) {
            uint64_t distance = cpus[k].arch.hardware_id - first;

            if ((cpu_mask >> k & 1) != 0 && distance < HARTS_IN_MASK) {
                harts |= UINT64_C(1) << distance;
                cpu_mask &= ~(UINT64_C(1) << k);
            }
        }
        (void)sbi_call(extension, function, harts, first, argument2, argument3, argument4);
    }
}
