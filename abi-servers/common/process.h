/*
 * Foreign processes, and the threads of the personality that run them: one each, from a pool.
 *
 *   export      programs from outside, and what those who started them ask
 *   process     this: the table, parents and children, ends, waiting
 *   process_run their guests; host_thread: the threads that run them
 *   session     groups and sessions: whom the terminal's signals reach
 *   exec        a program's file becomes an image
 *   open_file   what descriptors stand for; names: paths
 *   image       memory and registers
 *
 * `host.lock` guards whatever more than one process can see. A process waits with
 * process_sleep() on a queue, or in a call of another server; process_end() ends both, and so does
 * process_poke(), by which an ABI delivers signals.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include "guest_image.h"
#include "exec.h"
#include "mutex.h"
#include "names.h"
#include "open_file.h"
#include "pool.h"
#include "server.h"
#include "terminal.h"
#include "wait_queue.h"

enum {
    PROCESSES = 64,
    DESCRIPTORS = 16,
    PROCESS_NAME = 16,
};

struct process;

enum process_state {
    PROCESS_FREE,
    PROCESS_RUNS,
    PROCESS_FOREIGN, /* it goes on as a program of another kind, `foreign` */
    PROCESS_ZOMBIE,
};

/* What a parent can be told of a child. */
enum child_event {
    CHILD_ENDED = 1,
    CHILD_STOPPED = 2,
    CHILD_CONTINUED = 4,
};

/* What a wait is for. */
struct child_choice {
    uint32_t pid;    /* this child; 0: any */
    uint32_t group;  /* of this group; 0: any */
    uint32_t events; /* CHILD_ bits */
    bool poll;       /* only if it has happened already */
};

struct child_news {
    uint32_t pid;
    enum child_event event;
    int64_t code;    /* of an end: the exit code; of a stop: its signal */
    uint32_t reason; /* of an end: EXIT_ */
};

struct process {
    /* Its own thread's. */
    struct image image;
    struct image next_image; /* of an exec that has succeeded: to be put on */
    handle_t foreign_next;   /* or the program of another kind that it becomes */
    struct working_directory directory;
    struct host_thread *thread;
    uint64_t size; /* the ABI's own: where its memory ends; then of `next_image` */
    uint64_t next_size;
    bool leaves;          /* its guest: for its end, or to be replaced */
    _Atomic bool outside; /* its thread is not in its guest, and looks at `halts` before it is */

    /* Under the lock, but read by its own thread without. */
    uint32_t pid;
    enum process_state state;
    char name[PROCESS_NAME];
    struct process *parent; /* null: somebody outside, or nobody */
    uint32_t family;        /* pid of the one that came from outside */
    uint32_t group;         /* processes that signals of the terminal reach together */
    uint32_t session;       /* pid of its leader, which each program from outside is */
    bool is_shell;          /* a leader that has opened its terminal: the ABI may spare it */
    _Atomic bool killed;
    int64_t kill_code;
    _Atomic bool halts; /* killed, stopped or poked: it sees to that before its guest goes on */
    _Atomic bool poked; /* process_poke() */
    bool shielded;      /* what it does now is not to end for a poke */
    bool kicked;        /* once: its thread may still have that before it */
    bool stopped;
    bool stop_untold;     /* its guest may still run for a moment */
    uint32_t stop_signal; /* what stopped it last */
    uint32_t news;        /* CHILD_STOPPED or _CONTINUED, which its parent has not taken; or 0 */
    struct wait_queue continues; /* where it then waits */
    struct open_file *files[DESCRIPTORS];
    struct console *console;
    struct process_terminal *terminal; /* of a leader: its session's controlling one */
    handle_t foreign;
    bool passes; /* `pass_code` is to be passed on to that */
    int64_t pass_code;

    int64_t code; /* of a zombie */
    uint32_t reason;
    struct wait_queue children; /* where it waits for news of them */

    struct process *next_sleeper; /* in the queue where it waits */
    bool asleep;

    bool held;     /* somebody outside has its endpoint */
    bool detached; /* it goes on when nobody has it any more */
    bool asks;     /* and waits for its end, with `reply` */
    handle_t reply;
    bool told;         /* of its end */
    uint32_t instance; /* of the place in the table, part of the badge */
};

/* What a personality brings. */
struct personality_abi {
    const char *name;
    /* A system call. False: the process ends, or has another image. What has been killed or stopped
     * meanwhile does not go on, whatever is answered. */
    bool (*call)(struct process *process);
    /*
     * Fills `image`, which is empty, with a program for a process: its memory, arguments and
     * registers. BAD_FORMAT: not of this ABI; `why` gets a line.
     */
    status_t (*load)(struct process *process, struct image *image, handle_t file,
                     const struct arguments *arguments, struct refusal_text *why);
    /* Sends it a signal of a terminal; null: `obey` is asked, and else it does what it does by
     * default. Lock held. */
    void (*signal)(struct process *process, enum terminal_signal signal);
    /* A child has ended, stopped or gone on, for which a parent may want a signal; null: none does.
     * Lock held. */
    void (*child)(struct process *parent, const struct process *child, enum child_event event);
    /*
     * What process_poke() asked for, in the process's own thread before its guest goes on: its
     * registers and memory may be changed, as for the handler of a signal, or process_exit()
     * called.
     */
    void (*resume)(struct process *process);
    /* The guest has made a fault that nothing mends (image.state tells which). True: it goes on
     * with the registers that it was given; false, or null: it ends, with a line in the log unless
     * process_exit() was called. */
    bool (*fault)(struct process *process);
    /* Somebody sends a code that process_obey() explains. False, or null: it is obeyed as there.
     * Lock held. */
    bool (*obey)(struct process *process, int64_t code);
    /* A place of the table is taken, by a process from outside (null) or a child, and is given up:
     * what the ABI keeps for each begins and ends. Null: nothing. Lock held. */
    void (*begin)(struct process *process, const struct process *parent);
    void (*end)(struct process *process);
    uint64_t image_top;
    uint32_t pipe_bytes;     /* that a pipe holds, at most PIPE_BYTES */
    uint32_t transfer_flags; /* FILE_ flags of reads and writes, beside AT_POSITION */
    uint32_t open_files;     /* at most, of all processes */
    size_t name_part;        /* bytes of a name that count below a root of its own; 0: all */
};

