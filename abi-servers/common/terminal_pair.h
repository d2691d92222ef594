/*
 * Pseudo-terminals (pseudo_terminal.h) as open files: a master, and slaves opened from it. The
 * pair lasts until the last of them is closed. Lock held, but for reads and writes.
 */
#ifndef TERMINAL_PAIR_H
#define TERMINAL_PAIR_H

#include "process.h"

size_t terminal_pair_bytes(void);

/* The master of a new pair, whose slave is locked; null: there is no room. */
struct open_file *terminal_pair_new(void);
/* unlockpt(). */
void terminal_pair_unlock(struct open_file *master);
/* IO_ERROR: it is locked. BAD_STATE: the file is no master. FULL. */
SINTER_MUST_CHECK status_t terminal_pair_open(struct open_file *master, struct open_file **slave);
/* By open_file_release(): such a file is not there any more. */
void terminal_pair_close(struct open_file *file);

/* Of a master, as open_file_read() and open_file_write(). IO_ERROR: no slave is open any more. */
SINTER_MUST_CHECK status_t terminal_pair_read(struct process *process, struct open_file *master,
                                              uint64_t address, uint64_t length, uint64_t *count);
SINTER_MUST_CHECK status_t terminal_pair_write(struct process *process, struct open_file *master,
                                               uint64_t address, uint64_t length, uint64_t *count);

#endif
