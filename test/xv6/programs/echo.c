/* echo WORD...: prints its arguments. */

#include "xv6.h"

int main(int argument_count, char **arguments)
{
    for (int i = 1; i < argument_count; i++) {
        print(1, "%s%c", arguments[i], i + 1 < argument_count ? ' ' : '\n');
    }
    return 0;
}
