/* readers COUNT: so many native programs read a pipe, one after the other, and are killed while
 * they wait; then one reads another pipe. */

#include "xv6.h"

static const char *const cat_words[] = {"cat", 0};

static int start_cat(int ends[2])
{
    int child = fork();

    if (child == 0) {
        close(0);
        dup(ends[0]);
        close(ends[0]);
        close(ends[1]);
        exec("/boot/cat.o", cat_words);
        give_up("exec", "/boot/cat.o");
    }
    return child;
}

int main(int argument_count, char **arguments)
{
    int ends[2], code;

    if (argument_count != 2 || pipe(ends) != 0) {
        give_up("usage", "readers COUNT");
    }
    for (int i = text_number(arguments[1]); i > 0; i--) {
        int child = start_cat(ends);
        pause(1);
        kill(child);
        wait(&code);
    }
    if (pipe(ends) != 0) {
        give_up("pipe", "the last");
    }
    start_cat(ends);
    write(ends[1], "read by the last\n", 17);
    close(ends[0]);
    close(ends[1]);
    wait(&code);
    exit(code);
}
