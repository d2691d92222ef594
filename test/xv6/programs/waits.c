/* waits PROGRAM [ARGUMENT...]: a child becomes the program; tells with what status it ended. */

#include "xv6.h"

int main(int argument_count, char **arguments)
{
    int child, ended, status = -1;

    if (argument_count < 2) {
        give_up("usage", "waits PROGRAM [ARGUMENT...]");
    }
    child = fork();
    if (child == 0) {
        exec(arguments[1], (const char *const *)&arguments[1]);
        give_up(arguments[1], "cannot be run");
    }
    ended = wait(&status);
    print(1, "%s: status %d\n", ended == child ? "it" : "another", status);
    return 0;
}
