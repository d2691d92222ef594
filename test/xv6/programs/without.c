/* without FILES PROGRAM [ARGUMENT...]: becomes the program, with these of its first files closed:
 * `without 01 /boot/wc.o`. */

#include "xv6.h"

int main(int argument_count, char **arguments)
{
    const char *which;

    if (argument_count < 3) {
        give_up("usage", "without FILES PROGRAM [ARGUMENT...]");
    }
    for (which = arguments[1]; *which != '\0'; which++) {
        if (close(*which - '0') < 0) {
            give_up(arguments[1], "is not open");
        }
    }
    exec(arguments[2], (const char *const *)&arguments[2]);
    give_up(arguments[2], "cannot be run");
}
