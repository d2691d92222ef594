/*
 * This object once more, loaded into a task and an address space of its own. It calls its parent
 * for one command after the other; the parent's answer is the next command.
 */
#ifndef TEST_CHILD_H
#define TEST_CHILD_H

#include "test.h"

enum {
    CHILD_EXIT = 1, /* task_exit(words[1]) */
    CHILD_RETURN,   /* returns words[1] from server_main() */
    CHILD_READ,     /* the word at words[1] */
    CHILD_WRITE,    /* writes words[2] there */
    CHILD_INFO,     /* handle_info() of words[1]: status, identity */
    CHILD_LEND,     /* lends its buffer with the next call; answers its first and last byte then */
    CHILD_TESTS,    /* runs the tests of hosts: how many passed, how many failed */
    CHILD_STORM,    /* the same, of one round of random instructions */
    CHILD_SPIN,     /* runs a guest that never leaves, in threads that never end */
    CHILD_FLOAT,    /* uses floating point, after a guest that did, as words[1] says (FLOAT_) */
    CHILD_ILLEGAL,  /* executes what is no instruction */
    CHILD_EXECUTE,  /* calls code of a guest that it has */
    CHILD_STRAY,    /* goes to a wrong address while it has a guest, as words[1] says (STRAY_) */
    CHILD_GUEST,    /* makes a guest, whose handle comes with the next call */
    CHILD_TAKE,     /* maps words[1] pages of its account and writes to each: status */
};

enum { CHILD_BUFFER = 3 * 4096 }; /* bytes; byte i holds i % 251 */

/* True: this task is a child; server_main() is to return what child_main() does. */
bool child_is(const struct start_info *info);
int child_main(const struct start_info *info);

struct child {
    struct service service; /* where it calls */
    struct received call;   /* its last one, bound to service.reply */
    handle_t account, space, task, thread;
};

/* Loads and starts it; faults go to `faults` unless that is 0. Its first call is received. */
bool child_start(struct child *child, handle_t faults);
/* The same in a space that can host guests. */
bool child_start_host(struct child *child, handle_t faults);
/* Whether the boot set has a file, by its whole path. */
bool boot_set_has(const char *path);
/* Answers its call with a command. */
void child_command(struct child *child, uint64_t command, uint64_t word1, uint64_t word2);
/* The same, and receives the next call: what it answers is in call.words. */
void child_order(struct child *child, uint64_t command, uint64_t word1, uint64_t word2);
/* Waits for its death, checks how it died, closes all, and checks that all it had is given back. */
void child_end(struct child *child, uint32_t reason, int64_t code);

#endif
