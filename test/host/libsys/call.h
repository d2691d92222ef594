/* In place of libsys/arch/ARCH/call.h: a trap calls fake_kernel() with the registers. */
#ifndef LIBSYS_CALL_H
#define LIBSYS_CALL_H

#include <stdint.h>

#define SYSTEM_REGISTERS uint64_t r0, r1, r2, r3, r4, r5, r6, r7, r8, r9

void fake_kernel(uint64_t registers[10]);
void touch_for_write(uint64_t address);

#define SYSTEM_CALL_MESSAGE()                                                                      \
    do {                                                                                           \
        uint64_t all[] = {r0, r1, r2, r3, r4, r5, r6, r7, r8, r9};                                 \
        fake_kernel(all);                                                                          \
        r0 = all[0], r1 = all[1], r2 = all[2], r3 = all[3], r4 = all[4];                           \
        r5 = all[5], r6 = all[6], r7 = all[7], r8 = all[8], r9 = all[9];                           \
    } while (0)

#endif
