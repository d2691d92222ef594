/* libFuzzer: operations on an image, each compared with a table of pages (guest_image_model.h). */
#include "guest_image_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    guest_image_run(data, size);
    return 0;
}
