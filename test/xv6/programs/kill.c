/* kill PID...: ends processes. */

#include "xv6.h"

int main(int argument_count, char **arguments)
{
    int failed = 0;

    if (argument_count < 2) {
        give_up("usage", "kill PID...");
    }
    for (int i = 1; i < argument_count; i++) {
        if (kill(text_number(arguments[i])) < 0) {
            print(2, "kill: %s: refused\n", arguments[i]);
            failed = 1;
        }
    }
    return failed;
}