struct personality {
    const struct personality_abi *abi;
    const struct start_info *info;
    handle_t account;
    handle_t spawner; /* the supervisor's protocol `process`; 0: none is allowed */
    struct names names;
    struct mutex lock;
    struct arena arena;
    struct pool open_files, pipes, consoles, terminals, pairs, attempts;
    struct process processes[PROCESSES];
    uint32_t last_pid;
    _Atomic uint32_t calls; /* the number of the next one of files, in the bits FILE_CALL */
    bool stopping;
};

extern struct personality host;

/* Before anything else here is used: the arena and the pools. What arena_begin() answers. */
SINTER_MUST_CHECK status_t personality_set_up(void);

/* ---- life ------------------------------------------------------------------------------------ */

/* A process without an image and files; null: the table is full, or its parent is to end, and all
 * that it has started with it. Lock held. */
struct process *process_take(struct process *parent);
/* One that has never run goes again. Lock held. */
void process_drop(struct process *process);
/* Lets go what its descriptors stand for. Lock held. */
void process_close_files(struct process *process);
/* Lets it run; its image is complete. NO_KERNEL_MEMORY, NO_PAGES: there is no thread for it. */
SINTER_MUST_CHECK status_t process_start(struct process *process);
/* The running process as a further one, whose result of the call is 0. FULL, NO_PAGES, … */
SINTER_MUST_CHECK status_t process_fork(struct process *process, uint32_t *pid);
/* What its thread does: runs it to its end. True: a kick may have come too late for it. */
bool process_run(struct process *process);
/* The last of that. */
bool process_ended(struct process *process);
/* Notes how the running process ends; its call then answers false. */
void process_exit(struct process *process, int64_t code, uint32_t reason);
/* Ends a process, or all that one from outside has started, itself included. A program of another
 * kind is only told, if the code is that of a signal which it may survive. Lock held. */
void process_end(struct process *process, int64_t code);
void process_end_family(uint32_t family, int64_t code);
/* Its guest does not go on until it is continued; what it waits for at that moment it still gets.
 * signal: what its parent is told. False: it has ended, or become a program of another kind, which
 * cannot be stopped. Lock held. */
bool process_stop(struct process *process, uint32_t signal);
bool process_continue(struct process *process);
/* It has been stopped, and its guest is sure not to go on: its parent is told, once. Lock held. */
void process_tell_stop(struct process *process);
/* Before its guest goes on the ABI's hook `resume` is called, and what it waits for, if that can be
 * given up, ends with INTERRUPTED. False: it has ended, is to end, or has become a program of
 * another kind, which process_end() tells. Lock held. */
bool process_poke(struct process *process);
/* Between these a poke waits: for what cannot begin again. Lock not held. */
void process_shield(struct process *process);
void process_unshield(struct process *process);
/* What `kill` does by a code: stops and continues (SESSION_STOP and SESSION_CONTINUE of session.h),
 * or ends, one process or all that one from outside has started. False: there is nothing that could
 * obey. Lock held. */
bool process_obey(struct process *process, int64_t code);
bool process_obey_family(uint32_t family, int64_t code);
/* NOT_FOUND: there is none that could obey. */
SINTER_MUST_CHECK status_t process_obey_pid(uint32_t pid, int64_t code);
/* Waits while the running process is stopped. INTERRUPTED: killed. Lock held. */
SINTER_MUST_CHECK status_t process_pause(struct process *process);
/* Whether it was poked; it is not any more. Lock held. */
bool process_take_poke(struct process *process);
/* Waits for news of a child, which stay until process_child_told(). NOT_FOUND: there is no child
 * that could bring them; TIMED_OUT: none yet, of a poll; INTERRUPTED: killed or poked. */
SINTER_MUST_CHECK status_t process_await_child(struct process *process,
                                               const struct child_choice *choice,
                                               struct child_news *news);
/* Its parent has them: they are not told again, and a child that has ended is buried. */
void process_child_told(struct process *process, const struct child_news *news);

/* ---- waiting --------------------------------------------------------------------------------- */

/* Lock held, also afterwards. deadline: of clock_read(). It can also end without a reason.
 * INTERRUPTED: killed or poked; TIMED_OUT. */
SINTER_MUST_CHECK status_t process_sleep(struct process *process, struct wait_queue *queue,
                                         uint64_t deadline);
/* All of them. Lock held. */
void wait_queue_wake(struct wait_queue *queue);

#endif
