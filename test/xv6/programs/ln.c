/* ln OLD NEW: gives a file a second name. */

#include "xv6.h"

int main(int argument_count, char **arguments)
{
    if (argument_count != 3) {
        give_up("usage", "ln OLD NEW");
    }
    if (link(arguments[1], arguments[2]) < 0) {
        give_up("ln", "refused");
    }
    return 0;
}
