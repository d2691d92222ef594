/* The structures of the interface as this system was compiled. */
#ifndef LOADER_SERVER_SHAPES_H
#define LOADER_SERVER_SHAPES_H

#include "object.h"

const struct object_shape *shapes_known(size_t *count);

#endif
