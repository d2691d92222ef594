/* sleep TICKS: what runs for a while, in the background or not. */

#include "xv6.h"

int main(int argument_count, char **arguments)
{
    if (argument_count != 2) {
        give_up("usage", "sleep TICKS");
    }
    return pause(text_number(arguments[1])) == 0 ? 0 : 1;
}
