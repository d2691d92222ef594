/* ticks: writes a dot, computes a while, and so on for ever; what stops is seen to stop. */

#include "xv6.h"

#define STEPS 100000

int main(int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    for (;;) {
        volatile int steps = 0;
        while (steps < STEPS) {
            steps = steps + 1;
        }
        if (write(1, ".", 1) != 1) {
            return 1;
        }
    }
}
