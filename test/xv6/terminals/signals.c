/*
 * Signals with handlers: in the middle of a computation, of each kind of wait, of stops and execs,
 * by faults, and many of them. A call that a signal has ended answers -1.
 */
#include "terminals.h"

#include "guest_registers.h"

enum {
    USER = 10,
    FAULT = 11,
    TERM = 15,
    KILLED_BY = 128,
    ROUNDS = 300,
    ENOUGH = 20,
    UNMAPPED = 0x3000000,
};

struct frame {
    uint64_t registers[64];
};

static volatile int caught;
static volatile uint64_t fault_address;

static void count(int signal, struct frame *frame)
{
    (void)signal;
    caught++;
    signal_return(frame);
}

static int start_pipe(int ends[2])
{
    expect(pipe(ends) == 0, "a pipe");
    return fork();
}

static void computing(void)
{
    int ends[2];
    int child = start_pipe(ends);
    if (child == 0) {
        volatile int sum = 0;
        expect(signal_catch(USER, count) == 0, "a handler");
        tell(ends[1]);
        while (caught < 3) {
            sum = sum + 1;
        }
        exit(3);
    }
    told(ends[0]);
    int code;
    while (child_wait(child, ENDED | POLL, &code) == 0) {
        job_signal(child, USER);
    }
    expect(code == 3, "it goes on after each");
    close(ends[0]);
    close(ends[1]);
}

static void default_ends(void)
{
    int ends[2];
    int child = start_pipe(ends);
    if (child == 0) {
        expect(signal_catch(USER, count) == 0 && signal_catch(USER, NULL) == 0, "and none");
        expect(signal_catch(0, count) < 0 && signal_catch(32, count) < 0, "no such signals");
        tell(ends[1]);
        pause(LONG);
    }
    told(ends[0]);
    expect(job_signal(child, USER) == 0 && wait_code(child) == KILLED_BY + USER, "its end");
    close(ends[0]);
    close(ends[1]);
}

/* ---- what waits ----------------------------------------------------------------------------- */

static int wait_in_read(int *ends)
{
    char byte;
    return read(ends[0], &byte, 1);
}

static int wait_in_write(int *ends)
{
    char bytes[PIPE_BYTES + 1] = "";
    return write(ends[1], bytes, sizeof(bytes));
}

static int wait_in_pause(int *ends)
{
    (void)ends;
    return pause(LONG);
}

static int wait_for_child(int *ends)
{
    int code;
    (void)ends;
    int child = fork();
    if (child == 0) {
        pause(LONG);
    }
    int result = wait(&code);
    kill(child);
    return result;
}

/* In a call of a server: nobody types. */
static int wait_in_device(int *ends)
{
    char byte;
    int file = -1;
    (void)ends;
    while (file < 0) { /* the signal can come meanwhile */
        file = open("/dev/console", O_RDONLY);
    }
    int result = read(file, &byte, 1);
    close(file);
    return result;
}

static int wait_for_terminal(int *ends)
{
    char byte;
    int master = pair_open();
    (void)ends;
    expect(pair_unlock(master) == 0, "a pair");
    int slave = pair_slave(master);
    int result = read(slave, &byte, 1);
    close(slave);
    close(master);
    return result;
}

static int wait_for_slave(int *ends)
{
    char byte;
    int master = pair_open();
    (void)ends;
    expect(pair_unlock(master) == 0, "a pair");
    int slave = pair_slave(master);
    int result = read(master, &byte, 1);
    close(slave);
    close(master);
    return result;
}

/* A signal that comes before the wait has its handler then; so there is another. */
static void interrupt(const char *name, int (*wait_in)(int *ends))
{
    int ends[2], inner[2], code;
    int child = start_pipe(ends);
    if (child == 0) {
        expect(pipe(inner) == 0 && signal_catch(USER, count) == 0, "a handler");
        tell(ends[1]);
        expect(wait_in(inner) == -1, name);
        expect(caught > 0, "for the handler");
        exit(4);
    }
    told(ends[0]);
    for (int i = 0; child_wait(child, ENDED | POLL, &code) == 0; i++) {
        pause(1);
        if (i % ENOUGH == 1) {
            expect(job_signal(child, USER) == 0, "a signal");
        }
    }
    expect(code == 4, "its end");
    close(ends[0]);
    close(ends[1]);
}

