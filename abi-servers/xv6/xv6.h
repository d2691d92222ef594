/*
 * The system calls of xv6 (xv6-riscv's kernel/syscall.h, and the same for aarch64: number in x8,
 * arguments in x0 to x5, SVC #0). Each answers what the program finds in its result register; -1 is
 * the one error there is.
 *
 *   xv6.c           the personality; load.c: exec's part
 *   calls.c         the table, and arguments
 *   call_process.c  fork, exit, wait, exec, …
 *   call_file.c     open, read, fstat, …
 */
#ifndef XV6_H
#define XV6_H

#include <sinter/protocol/file.h>

#include "descriptors.h"

enum {
    XV6_PATH = 128,       /* bytes of a path, with its zero (MAXPATH) */
    XV6_ARGUMENTS = 32,   /* of exec (MAXARG) */
    XV6_NAME = 14,        /* bytes of a name that count (DIRSIZ) */
    XV6_OPEN_FILES = 100, /* of all processes (NFILE) */
    XV6_TICKS = 10,       /* a second */
    XV6_PIPE = 512,       /* bytes (PIPESIZE) */
    XV6_DEVICES = 10,     /* major numbers (NDEV) */
    XV6_CONSOLE = 1,      /* major number of the console */
    XV6_ROOT_DEVICE = 1,  /* what fstat says of all files */
};

#define XV6_TOP (UINT64_C(1) << 36) /* where a program's memory ends at the latest */

/* open() (kernel/fcntl.h). */
enum {
    XV6_RDONLY = 0x000,
    XV6_WRONLY = 0x001,
    XV6_RDWR = 0x002,
    XV6_CREATE = 0x200,
    XV6_TRUNC = 0x400,
};

enum { XV6_SBRK_LAZY = 2 }; /* second argument of sbrk() since 2025 (kernel/vm.h) */

/* kernel/stat.h. */
enum { XV6_T_DIR = 1, XV6_T_FILE = 2, XV6_T_DEVICE = 3 };

struct xv6_stat {
    int32_t dev;
    uint32_t ino;
    int16_t type;
    int16_t nlink;
    uint32_t reserved;
    uint64_t size;
};

/* kernel/fs.h: what reading a directory gives. */
struct xv6_dirent {
    uint16_t inum;
    char name[XV6_NAME];
};

/* Its name, calls, loader and limits. */
extern const struct personality_abi xv6_abi;

bool xv6_call(struct process *process);
SINTER_MUST_CHECK status_t xv6_load(struct process *process, struct image *image, handle_t file,
                                    const struct arguments *arguments, struct refusal_text *why);

/* The text at an address of the guest, at most XV6_PATH bytes. */
SINTER_MUST_CHECK bool xv6_path(uint64_t address, char path[XV6_PATH]);
/* The file behind a descriptor argument; null: none. */
struct open_file *xv6_file(const struct process *process, unsigned i);

/*
 * There are no signals: a hang-up ends what runs in the foreground, ^C and ^\ do but for a shell,
 * which is what leads a session and has opened its console; nothing stops.
 */
void xv6_signal(struct process *process, enum terminal_signal signal);

int64_t xv6_fork(struct process *process);
int64_t xv6_exit(struct process *process);
int64_t xv6_wait(struct process *process);
int64_t xv6_pipe(struct process *process);
int64_t xv6_read(struct process *process);
int64_t xv6_kill(struct process *process);
int64_t xv6_exec(struct process *process);
int64_t xv6_fstat(struct process *process);
int64_t xv6_chdir(struct process *process);
int64_t xv6_dup(struct process *process);
int64_t xv6_getpid(struct process *process);
int64_t xv6_sbrk(struct process *process);
int64_t xv6_sleep(struct process *process);
int64_t xv6_uptime(struct process *process);
int64_t xv6_open(struct process *process);
int64_t xv6_write(struct process *process);
int64_t xv6_mknod(struct process *process);
int64_t xv6_unlink(struct process *process);
int64_t xv6_link(struct process *process);
int64_t xv6_mkdir(struct process *process);
int64_t xv6_close(struct process *process);

#endif
