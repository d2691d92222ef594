/*
 * The kernel's own mappings: device registers for the few drivers that the kernel has.
 */
#ifndef KERN_KMAP_H
#define KERN_KMAP_H

#include <stdint.h>

/* Maps device registers, page by page, into the kernel; kernel_main calls console_init,
 * irqchip_init and clock_init after this works. The mapping stays for ever. Null: no room. */
void *kmap_device(uint64_t physical, uint64_t size);

#endif
