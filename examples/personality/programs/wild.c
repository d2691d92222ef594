/* wild: writes where nothing is; wild loop: goes on for ever; wild call: makes one of no number. */
#include "library.h"

int64_t program(uint64_t count, char *texts)
{
    const char *how = count > 1 ? texts + length_of(texts) + 1 : "";
    for (volatile unsigned turns = 0; *how == 'l';) {
        turns++;
    }
    if (*how == 'c') {
        return -toy(0, 0, 0, TOY_CALLS);
    }
    *(volatile char *)(uintptr_t)TOY_TOP = 1;
    return 0;
}
