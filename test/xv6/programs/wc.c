/* wc [FILE]...: lines, words and bytes of each, or of its input. */

#include "xv6.h"

static char buffer[BLOCK];

static void count(int file, const char *name)
{
    int lines = 0, words = 0, bytes = 0, length;
    bool inside = false;

    while ((length = read(file, buffer, sizeof(buffer))) > 0) {
        bytes += length;
        for (int i = 0; i < length; i++) {
            bool blank = buffer[i] == '\0' || strchr(" \t\r\n\v", buffer[i]) != NULL;
            lines += buffer[i] == '\n';
            words += !blank && !inside;
            inside = !blank;
        }
    }
    if (length < 0) {
        give_up("wc", "cannot read");
    }
    print(1, "%d %d %d %s\n", lines, words, bytes, name);
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 1) {
        count(0, "");
    }
    for (int i = 1; i < argument_count; i++) {
        int file = open(arguments[i], O_RDONLY);
        if (file < 0) {
            give_up(arguments[i], "cannot open");
        }
        count(file, arguments[i]);
        close(file);
    }
    return 0;
}
