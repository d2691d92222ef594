/* Operations on a pipe of a personality that random bytes choose, each compared with a model. */
#ifndef PIPE_MODEL_H
#define PIPE_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* Aborts at the first difference. */
void pipe_run(const uint8_t *bytes, size_t count);

#endif
