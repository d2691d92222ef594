/*
 * The clock chip of the aarch64 machine, PL031 (PrimeCell Real Time Clock, Arm DDI 0224), whose
 * match register makes an interrupt.
 */
#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

#include <stdint.h>

#define CHIP_COMPATIBLE  "arm,pl031"
#define RTCDR            (0x00 / 4)
#define RTCMR            (0x04 / 4)
#define RTCIMSC          (0x10 / 4)
#define RTCRIS           (0x14 / 4)
#define RTCICR           (0x1c / 4)
#define GIC_FIRST_SHARED 32

/* The interrupt line of a specifier, as irq_create() counts. */
static inline uint32_t chip_line(const uint32_t *cells)
{
    return cells[1] + GIC_FIRST_SHARED; /* cells[0]: it is a shared one */
}

/* Matches the running second. */
static inline void chip_raise(volatile uint32_t *registers)
{
    registers[RTCIMSC] = 1;
    do {
        registers[RTCMR] = registers[RTCDR];
    } while (registers[RTCRIS] == 0);
}

static inline void chip_quiet(volatile uint32_t *registers)
{
    registers[RTCIMSC] = 0;
    registers[RTCICR] = 1;
}

#endif
