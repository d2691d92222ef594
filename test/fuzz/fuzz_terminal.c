/* libFuzzer: any operations on a pseudo-terminal, against what must hold after each. */
#include "../host/terminal_operations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENOUGH = 500 }; /* a few operations fill a buffer; more would only make a run slow */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    terminal_operations(data, size < ENOUGH ? size : ENOUGH);
    return 0;
}
