/*
 * PSCI calls by the SMC calling convention (Arm DEN 0028): function and arguments in x0 to x3,
 * x0 to x17 clobbered.
 */
#include "psci.h"

#include <base/devicetree.h>

enum conduit { CONDUIT_NONE, CONDUIT_HVC, CONDUIT_SMC };

static enum conduit conduit;

static dt_node find_node(const struct devicetree *tree)
{
    dt_node node = devicetree_find_compatible(tree, DEVICETREE_NONE, "arm,psci-1.0");
    return node != DEVICETREE_NONE
               ? node
               : devicetree_find_compatible(tree, DEVICETREE_NONE, "arm,psci-0.2");
}

void psci_init(const struct devicetree *tree)
{
    dt_node node = find_node(tree);
    if (devicetree_string_index(tree, node, "method", "hvc") == 0) {
        conduit = CONDUIT_HVC;
    } else if (devicetree_string_index(tree, node, "method", "smc") == 0) {
        conduit = CONDUIT_SMC;
    }
}

#define PSCI_CALL(instruction)                                                                     \
    __asm__ volatile(instruction " #0"                                                             \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                      \
                     :                                                                             \
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",      \
                       "x15", "x16", "x17", "memory")

int64_t psci_call(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a;
    register uint64_t x2 __asm__("x2") = b;
    register uint64_t x3 __asm__("x3") = c;
    switch (conduit) {
    case CONDUIT_HVC:
        PSCI_CALL("hvc");
        return (int32_t)x0;
    case CONDUIT_SMC:
        PSCI_CALL("smc");
        return (int32_t)x0;
    case CONDUIT_NONE:
        break;
    }
    return PSCI_NOT_SUPPORTED;
}
