/* In place of drivers/common/io.h: registers that a test answers for. */
#ifndef DRIVERS_COMMON_IO_H
#define DRIVERS_COMMON_IO_H

#include <stdint.h>

uint32_t mmio_read32(uintptr_t address);
void mmio_write32(uintptr_t address, uint32_t value);

#endif
