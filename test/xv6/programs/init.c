/* The first process: opens the console for everyone, keeps a shell running and waits for those
 * whose parents are gone. */

#include "xv6.h"

static void open_console(void)
{
    if (open("console", O_RDWR) < 0) {
        mknod("console", CONSOLE_MAJOR, 0);
        open("console", O_RDWR);
    }
    dup(0);
    dup(0);
}

int main(int argument_count, char **arguments)
{
    const char *const shell[] = {"sh", NULL};

    (void)argument_count;
    (void)arguments;
    open_console();
    for (;;) {
        int pid = fork(), ended;
        if (pid < 0) {
            give_up("init", "cannot fork");
        }
        if (pid == 0) {
            exec("/sh", shell);
            give_up("init", "cannot run /sh");
        }
        do {
            ended = wait(NULL);
        } while (ended >= 0 && ended != pid);
    }
}
