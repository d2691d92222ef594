/*
 * Instruction-cache coherence by address to the point of unification, broadcast to the inner
 * shareable domain (Arm ARM B2.7.4.2). CTR_EL0 says what may be left out.
 *
 * A virtually indexed instruction cache may hold the text under the user's address, which is not
 * the one written through: it is invalidated as a whole, once.
 */
#include <arch/caches.h>
#include <stdbool.h>

#include "registers.h"

#define CTR_INSTRUCTION_LINE_SHIFT 0
#define CTR_POLICY_SHIFT           14
#define CTR_POLICY_PHYSICAL        3
#define CTR_DATA_LINE_SHIFT        16
#define CTR_IDC                    (UINT64_C(1) << 28) /* data need not be cleaned */
#define CTR_DIC                    (UINT64_C(1) << 29) /* instructions need not be invalidated */
#define WORD_SIZE                  4 /* unit of the line sizes, as powers of two */

static bool invalidates_by_address(uint64_t ctr)
{
    return ((ctr >> CTR_POLICY_SHIFT) & 3) == CTR_POLICY_PHYSICAL;
}

void caches_sync_code(const void *address, uint64_t length)
{
    uint64_t ctr = register_read("ctr_el0");
    uint64_t start = (uint64_t)address, end = start + length;
    uint64_t data_line = WORD_SIZE << ID_FIELD(ctr, CTR_DATA_LINE_SHIFT);
    uint64_t instruction_line = WORD_SIZE << ID_FIELD(ctr, CTR_INSTRUCTION_LINE_SHIFT);

    if (!(ctr & CTR_IDC)) {
        for (uint64_t line = start & ~(data_line - 1); line < end; line += data_line) {
            __asm__ volatile("dc cvau, %0" : : "r"(line) : "memory");
        }
    }
    barrier_inner();
    if ((ctr & CTR_DIC) || !invalidates_by_address(ctr)) {
        return;
    }
    for (uint64_t line = start & ~(instruction_line - 1); line < end; line += instruction_line) {
        __asm__ volatile("ic ivau, %0" : : "r"(line) : "memory");
    }
}

void caches_sync_code_done(void)
{
    uint64_t ctr = register_read("ctr_el0");
    if (!(ctr & CTR_DIC) && !invalidates_by_address(ctr)) {
        __asm__ volatile("ic ialluis" : : : "memory");
    }
    barrier_inner();
    barrier_instructions();
}
