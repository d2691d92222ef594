/* Where a program begins: arguments as exec left them. */

#include "xv6.h"

_Noreturn void start(int argument_count, char **arguments);

_Noreturn void start(int argument_count, char **arguments)
{
    exit(main(argument_count, arguments));
}
