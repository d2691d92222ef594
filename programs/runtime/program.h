/*
 * What the program runtime offers beside the C library: the start information, descriptors over
 * the file protocol, child programs, threads, directories, and statuses as errno values.
 *
 * A program is an object with a `main` and a note. The runtime provides server_main() and the
 * hooks of picolibc; see docs/SERVERS.md for the start handles it uses.
 *
 * Threads: descriptors, environment, heap and stdio belong to the first thread; other threads
 * make system calls and protocol calls only.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <sinter/system.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "note.h"

/* Set before main(); valid for the life of the program. */
extern const struct start_info *program_info;

/* The start handle with that name, or 0. */
handle_t program_handle(const char *name);

/* Sleeps for that many nanoseconds. INTERRUPTED if the thread was interrupted before. */
status_t program_sleep(uint64_t duration);

/* Statuses. */

/* The errno value of a status; those without a counterpart lie above STATUS_ERRNO_BASE and have
 * the text of status_text() in strerror(). */
#define STATUS_ERRNO_BASE 2000
int status_errno(status_t status);
/* Sets errno; always -1, for `return status_fail(status)`. */
int status_fail(status_t status);

/* Descriptors 0 to DESCRIPTOR_LIMIT - 1. */

#define DESCRIPTOR_LIMIT        64
#define DESCRIPTOR_KIND_UNKNOWN UINT32_MAX

struct descriptor {
    handle_t endpoint; /* 0: free */
    uint64_t offset;   /* where a file is believed to be; in a directory the next entry */
    uint32_t kind;     /* FILE_KIND_, or DESCRIPTOR_KIND_UNKNOWN: see descriptor_kind() */
    uint32_t mode;     /* FILE_READ, FILE_WRITE, FILE_APPEND */
    uint32_t flags;    /* FILE_NONBLOCK or 0, sent with every call */
};

/* The open descriptor, or null and errno EBADF. */
struct descriptor *descriptor_get(int number);
/* The FILE_KIND_; asks the file's server at the first need for files that were given. */
uint32_t descriptor_kind(struct descriptor *descriptor);
/* Takes the endpoint over, also on failure. The lowest free number, or -1 and errno EMFILE. */
int descriptor_install(handle_t endpoint, uint32_t kind, uint32_t mode);
/* The endpoint of an open descriptor, or 0. It stays the descriptor's. */
handle_t descriptor_endpoint(int number);
/* Whether a call that ended so may be made again: the server stops and has moved nothing, or it
 * died and a repetition does no harm (terminals, disks, files); *tries is not used up. */
bool descriptor_retry(struct descriptor *descriptor, status_t status, unsigned *tries);
/* Descriptors 0 to 2 from the start handles. */
void descriptor_start(void);

/* Opens without attaching, as services are opened to be called with their own protocol. The
 * caller closes *endpoint. */
status_t path_open(const char *path, uint32_t flags, uint32_t *kind, handle_t *endpoint);
/* The absolute path, in PATH_SIZE bytes (path.h). NOT_FOUND: it is empty; TOO_LARGE. */
status_t path_resolve(const char *path, char *absolute);
/* The same with a path that path_resolve() made; also of a part of it that ends before a slash. */
status_t path_open_resolved(const char *absolute, uint32_t flags, uint32_t *kind,
                            handle_t *endpoint);
/* The working directory, from the environment's PWD. */
void path_start(void);

/* Directories. */

#define DIRECTORY_NAME_SIZE 256

struct directory_entry {
    char name[DIRECTORY_NAME_SIZE];
    uint32_t kind; /* FILE_KIND_ */
    uint64_t size;
};

/* The next entry of a directory opened with open(): 1, 0 after the last, -1 and errno. */
int directory_read(int number, struct directory_entry *entry);

/* Child programs. */

/* Opens a regular file, by its absolute path, and reads up to `room` bytes of its beginning. The
 * caller closes *file. Of what is no such file `refusal` gets a line. What opening and reading
 * answer. */
status_t object_open(const char *path, handle_t *file, char *bytes, size_t room, size_t *length,
                     char *refusal, size_t refusal_size);
/* Reads all of it into memory of its own, which the caller closes. Of what is too large `refusal`
 * gets a line. */
status_t object_read(const char *path, handle_t file, handle_t *memory, uint64_t *size,
                     char *refusal, size_t refusal_size);

struct child_request {
    const char *path;         /* of the object */
    char *const *arguments;   /* ended by null; the first is the program's name */
    char *const *environment; /* ended by null */
    int descriptors[3];       /* what its input, output and error are */
};

#define FOREIGN_NAME 24                  /* bytes of a personality's name with its ending zero */
#define CHILD_NAME   (FOREIGN_NAME + 24) /* of a child's: PID, or PERSONALITY:PID */

struct child {
    handle_t endpoint; /* protocol process; close with handle_close() */
    uint64_t pid;      /* among those of the supervisor, or of the personality */
    char name[CHILD_NAME];
};

/*
 * Starts an object of the boot set, below /boot, any other file that is one, what the first line of
 * a script names, or what a personality takes. On a refusal the line that explains it, or an empty
 * string, is put into `refusal`, which has room for a byte at least.
 */
status_t child_start(const struct child_request *request, struct child *child, char *refusal,
                     size_t refusal_size);

/* The running personality of a position, or of a name; NOT_FOUND: there is none. The caller closes
 * the endpoint, of the protocol personality. */
status_t foreign_at(uint32_t position, char name[FOREIGN_NAME], handle_t *personality);
status_t foreign_find(const char *name, handle_t *personality);
/* Starts a program of the personality's own names; otherwise as child_start(). */
status_t foreign_enter(handle_t personality, const char *name, const struct child_request *request,
                       struct child *child, char *refusal, size_t refusal_size);
/* Waits for the end. *exit_status: 0 to 255, see child_exit_status(). PEER_DIED, GONE: the
 * personality that ran it is gone, and *exit_status that of a kill. */
status_t child_wait(handle_t endpoint, int *exit_status);
/* The exit status of a shell: the code of a normal end modulo 256, the code given to the kill if
 * it is 128 to 255 and else 137, 139 after a fault. */
int child_exit_status(int64_t code, uint32_t reason);

/* Threads. */

/* Runs function(argument) on a thread of its own, which lives as long as the program or until the
 * function returns; its stack stays mapped. *handle, which may be left out, is the thread. */
status_t thread_run(void (*function)(void *), void *argument, handle_t *handle);

/* The C library's start, in the order of server_main(). */
void heap_start(handle_t account);

/* Flushes stdout and stderr; for programs that go on while a child writes to the same files. */
void stdio_flush(void);

#endif
