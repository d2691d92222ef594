/*
 * The clock chip of the riscv64 machine, Goldfish RTC, whose alarm makes an interrupt. (Linux:
 * drivers/rtc/rtc-goldfish.c has the registers; they have no other document.)
 */
#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

#include <stdint.h>

#define CHIP_COMPATIBLE "google,goldfish-rtc"
#define ALARM_LOW       (0x08 / 4)
#define ALARM_HIGH      (0x0c / 4)
#define IRQ_ENABLED     (0x10 / 4)
#define CLEAR_INTERRUPT (0x1c / 4)

/* The interrupt line of a specifier, as irq_create() counts. */
static inline uint32_t chip_line(const uint32_t *cells)
{
    return cells[0];
}

/* An alarm for a time long past: at once. */
static inline void chip_raise(volatile uint32_t *registers)
{
    registers[IRQ_ENABLED] = 1;
    registers[ALARM_HIGH] = 0;
    registers[ALARM_LOW] = 1;
}

static inline void chip_quiet(volatile uint32_t *registers)
{
    registers[CLEAR_INTERRUPT] = 1;
    registers[IRQ_ENABLED] = 0;
}

#endif
