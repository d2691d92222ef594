/* orphan file|directory: one without a name that is still in use when the machine is stopped, so
 * that the next start has to give its inode and blocks back. Sleeps until it is killed. */

#include "xv6.h"

static char block[BLOCK];

static void leave_file(void)
{
    int file = open("orphan-file", O_CREATE | O_RDWR);

    if (write(file, block, sizeof(block)) != sizeof(block) || unlink("orphan-file") < 0) {
        give_up("orphan", "no file without a name");
    }
}

static void leave_directory(void)
{
    if (mkdir("orphan-dir") < 0 || chdir("orphan-dir") < 0 || unlink("../orphan-dir") < 0) {
        give_up("orphan", "no directory without a name");
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 2 && strcmp(arguments[1], "file") == 0) {
        leave_file();
    } else if (argument_count == 2 && strcmp(arguments[1], "directory") == 0) {
        leave_directory();
    } else {
        give_up("usage", "orphan file|directory");
    }
    print(1, "orphan: waiting\n");
    for (;;) {
        pause(1000);
    }
}
