/* See library.h; and the header that the file of every program begins with. */
#include "library.h"

#include "guest_machine.h"

extern const char text_end[], data_end[], zero_end[]; /* program.ld */

_Noreturn void start(uint64_t count, char *texts);

__attribute__((section(".header"), used)) static const struct toy_header header = {
    .magic = {'t', 'o', 'y', 'p', 'r', 'o', 'g', '1'},
    .machine = GUEST_MACHINE,
    .entry = (uint64_t)start,
    .text_end = (uint64_t)text_end,
    .data_end = (uint64_t)data_end,
    .zero_end = (uint64_t)zero_end,
};

static _Noreturn void leave(int64_t code)
{
    for (;;) {
        (void)toy((uint64_t)code, 0, 0, TOY_EXIT);
    }
}

_Noreturn void start(uint64_t count, char *texts)
{
    leave(program(count, texts));
}

size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

int64_t put(uint64_t file, const char *bytes, size_t count)
{
    int64_t moved = 0;
    for (size_t done = 0; done < count && moved >= 0; done += (size_t)moved) {
        moved = toy(file, address_of(bytes + done), count - done, TOY_WRITE);
    }
    return moved;
}

void check(int64_t answer, const char *what)
{
    if (answer < 0) {
        (void)put(STANDARD_ERROR, what, length_of(what));
        (void)put(STANDARD_ERROR, ": refused\n", 10);
        leave(1);
    }
}
