/* rm FILE...: takes names away, and files with their last. */

#include "xv6.h"

int main(int argument_count, char **arguments)
{
    int failed = 0;

    if (argument_count < 2) {
        give_up("usage", "rm FILE...");
    }
    for (int i = 1; i < argument_count; i++) {
        if (unlink(arguments[i]) < 0) {
            print(2, "rm: %s: refused\n", arguments[i]);
            failed = 1;
        }
    }
    return failed;
}
