/*
 * A terminal as POSIX describes it (XBD chapter 11, General Terminal Interface), with what Linux
 * adds: line discipline, flow control, foreground process group, controlling terminal.
 *
 *   terminal             this; its attributes, output and what is sent to the device
 *   terminal_input       received bytes: signals, flow control, editing, echo
 *   terminal_read        what readers get: lines, or bytes by MIN and TIME
 *   terminal_control     sessions, foreground, who may do what, hang-up
 *   pseudo_terminal      a terminal whose device is the other side of a pair
 *
 * Pure and without a lock: the caller has one around each call, and waits by itself, woken by
 * hooks. Ids are the caller's, 0 is none; one that is in use here must not be given out again.
 * (servers/console keeps its own discipline, with fewer rules and others: sharing would add code.)
 */
#ifndef ABI_TERMINAL_H
#define ABI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "terminal_attributes.h"

enum {
    TERMINAL_INPUT_BYTES = 4096,  /* that wait for readers, or are being typed; a power of two */
    TERMINAL_OUTPUT_BYTES = 4096, /* that wait for the device; a power of two */
    TERMINAL_ECHO_BYTES = 512     /* of those, kept free of what programs write */
};

#define TERMINAL_FOREVER UINT64_MAX

enum terminal_status {
    TERMINAL_DONE,
    TERMINAL_WAITS,          /* nothing was done; a hook tells when to try again (or: EAGAIN) */
    TERMINAL_SIGNALLED,      /* the caller's group has been sent a signal; the call is made again */
    TERMINAL_IO_ERROR,       /* EIO */
    TERMINAL_NOT_PERMITTED,  /* EPERM */
    TERMINAL_NOT_CONTROLLING /* ENOTTY: it is not the controlling terminal of the caller */
};

/* Numbers as Linux has them on all its newer machines. */
enum terminal_signal {
    TERMINAL_SIGHUP = 1,
    TERMINAL_SIGINT = 2,
    TERMINAL_SIGQUIT = 3,
    TERMINAL_SIGCONT = 18,
    TERMINAL_SIGTSTP = 20,
    TERMINAL_SIGTTIN = 21,
    TERMINAL_SIGTTOU = 22,
    TERMINAL_SIGWINCH = 28
};

/* Who may be able to go on; all who wait for it. */
enum terminal_wake {
    TERMINAL_WAKE_READERS = 0x1, /* terminal_read() */
    TERMINAL_WAKE_WRITERS = 0x2, /* terminal_write(); and those who wait for output to be sent */
    TERMINAL_WAKE_DEVICE = 0x4,  /* terminal_send(): there is something to be sent */
    TERMINAL_WAKE_SOURCE = 0x8   /* terminal_receive(): there is room */
};

/* Called inside the calls below, which they must not make; all are wanted. */
struct terminal_hooks {
    void (*wake)(void *context, uint32_t who); /* TERMINAL_WAKE_ bits */
    void (*signal_group)(void *context, uint32_t group, enum terminal_signal signal);
    void (*signal_leader)(void *context, uint32_t session, enum terminal_signal signal);
    bool (*group_is_orphaned)(void *context, uint32_t group);
};

struct terminal {
    const struct terminal_hooks *hooks;
    void *context;
    struct terminal_attributes attributes;
    struct terminal_size size;
    uint32_t session;    /* whose controlling terminal it is */
    uint32_t foreground; /* process group; 0 when `session` is */
    bool hung_up;
    bool suspended;         /* output, by TERMINAL_OUTPUT_OFF */
    bool stopped;           /* output, by VSTOP */
    bool source_stopped;    /* VSTOP has been sent (IXOFF) */
    bool literal;           /* VLNEXT was typed */
    uint8_t flow_character; /* to be sent before all else; 0: none */
    uint32_t woken;         /* TERMINAL_WAKE_ bits that the hook has not got yet */
    uint32_t column;        /* where the output stands */
    uint32_t line_column;   /* where it stood when the line being typed began */
    /* Counters that run freely; positions are their remainders. Input between first and line can be
     * read; in canonical mode that between line and end is being typed. */
    uint32_t input_first, input_line, input_end;
    uint32_t output_first, output_end;
    uint16_t input[TERMINAL_INPUT_BYTES]; /* a byte, and bits of terminal_internal.h */
    uint8_t output[TERMINAL_OUTPUT_BYTES];
};

void terminal_init(struct terminal *terminal, const struct terminal_hooks *hooks, void *context);

/* ---- the side of programs; who may is asked before, with terminal_may() --------------------- */

