/*
 * `svc start` with options written as those of a command: --root, --memory. No system calls here,
 * so that it is tested on the host.
 */
#ifndef SVC_START_H
#define SVC_START_H

#include <stdbool.h>
#include <stddef.h>

#define SVC_START_LINES       3
#define SVC_START_FILE_SYSTEM "xv6fs.o" /* of a disk that is a root */
#define SVC_LINE_SIZE         512       /* as long as a line of the language can be */

struct svc_start {
    size_t count; /* of lines; 0: they would be too long, or an option has no value */
    char lines[SVC_START_LINES][SVC_LINE_SIZE];
};

/* Whether the words of `svc` are such a command. */
bool svc_starts(int count, const char *const *words);
/* The disk that is the value of --root; null: there is none, or it is a path. */
const char *svc_start_disk(int count, const char *const *words);
/*
 * What it means in the script's language. `--root` with the name of a disk instead of a path also
 * mounts that disk's file system, before: that of the service `server`, or, if that is null, of one
 * that is started for it.
 */
void svc_start_lines(struct svc_start *start, int count, const char *const *words,
                     const char *server);

#endif
