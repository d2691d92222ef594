/* Several processes write and read files of their own at once, so that many operations share the
 * log of the file system. */

#include "xv6.h"

#define WORKERS 5
#define WRITES  20

static char block[512];

static int work(int worker)
{
    char name[] = "stressfs0";

    name[sizeof(name) - 2] = (char)('0' + worker);
    memset(block, 'a' + worker, sizeof(block));
    int file = open(name, O_CREATE | O_RDWR);
    for (int i = 0; i < WRITES; i++) {
        if (write(file, block, sizeof(block)) != sizeof(block)) {
            give_up(name, "cannot write");
        }
    }
    close(file);
    file = open(name, O_RDONLY);
    for (int i = 0; i < WRITES; i++) {
        if (read(file, block, sizeof(block)) != sizeof(block) || block[i] != 'a' + worker) {
            give_up(name, "does not hold what was written");
        }
    }
    close(file);
    return unlink(name) < 0;
}

int main(int argument_count, char **arguments)
{
    int failed = 0, status;

    (void)argument_count;
    (void)arguments;
    for (int worker = 0; worker < WORKERS; worker++) {
        int pid = fork();
        if (pid < 0) {
            give_up("stressfs", "cannot fork");
        }
        if (pid == 0) {
            return work(worker);
        }
    }
    while (wait(&status) > 0) {
        failed |= status;
    }
    print(1, "stressfs %s\n", failed ? "FAILED" : "ok");
    return failed;
}