/* A read that may have to be tried more than once; begins as {.nonblocking = …}. */
struct terminal_reading {
    bool nonblocking; /* also when it has been interrupted: what there is, or TERMINAL_WAITS */
    bool timed;
    uint32_t input_end;
    uint64_t deadline; /* ns; after TERMINAL_WAITS, when to try again even if nobody is woken */
};

/*
 * One read: a line or less, 0 bytes for an end of file or after a hang-up; or, without ICANON, by
 * MIN and TIME, `now` in ns of any clock. No read gets more than TERMINAL_INPUT_BYTES.
 */
enum terminal_status terminal_read(struct terminal *terminal, struct terminal_reading *reading,
                                   uint64_t now, void *to, uint32_t capacity, uint32_t *count);

/* As much as there is room for, at least one byte if there are any; or WAITS, or IO_ERROR. */
enum terminal_status terminal_write(struct terminal *terminal, const void *bytes, uint32_t count,
                                    uint32_t *taken);

/* For poll: whether a read, a write of one byte, would not wait. */
bool terminal_readable(const struct terminal *terminal);
bool terminal_writable(const struct terminal *terminal);

/* FIONREAD, TIOCOUTQ: bytes that can be read, that have not been sent. */
uint32_t terminal_input_count(const struct terminal *terminal);
uint32_t terminal_output_count(const struct terminal *terminal);

/* What waits to be read when ICANON is set becomes lines, what was a line becomes bytes. */
void terminal_set_attributes(struct terminal *terminal,
                             const struct terminal_attributes *attributes);

/* Tells the foreground group if it has changed. */
void terminal_set_size(struct terminal *terminal, const struct terminal_size *size);

enum { TERMINAL_FLUSH_INPUT = 0x1, TERMINAL_FLUSH_OUTPUT = 0x2 };
void terminal_flush(struct terminal *terminal, uint32_t queues);

enum terminal_flow_action {
    TERMINAL_OUTPUT_OFF, /* TCOOFF and so on */
    TERMINAL_OUTPUT_ON,
    TERMINAL_INPUT_OFF,
    TERMINAL_INPUT_ON
};
void terminal_flow(struct terminal *terminal, enum terminal_flow_action action);

/* ---- the side of the device ----------------------------------------------------------------- */

/*
 * Bytes that were typed; answers how many were taken. The rest is offered again when
 * TERMINAL_WAKE_SOURCE comes. Nothing is lost, but what makes a line longer than can be held, and
 * echo when there is no room for it.
 */
uint32_t terminal_receive(struct terminal *terminal, const void *bytes, uint32_t count);

/* Whether a plain byte would be taken. */
bool terminal_receives(const struct terminal *terminal);

/* What is to be sent, up to the capacity; answers its length. */
uint32_t terminal_send(struct terminal *terminal, void *to, uint32_t capacity);

/* Whether terminal_send() would answer more than 0. */
bool terminal_sends(const struct terminal *terminal);

/* The connection is gone: SIGHUP and SIGCONT to the session's leader; reads answer the end of file
 * and writes fail from now on. */
void terminal_hang_up(struct terminal *terminal);

/* ---- sessions and jobs ---------------------------------------------------------------------- */

struct terminal_caller {
    uint32_t session;
    uint32_t group;
    bool leads_session;
    bool has_terminal;    /* its session has a controlling terminal */
    bool ignores_sigttin; /* or blocks it */
    bool ignores_sigttou;
};

enum terminal_operation {
    TERMINAL_READ,
    TERMINAL_WRITE,
    TERMINAL_CHANGE /* attributes, size, foreground, flushing, draining, flow */
};

/* DONE: go on. SIGNALLED: the caller is in the background and its group has been told. IO_ERROR. */
enum terminal_status terminal_may(struct terminal *terminal, const struct terminal_caller *caller,
                                  enum terminal_operation operation);

/* Becomes the controlling terminal of a session's leader that has none. NOT_PERMITTED: it has, does
 * not lead, or the terminal is another session's (terminal_leave() takes it away). IO_ERROR. */
enum terminal_status terminal_acquire(struct terminal *terminal,
                                      const struct terminal_caller *caller);

/* tcsetpgrp(); group_session is the session in which `group` is, 0 if there is no such group. */
enum terminal_status terminal_set_foreground(struct terminal *terminal,
                                             const struct terminal_caller *caller, uint32_t group,
                                             uint32_t group_session);

/* The leader of its session has ended or given it up: SIGHUP to the foreground group, and SIGCONT
 * if `gives_up`; then it is nobody's. */
void terminal_leave(struct terminal *terminal, bool gives_up);

#endif
