/*
 * libFuzzer: whatever a guest has as code and registers, a step of riscv64 has its end: no stop in
 * the middle of what it executes, and registers change only where it is executed here.
 */
#include <string.h>

#include "host_require.h"
#include "step_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REGISTERS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t registers[REGISTERS] = {0};
    uint64_t before[REGISTERS];
    uint8_t code[STEP_CODE] = {0};
    size_t bytes = size < STEP_CODE ? size : STEP_CODE;
    memcpy(code, data, bytes);
    size_t rest = size - bytes < sizeof(registers) ? size - bytes : sizeof(registers);
    memcpy(registers, data + bytes, rest);
    registers[0] &= ~UINT64_C(1);
    memcpy(before, registers, sizeof(before));
    struct step_plan plan = step_plan(registers, code, bytes);
    require(plan.way != STEP_MACHINE && plan.count <= STEP_STOPS);
    if (plan.way == STEP_DONE) {
        require((registers[0] & 1) == 0 && plan.count == 0);
        return 0;
    }
    require(memcmp(before, registers, sizeof(before)) == 0);
    require(plan.count > 0 || bytes < 4);
    for (uint32_t i = 0; i < plan.count; i++) {
        require(plan.stops[i] - registers[0] >= 2 && (plan.stops[i] & 1) == 0);
    }
    return 0;
}
