/* upper [FROM [TO]]: copies its input, or a file, to its output, or a file, in capital letters. */
#include "library.h"

static char bytes[1024];

static void open_as(uint64_t number, const char *path, uint64_t how)
{
    int64_t file = toy(address_of(path), how, 0, TOY_OPEN);
    check(file, path);
    check(toy((uint64_t)file, number, 0, TOY_MOVE), path);
}

int64_t program(uint64_t count, char *texts)
{
    int64_t got;
    const char *from = texts + length_of(texts) + 1;
    if (count > 1) {
        open_as(STANDARD_INPUT, from, TOY_READER);
    }
    if (count > 2) {
        open_as(STANDARD_OUTPUT, from + length_of(from) + 1, TOY_WRITER);
    }
    while ((got = toy(STANDARD_INPUT, address_of(bytes), sizeof(bytes), TOY_READ)) > 0) {
        for (int64_t i = 0; i < got; i++) {
            bytes[i] = (char)(bytes[i] >= 'a' && bytes[i] <= 'z' ? bytes[i] - 'a' + 'A' : bytes[i]);
        }
        check(put(STANDARD_OUTPUT, bytes, (size_t)got), "upper: write");
    }
    check(got, "upper: read");
    return 0;
}
