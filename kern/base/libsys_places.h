/*
 * Places in the image of libsys that the kernel knows: a table at a fixed offset, which
 * libsys/arch/ARCH/guest.S fills. For C and assembler.
 */
#ifndef BASE_LIBSYS_PLACES_H
#define BASE_LIBSYS_PLACES_H

#define PLACES_OFFSET 0x100

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Offsets from the base. */
struct libsys_places {
    uint32_t run_return;           /* behind the trap instruction of guest_run() */
    uint32_t copy_start, copy_end; /* instructions that access a guest's memory */
    uint32_t copy_failed;          /* where they go on when they may not */
};
#endif

#endif
