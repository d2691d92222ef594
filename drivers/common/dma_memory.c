/* Memory for a device, as dma_memory.h says. */
#include "dma_memory.h"

status_t dma_memory_make(struct dma_memory *memory, const struct device *device, handle_t account,
                         uint64_t size)
{
    handle_t object = 0;
    uint64_t mapped = 0;
    uint64_t contiguous = 0;
    status_t status = memory_create(account, size, MEMORY_CONTIGUOUS, &object);
    if (status == STATUS_OK) {
        status = space_map(0, object, 0, 0, size, MAP_READ | MAP_WRITE, &mapped);
    }
    if (status == STATUS_OK) {
        status = pin_create(device->memory, object, 0, size, &memory->pin);
    }
    if (status == STATUS_OK) {
        status = pin_address(memory->pin, 0, &memory->address, &contiguous);
    }
    if (status == STATUS_OK && contiguous < size) {
        status = STATUS_UNSUPPORTED;
    }
    memory->bytes = (uint8_t *)(uintptr_t)mapped;
    return status;
}

void dma_memory_release(struct dma_memory *memory)
{
    status_ignore(handle_close(memory->pin));
}
