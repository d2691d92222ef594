/* Memory that a driver shares with its device, in one piece, for as long as the driver lives. */
#ifndef DRIVERS_COMMON_DMA_MEMORY_H
#define DRIVERS_COMMON_DMA_MEMORY_H

#include "device.h"

struct dma_memory {
    handle_t pin;
    uint8_t *bytes;   /* zero at first */
    uint64_t address; /* of the same bytes, for the device */
};

/*
 * Makes and pins `size` bytes, a multiple of the page size. UNSUPPORTED: the device would not see
 * them in one piece. Otherwise what memory_create(), space_map() and pin_create() answer.
 */
SINTER_MUST_CHECK status_t dma_memory_make(struct dma_memory *memory, const struct device *device,
                                           handle_t account, uint64_t size);

/* Ends the device's use of it, which the device must have been reset for; the driver ends too. */
void dma_memory_release(struct dma_memory *memory);

#endif
