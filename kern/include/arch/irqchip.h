/*
 * The interrupt controller: PLIC, GICv2 or GICv3, chosen by the device tree. Lines count as in the
 * device tree's interrupt specifier (PLIC source; GIC: interrupt id, so SPI n is 32 + n).
 */
#ifndef ARCH_IRQCHIP_H
#define ARCH_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>

struct devicetree;

/* Maps and resets the controller, all lines masked. Null, or why there is none. */
const char *irqchip_init(const struct devicetree *tree);
void irqchip_init_cpu(void);
/* Lines from irqchip_first() to irqchip_limit() - 1 may get an irq object. */
unsigned irqchip_first(void);
unsigned irqchip_limit(void);
/* Sets the trigger (IRQ_ constants), routes the line to this CPU and unmasks it. */
void irqchip_enable(unsigned line, uint32_t flags);
/* kernel_device_interrupt() is called with the line masked; these undo and redo that. Callable on
 * any CPU. */
void irqchip_unmask(unsigned line);
void irqchip_mask(unsigned line);
/* True if the physical range overlaps registers of the controller (users may not map them). */
bool irqchip_owns(uint64_t physical, uint64_t size);

#endif
