/* A child that ends while its parent sleeps: nobody waits for it until the parent ends too. */

#include "xv6.h"

int main(int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    if (fork() > 0) {
        pause(5);
    }
    return 0;
}
