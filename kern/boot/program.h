/*
 * The first program: the loader, a flat image at a fixed address in the initrd.
 */
#ifndef BOOT_PROGRAM_H
#define BOOT_PROGRAM_H

#include <kern/pages.h>

#define BOOT_PROGRAM_MAGIC "SINTBOOT"

/* At the start of the program's file; its text follows from there. Sizes in bytes, the first three
 * whole pages; sections lie in this order at `address`. */
struct boot_program {
    char magic[8];
    uint64_t address;
    uint64_t text_size, rodata_size, data_size, bss_size;
    uint64_t entry;
    uint64_t reserved;
};

/* Makes the task and its thread, ready to run. Panics, saying why, if that cannot be. */
void program_start(const struct memory_range *initrd, const struct memory_range *devicetree);

#endif
