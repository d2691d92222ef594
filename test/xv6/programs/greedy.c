/* greedy processes|memory|descriptors: takes all there is, and goes on asking until it is killed.
 * A line tells that nothing is left, for now. */

#include "xv6.h"

#define PIECE 65536

static void tell(const char *text)
{
    write(1, text, (int)strlen(text));
}

/* Everyone forks for ever. */
static void take_processes(void)
{
    int told = 0;
    int self = getpid();

    for (;;) {
        if (fork() < 0 && getpid() == self && !told) {
            told = 1;
            tell("greedy: no more processes\n");
        }
    }
}

static void take_memory(void)
{
    int told = 0;

    for (;;) {
        if (sbrk(PIECE) == SBRK_ERROR && sbrk(1) == SBRK_ERROR && !told) {
            told = 1;
            tell("greedy: no more memory\n");
        }
    }
}

static int take(void)
{
    int ends[2];

    return open("greedy", O_RDONLY) >= 0 || pipe(ends) >= 0;
}

/* As many as a process may have; then a child leaves them to its parent, and takes further ones.
 * What others had meanwhile comes back, to the last child. */
static void take_descriptors(void)
{
    int taken;

    do {
        for (int i = 3; i < FILES_MOST; i++) {
            close(i);
        }
        for (taken = 0; take();) {
            taken++;
        }
    } while (taken > 0 && fork() == 0);
    if (taken == 0) {
        tell("greedy: no more descriptors\n");
    }
    for (;;) {
        pause(taken == 0 ? 1 : 1000000);
        (void)take();
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 2 && strcmp(arguments[1], "processes") == 0) {
        take_processes();
    } else if (argument_count == 2 && strcmp(arguments[1], "memory") == 0) {
        take_memory();
    } else if (argument_count == 2 && strcmp(arguments[1], "descriptors") == 0) {
        take_descriptors();
    }
    give_up("usage", "greedy processes|memory|descriptors");
}
