/*
 * The processes of echo_personality: a guest space with a page of code and one of data each, and a
 * thread that runs the guest. The places have their threads for good. All but the threads' own part
 * is for the server's thread.
 */
#ifndef ECHO_PROCESS_H
#define ECHO_PROCESS_H

#include "server.h"

enum {
    ECHO_PROCESSES = 8,
    ECHO_WAITERS = 4,
    ECHO_NAME = 32,
    ECHO_DATA = 4096, /* bytes that a program can print */
    ECHO_CODE = 16,   /* instructions */
};

/* System calls of its programs: the number in argument 1, a value in argument 0. */
enum echo_call {
    ECHO_EXIT = 1,
    ECHO_PRINT,
    ECHO_SLEEP,
    ECHO_CRASH,
    ECHO_NATIVE,
    ECHO_FLOAT,
    ECHO_STUBBORN
};

struct echo_program {
    uint32_t code[ECHO_CODE];
    uint32_t count;
    uint8_t data[ECHO_DATA];
};

struct echo_process {
    bool used;
    bool detached;
    _Atomic bool running; /* the thread's until it is false */
    _Atomic bool killed;
    _Atomic bool stubborn;
    _Atomic uint32_t interruptions; /* that a stubborn one has had */
    uint64_t pid;
    uint64_t badge;
    char name[ECHO_NAME];
    handle_t files[3];
    handle_t space, memory[2], guest;
    struct guest_state *state;
    handle_t wake; /* event: it is to run, or to end its sleep */
    int64_t code, kill_code;
    uint32_t reason; /* EXIT_ */
    handle_t waiters[ECHO_WAITERS];
};

extern struct echo_process echo_processes[ECHO_PROCESSES];

/* Makes the places. `server`: its `control` is signalled with the bit of a place that has ended. */
SINTER_MUST_CHECK status_t echo_begin(struct server *server);
/* Starts a program; the files become the process's, also on failure. FULL: no place is free. */
SINTER_MUST_CHECK status_t echo_start(const struct echo_program *program, const char *name,
                                      const handle_t files[3], struct echo_process **started);
void echo_kill(struct echo_process *process, int64_t code);
/* Its thread is done with it: closes what it had. */
void echo_close(struct echo_process *process);

#endif
