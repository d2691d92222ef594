/* What the tests of terminal_personality's calls share; see main.c. */
#pragma once

#include "xv6.h"

#define CALL(number, type, name, arguments) type name arguments;
#include "terminals/call_list.h"
#undef CALL

enum {
    HUNG_UP = 129,     /* exit codes of what a signal has ended */
    INTERRUPTED = 130, /* 128 and its number */
    CONTINUE = 18,     /* SIGCONT */
    STOP = 19,         /* SIGSTOP */
    TSTP = 20,         /* of ^Z */
    TTIN = 21,         /* input in the background */
    ENDED = 1,         /* what a parent hears of a child */
    STOPPED = 2,
    CONTINUED = 4,
    POLL = 8,
    ANY = 0,
    LONG = 1000000 /* ticks */
};

/* Ends the test that runs, and all, with what was not as it should be. */
void expect(bool good, const char *what);
void expect_text(int file, const char *wanted);
int wait_code(int child);
/* A word from a child to its parent, by a pipe. */
void told(int file);
void tell(int file);

extern const char *test;

struct test {
    const char *name;
    void (*run)(void);
};

extern const struct test signal_tests[];
extern const unsigned signal_test_count;
