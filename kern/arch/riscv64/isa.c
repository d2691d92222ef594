/*
 * What the device tree says about the harts: which of them can run the kernel, and with which
 * extensions (Linux Documentation/devicetree/bindings/riscv/{cpus,extensions}.yaml).
 */
#include <boot/devicetree.h>

#include "isa.h"

#define ISA_PREFIX_LENGTH 4 /* "rv64" */

dt_node isa_hart_next(const struct devicetree *tree, dt_node hart)
{
    hart = hart == DEVICETREE_NONE
               ? devicetree_first_child(tree, devicetree_find_path(tree, "/cpus"))
               : devicetree_next_sibling(tree, hart);
    while (hart != DEVICETREE_NONE &&
           (devicetree_string(tree, hart, "mmu-type") == NULL ||
            !devicetree_enabled(tree, hart))) {
        hart = devicetree_next_sibling(tree, hart);
    }
    return hart;
}

/* Length of `word` if `text` begins with it, else 0. */
static unsigned begins(const char *text, const char *word)
{
    unsigned length = 0;

    while (word[length] != '\0') {
        if (text[length] != word[length]) {
            return 0;
        }
        length++;
    }
    return length;
}

static bool list_has(const char *list, uint32_t size, const char *extension)
{
    for (const char *end = list + size; list < end; list++) {
        unsigned length = begins(list, extension);
        if (length != 0 && list[length] == '\0') {
            return true;
        }
        while (*list != '\0') {
            list++;
        }
    }
    return false;
}

/* An ISA string: "rv64", single letters, then longer names, each after '_'. */
static bool string_has(const char *isa, const char *extension)
{
    bool single = extension[1] == '\0';

    if (begins(isa, "rv64") == 0) {
        return false;
    }
    isa += ISA_PREFIX_LENGTH;
    for (; single && *isa != '\0' && *isa != '_'; isa++) {
        if (*isa == *extension || (*isa == 'g' && (*extension == 'f' || *extension == 'd'))) {
            return true;
        }
    }
    for (; !single && *isa != '\0'; isa++) {
        unsigned length = *isa == '_' ? begins(isa + 1, extension) : 0;
        if (length != 0 && (isa[1 + length] == '\0' || isa[1 + length] == '_')) {
            return true;
        }
    }
    return false;
}

static bool hart_has(const struct devicetree *tree, dt_node hart, const char *extension)
{
    uint32_t size;
    const char *list = devicetree_string(tree, hart, "riscv,isa-extensions");

    if (list != NULL) {
        (void)devicetree_property(tree, hart, "riscv,isa-extensions", &size);
        return list_has(list, size, extension);
    }
    const char *isa = devicetree_string(tree, hart, "riscv,isa");
    return isa != NULL && string_has(isa, extension);
}

bool isa_has(const struct devicetree *tree, const char *extension)
{
    dt_node hart = isa_hart_next(tree, DEVICETREE_NONE);

    if (hart == DEVICETREE_NONE) {
        return false;
    }
    for (; hart != DEVICETREE_NONE; hart = isa_hart_next(tree, hart)) {
        if (!hart_has(tree, hart, extension)) {
            return false;
        }
    }
    return true;
}
