/*
 * The start data of a task: struct start_info, pointers to the arguments and to the environment
 * (each list ended by a null pointer), the texts, and the start handles. Pure.
 */
#ifndef LOADER_SERVER_START_DATA_H
#define LOADER_SERVER_START_DATA_H

#include "load.h"

/* Offsets from the start of the data. */
struct start_layout {
    uint64_t arguments, environment, handles, texts;
    uint64_t size;
};

/* Sets *layout; answers the bytes needed. */
uint64_t start_data_size(struct start_layout *layout, const struct load_start *start);
/* Fills `image`, which lies at `address` in the target. */
struct start_info *start_data_write(const struct start_layout *layout,
                                    const struct load_start *start, void *image, uint64_t address);
/* Enters what the placed object says of itself. False: it has no server_main. */
bool start_data_describe(struct start_info *info, const struct object *object, uint64_t libsys);

#endif
