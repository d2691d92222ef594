/*
 * Fuzzes the look at objects' notes: any bytes are judged without reading beyond them, and devices
 * come as texts that end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "peek.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has(void *context, const char *device)
{
    (void)context;
    if (memchr(device, '\0', PEEK_DEVICE) == NULL) {
        abort();
    }
    return device[0] == 'a';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes =
        malloc(size == 0 ? 1 : size); /* no larger, so that reading beyond it is seen */
    if (bytes == NULL) {
        abort();
    }
    memcpy(bytes, data, size);
    (void)peek_may_drive(bytes, size, has, NULL);
    free(bytes);
    return 0;
}
