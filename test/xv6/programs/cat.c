/* cat [FILE]...: copies files, or its input, to its output. */

#include "xv6.h"

static char buffer[BLOCK];

static void copy(int file)
{
    int count;

    while ((count = read(file, buffer, sizeof(buffer))) > 0) {
        if (write(1, buffer, count) != count) {
            give_up("cat", "cannot write");
        }
    }
    if (count < 0) {
        give_up("cat", "cannot read");
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 1) {
        copy(0);
    }
    for (int i = 1; i < argument_count; i++) {
        int file = open(arguments[i], O_RDONLY);
        if (file < 0) {
            give_up(arguments[i], "cannot open");
        }
        copy(file);
        close(file);
    }
    return 0;
}
