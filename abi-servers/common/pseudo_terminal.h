/*
 * A pseudo-terminal: a terminal (the slave) whose device is a program that holds the master side.
 * What is written to the master is typed, what programs send to the terminal is read there. Rules
 * of the ends as on Linux, which POSIX leaves open. Slaves use `terminal` itself, with terminal.h;
 * the hooks' DEVICE is the master's readers, SOURCE its writers. Lock as there.
 */
#ifndef ABI_PSEUDO_TERMINAL_H
#define ABI_PSEUDO_TERMINAL_H

#include "terminal.h"

struct pseudo_terminal {
    struct terminal terminal;
    uint32_t slaves;   /* open files */
    bool slave_closed; /* the last of them; until the next is opened */
    bool locked;       /* until unlockpt() */
};

/* The master is open, no slave is, and none can be opened until `locked` is cleared. */
void pseudo_terminal_init(struct pseudo_terminal *pair, const struct terminal_hooks *hooks,
                          void *context);

/* IO_ERROR: it is locked, or the master has been closed. */
enum terminal_status pseudo_terminal_open_slave(struct pseudo_terminal *pair);
void pseudo_terminal_close_slave(struct pseudo_terminal *pair);

/* The last close of the master: a hang-up. No slave can be opened any more. */
void pseudo_terminal_close_master(struct pseudo_terminal *pair);

/* WAITS, also before the first slave is opened; IO_ERROR: there are no more slaves, and all they
 * have sent has been read. */
enum terminal_status pseudo_terminal_read_master(struct pseudo_terminal *pair, void *to,
                                                 uint32_t capacity, uint32_t *count);

/* As much as there is room for; slaves that are opened later can read it too. */
enum terminal_status pseudo_terminal_write_master(struct pseudo_terminal *pair, const void *bytes,
                                                  uint32_t count, uint32_t *taken);

/* For poll of the master; `slave_closed` is a hang-up there. */
bool pseudo_terminal_master_readable(const struct pseudo_terminal *pair);
bool pseudo_terminal_master_writable(const struct pseudo_terminal *pair);

#endif
