/*
 * A terminal (terminal.h) as processes of this personality use it: they wait in queues, and signals
 * go to their groups. What its device is says who makes one: console_terminal, terminal_pair.
 *
 * `terminal`, the queues and the counter are under host.lock, which reads and writes take.
 */
#ifndef PROCESS_TERMINAL_H
#define PROCESS_TERMINAL_H

#include "process.h"
#include "terminal.h"

struct process_terminal;

struct process_terminal_device {
    void (*send)(struct process_terminal *at); /* after a change by a process; lock not held */
    void (*end)(struct process_terminal *at);  /* its session's leader ends; lock not held */
    void (*room)(struct process_terminal *at); /* more can be received; lock held */
    void (*free)(struct process_terminal *at); /* nobody refers to it any more; lock held */
};

struct process_terminal {
    const struct process_terminal_device *device;
    struct terminal *terminal;
    uint32_t references;
    struct wait_queue readers, writers;
    struct wait_queue senders,
        typists; /* processes that are the device: its readers, its writers */
    bool over;   /* nothing is read from it any more */
};

/* For terminal_init(), with the process_terminal as context. */
extern const struct terminal_hooks process_terminal_hooks;

/* With one reference, the caller's. */
void process_terminal_init(struct process_terminal *at, struct terminal *terminal,
                           const struct process_terminal_device *device);

/* Lock held. */
struct process_terminal *process_terminal_share(struct process_terminal *at);
void process_terminal_release(struct process_terminal *at);

/* As open_file_read() and open_file_write(). INTERRUPTED also: the process's group has been sent a
 * signal, because it is in the background. IO_ERROR. */
SINTER_MUST_CHECK status_t process_terminal_read(struct process *process,
                                                 struct process_terminal *at, uint64_t address,
                                                 uint64_t length, uint64_t *count);
SINTER_MUST_CHECK status_t process_terminal_write(struct process *process,
                                                  struct process_terminal *at, uint64_t address,
                                                  uint64_t length, uint64_t *count);

/* TIOCSCTTY: it becomes the controlling terminal of the session that the process leads. NO_RIGHT:
 * that leads none, or has one, or the terminal is another's. IO_ERROR. Lock held. */
SINTER_MUST_CHECK status_t process_terminal_acquire(struct process *process,
                                                    struct process_terminal *at);
/* tcsetpgrp(). NO_RIGHT: no such group in the session. UNSUPPORTED: it is not the controlling
 * terminal of the process. INTERRUPTED, IO_ERROR as above. Lock held. */
SINTER_MUST_CHECK status_t process_terminal_set_foreground(struct process *process,
                                                           struct process_terminal *at,
                                                           uint32_t group);

/* A leader's end: its session has no controlling terminal any more. Lock not held. */
void process_terminal_end(struct process *leader);

#endif
