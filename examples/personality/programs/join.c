/*
 * join PATH [WORD...] '|' PATH [WORD...]: runs both programs, of whatever kind, with a pipe from
 * the first to the second, whose code it ends with.
 */
#include "library.h"

/* A child whose descriptor `number` is one end of the pipe, and which has neither otherwise. */
static int64_t run(const char *texts, size_t bytes, const int32_t ends[2], uint64_t number)
{
    int64_t pid = toy(0, 0, 0, TOY_FORK);
    check(pid, "join: fork");
    if (pid > 0) {
        return pid;
    }
    check(toy((uint64_t)ends[number], number, 0, TOY_MOVE), "join: move");
    check(toy((uint64_t)ends[1 - number], 0, 0, TOY_CLOSE), "join: close");
    check(toy(address_of(texts), bytes, 0, TOY_EXEC), texts);
    return 0;
}

int64_t program(uint64_t count, char *texts)
{
    int32_t ends[2];
    int64_t code = 0;
    char *first = texts + length_of(texts) + 1;
    char *bar = first;
    uint64_t left = count - 1;
    while (left > 0 && !(bar[0] == '|' && bar[1] == '\0')) {
        bar += length_of(bar) + 1;
        left--;
    }
    if (bar == first || left < 2) {
        check(-1, "join: PATH [WORD...] '|' PATH [WORD...]");
    }
    char *end = bar;
    for (uint64_t i = 0; i < left; i++) {
        end += length_of(end) + 1;
    }
    check(toy(address_of(ends), 0, 0, TOY_PIPE), "join: pipe");
    (void)run(first, (size_t)(bar - first), ends, STANDARD_OUTPUT);
    int64_t second = run(bar + 2, (size_t)(end - bar - 2), ends, STANDARD_INPUT);
    check(toy((uint64_t)ends[0], 0, 0, TOY_CLOSE), "join: close");
    check(toy((uint64_t)ends[1], 0, 0, TOY_CLOSE), "join: close");
    for (unsigned i = 0; i < 2; i++) {
        int64_t ended = 0;
        int64_t pid = toy(address_of(&ended), 0, 0, TOY_WAIT);
        check(pid, "join: wait");
        code = pid == second ? ended : code;
    }
    return code;
}
