/* What unit tests and fuzzers demand alike. */
#ifndef HOST_REQUIRE_H
#define HOST_REQUIRE_H

#include <stdbool.h>
#include <stdlib.h>

static inline void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

#endif
