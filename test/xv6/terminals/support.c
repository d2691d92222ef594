/* See terminals.h. */

#include "terminals.h"

const char *test;

void expect(bool good, const char *what)
{
    if (!good) {
        print(1, "%s: %s: ", test, what);
        give_up("terminals", "FAILED");
    }
}

void expect_text(int file, const char *wanted)
{
    char text[64];
    int length = (int)strlen(wanted), have = 0, count = 1;

    while (have < length && count > 0) {
        count = read(file, text + have, length - have);
        have += count > 0 ? count : 0;
    }
    expect(have == length && memcmp(text, wanted, length) == 0, wanted);
}

int wait_code(int child)
{
    int code = -1;
    expect(wait(&code) == child, "the end of a child");
    return code;
}

void told(int file)
{
    char byte;
    expect(read(file, &byte, 1) == 1, "a word from a child");
}

void tell(int file)
{
    expect(write(file, "x", 1) == 1, "a word to the parent");
}
