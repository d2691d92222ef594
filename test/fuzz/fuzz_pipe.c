/* libFuzzer: operations on a pipe, each compared with a model (pipe_model.h). */
#include "pipe_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pipe_run(data, size);
    return 0;
}
