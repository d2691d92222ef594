/*
 * What every architecture and all that lies above it knows: the CPUs, the image, the root table.
 */
#include <arch/pagetable.h>
#include <kern/cpu.h>
#include <kern/image.h>

struct cpu cpus[CPU_MAX];
unsigned cpu_count = 1;
uint64_t kernel_physical_base;
_Alignas(PAGE_SIZE) pte_t kernel_root[PAGETABLE_ENTRIES];
