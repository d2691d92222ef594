/* grep TEXT [FILE]...: the lines that hold the text; status 1 if there are none. */

#include "xv6.h"

static char line[BLOCK];

static bool holds(const char *where, const char *text)
{
    size_t length = strlen(text);

    for (size_t left = strlen(where); left >= length; left--, where++) {
        if (memcmp(where, text, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool search(int file, const char *text)
{
    bool found = false;
    int length;

    while ((length = read_line(file, line, sizeof(line))) > 0) {
        if (holds(line, text)) {
            found = true;
            write(1, line, length);
        }
    }
    return found;
}

int main(int argument_count, char **arguments)
{
    bool found = false;

    if (argument_count < 2) {
        give_up("usage", "grep TEXT [FILE]...");
    }
    if (argument_count == 2) {
        found = search(0, arguments[1]);
    }
    for (int i = 2; i < argument_count; i++) {
        int file = open(arguments[i], O_RDONLY);
        if (file < 0) {
            give_up(arguments[i], "cannot open");
        }
        found |= search(file, arguments[1]);
        close(file);
    }
    return !found;
}
