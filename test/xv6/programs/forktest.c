/* Forks until the system refuses, with as small a program as can be, so that it is the table of
 * processes that is full. */

#include "xv6.h"

#define TRIES 1000

static void say(const char *text)
{
    write(1, text, (int)strlen(text));
}

static int fail(const char *text)
{
    say(text);
    return 1;
}

int main(int argument_count, char **arguments)
{
    int made = 0, pid = 0;

    (void)argument_count;
    (void)arguments;
    while (made < TRIES && (pid = fork()) > 0) {
        made++;
    }
    if (made < TRIES && pid == 0) {
        return 0;
    }
    if (made == 0 || made >= PROCESSES_MOST) {
        return fail("forktest: wrong number of processes\n");
    }
    while (made-- > 0) {
        if (wait(NULL) < 0) {
            return fail("forktest: a child is missing\n");
        }
    }
    if (wait(NULL) != -1) {
        return fail("forktest: a child too many\n");
    }
    say("forktest ok\n");
    return 0;
}
