/* Operations on an image that random bytes choose, each compared with a table of pages. */
#ifndef GUEST_IMAGE_MODEL_H
#define GUEST_IMAGE_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* Aborts at the first difference. */
void guest_image_run(const uint8_t *bytes, size_t count);

#endif
