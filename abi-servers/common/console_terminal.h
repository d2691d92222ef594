/*
 * The terminal of a session over the console that its first program brought: the device behind it
 * is a file of another server that is a terminal too, raw meanwhile. One thread reads that, so that
 * ^C is seen while no program reads, and sends the echo. An error, and a read of nothing, are a
 * hang-up.
 */
#ifndef CONSOLE_TERMINAL_H
#define CONSOLE_TERMINAL_H

#include "process.h"

size_t console_terminal_bytes(void);

/*
 * If the process's input and output are terminals, it gets a controlling one over them, which its
 * first three files and its console stand for; else nothing is done. The process leads its session
 * and has not run. When it ends nobody reads the device any more, and all output has been sent; how
 * input is treated then is left to who waits for the leader. Lock not held. NO_PAGES, and what
 * threads and the device answer: then the device is as before.
 */
SINTER_MUST_CHECK status_t console_terminal_give(struct process *leader);

#endif