static void waits(void)
{
    interrupt("read", wait_in_read);
    interrupt("write", wait_in_write);
    interrupt("pause", wait_in_pause);
    interrupt("wait", wait_for_child);
    interrupt("device", wait_in_device);
    interrupt("terminal", wait_for_terminal);
    interrupt("master", wait_for_slave);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void recovered(void)
{
    exit(fault_address == UNMAPPED ? 5 : 6);
}

static void leap(int signal, struct frame *frame, uint64_t address)
{
    fault_address = address;
    frame->registers[GUEST_PC] = (uint64_t)(uintptr_t)recovered;
    signal_return(signal == FAULT ? frame : NULL);
}

/* What it wanted to write to is there when it tries again. */
static void provide(int signal, struct frame *frame, uint64_t address)
{
    (void)signal;
    (void)address;
    caught++;
    sbrk(PAGE);
    signal_return(frame);
}

static void faults(void)
{
    int child = fork();
    if (child == 0) {
        expect(signal_catch(FAULT, leap) == 0, "a handler");
        *(volatile int *)UNMAPPED = 1;
        exit(7);
    }
    expect(wait_code(child) == 5, "its handler leads elsewhere, and knows the address");
    child = fork();
    if (child == 0) {
        volatile char *end = sbrk(0);
        expect(signal_catch(FAULT, provide) == 0, "a handler");
        *end = 8;
        exit(*end == 8 && caught == 1 ? 8 : 9);
    }
    expect(wait_code(child) == 8, "the instruction is tried again");
    child = fork();
    if (child == 0) {
        *(volatile int *)UNMAPPED = 1;
    }
    expect(wait_code(child) == -1, "without one it ends");
}

/* ---- with stops and execs -------------------------------------------------------------------- */

static void stopped(void)
{
    int ends[2], code;
    int child = start_pipe(ends);
    if (child == 0) {
        expect(signal_catch(USER, count) == 0, "a handler");
        tell(ends[1]);
        while (caught == 0) {
        }
        tell(ends[1]);
        pause(LONG);
    }
    told(ends[0]);
    expect(job_signal(child, STOP) == 0, "a stop");
    expect(child_wait(child, STOPPED, &code) == STOPPED, "news of it");
    expect(job_signal(child, USER) == 0, "a signal meanwhile");
    pause(2);
    expect(job_signal(child, CONTINUE) == 0, "it goes on");
    told(ends[0]);
    expect(kill(child) == 0 && wait_code(child) == -1, "its end");
    close(ends[0]);
    close(ends[1]);
}

/* A signal does not make an exec fail: it comes before, or ends the new program, which has no
 * handler. */
static void execs(void)
{
    static const char *const arguments[] = {"echo.o", NULL};
    for (int i = 0; i < ENOUGH; i++) {
        int ends[2];
        int child = start_pipe(ends);
        if (child == 0) {
            expect(signal_catch(USER, count) == 0, "a handler");
            tell(ends[1]);
            exec("/host/terminals", arguments);
            exit(99);
        }
        told(ends[0]);
        for (int j = 0; j < i; j++) {
            getpid();
        }
        int code;
        while (child_wait(child, ENDED | POLL, &code) == 0) {
            job_signal(child, USER);
        }
        expect(code != 99, "the exec");
        close(ends[0]);
        close(ends[1]);
    }
}

/* ---- many ------------------------------------------------------------------------------------ */

/* A call fails only if a signal has come. */
static bool done(int result, int *before)
{
    bool interrupted = result < 0 && caught != *before;
    expect(result >= 0 || interrupted, "a call fails without a signal");
    *before = caught;
    return !interrupted;
}

static void work(int file, int inner[2])
{
    int seen = caught;
    char byte = 'x', bytes[8];
    int child;
    for (int i = 0; i < ROUNDS; i++) {
        while (!done(write(inner[1], &byte, 1), &seen)) {
        }
        while (!done(read(inner[0], &byte, 1), &seen)) {
        }
        expect(read(file, bytes, sizeof(bytes)) == sizeof(bytes), "a file is no wait");
        if (i % ENOUGH == 0) {
            while (!done(child = fork(), &seen)) {
            }
            if (child == 0) {
                exit(2);
            }
            while (!done(wait(NULL), &seen)) {
            }
        }
    }
    exit(caught > 0 ? 10 : 11);
}

static void storm(void)
{
    int ends[2], inner[2], code;
    int child = start_pipe(ends);
    if (child == 0) {
        int file = open("/host/terminals", O_RDONLY);
        expect(file >= 0 && pipe(inner) == 0, "a file and a pipe");
        expect(signal_catch(USER, count) == 0, "a handler");
        tell(ends[1]);
        work(file, inner);
    }
    told(ends[0]);
    while (child_wait(child, ENDED | POLL, &code) == 0) {
        job_signal(child, USER);
    }
    expect(code == 10, "all is done under signals");
    close(ends[0]);
    close(ends[1]);
}

const struct test signal_tests[] = {
    {"computing", computing}, {"default_ends", default_ends}, {"waits", waits},
    {"faults", faults},       {"stopped", stopped},           {"execs", execs},
    {"storm", storm},
};
const unsigned signal_test_count = sizeof(signal_tests) / sizeof(signal_tests[0]);
