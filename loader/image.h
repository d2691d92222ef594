/*
 * The head of the loader's flat binary, /boot/loader: laid by loader.ld, read by the kernel, which
 * maps the first instance, and by init, which maps later ones.
 *
 * The file holds text (with this head at its start), read-only data and data, each whole pages, in
 * this order; bss follows in memory. Everything is linked for `address` and not relocated.
 */
#ifndef LOADER_IMAGE_H
#define LOADER_IMAGE_H

#include <stdint.h>

#define LOADER_IMAGE_MAGIC UINT64_C(0x544f4f42544e4953) /* "SINTBOOT" */

struct loader_image {
    uint64_t magic;
    uint64_t address;   /* of this head */
    uint64_t text_size; /* bytes, a multiple of the page size, as all that follow */
    uint64_t rodata_size;
    uint64_t data_size;
    uint64_t bss_size;
    uint64_t entry; /* takes struct start_info * */
    uint64_t reserved;
};

#endif
