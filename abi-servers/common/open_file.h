/*
 * What descriptors stand for: files of other servers, pipes and terminals of this personality, the
 * console.
 * Counted: descriptors of several processes can stand for one. The lock of the personality is held
 * where nothing else is said.
 */
#ifndef OPEN_FILE_H
#define OPEN_FILE_H

#include <sinter/system.h>
#include <stdbool.h>

#include "wait_queue.h"

struct process_terminal;

enum open_kind {
    OPEN_REMOTE,
    OPEN_DIRECTORY,
    OPEN_PIPE,
    OPEN_CONSOLE,
    OPEN_TERMINAL, /* a slave of a pair */
    OPEN_TERMINAL_MASTER,
};

struct open_file {
    enum open_kind kind;
    uint32_t references;
    bool readable, writable;
    uint32_t file_kind;                /* FILE_KIND_ of the remote one */
    handle_t endpoint;                 /* OPEN_REMOTE, OPEN_DIRECTORY */
    struct pipe *pipe;                 /* OPEN_PIPE */
    struct process_terminal *terminal; /* OPEN_TERMINAL…; OPEN_REMOTE that is the device of one */

    /* OPEN_DIRECTORY: of the process whose turn it is, without the lock. */
    uint64_t position;   /* where the next read begins, in the ABI's format */
    uint64_t list_index; /* the entry that `list` has at list_position */
    uint64_t list_position;
    bool is_taken; /* the turn, by somebody */
    struct wait_queue turn;
};

/* The terminal that a program from outside came with: what its children open as the console. */
struct console {
    uint32_t references;
    struct open_file *input, *output;
};

/* One reference, the caller's; null: there is no room. It owns the endpoint. */
struct open_file *open_file_new(enum open_kind kind, handle_t endpoint, bool readable,
                                bool writable);
struct open_file *open_file_share(struct open_file *file);
/* May call other servers in closing handles, which does not wait. */
void open_file_release(struct open_file *file);

struct console *console_share(struct console *console);
void console_release(struct console *console);
struct console *console_new(struct open_file *input, struct open_file *output);

/*
 * Reads into, and writes from, memory of the guest that the calling thread has attached; lock not
 * held. *count can be less than wanted, and more than 0 beside an error of a write. BAD_ADDRESS,
 * NO_RIGHT, INTERRUPTED (killed, or poked while it waited for something else than a regular file),
 * BROKEN_PIPE, and what the server answers.
 */
SINTER_MUST_CHECK status_t open_file_read(struct process *process, struct open_file *file,
                                          uint64_t address, uint64_t length, uint64_t *count);
SINTER_MUST_CHECK status_t open_file_write(struct process *process, struct open_file *file,
                                           uint64_t address, uint64_t length, uint64_t *count);

/*
 * One process at a time is at a directory's position, also while a server is called: the lock is
 * not held. INTERRUPTED: killed or poked; the turn is not its.
 */
SINTER_MUST_CHECK status_t open_file_begin_turn(struct process *process, struct open_file *file);
void open_file_end_turn(struct open_file *file);

/* A new endpoint of the file, for somebody else: the caller's. Lock not held. */
SINTER_MUST_CHECK status_t open_file_endpoint(struct open_file *file, handle_t *endpoint);

#endif
