/*
 * Commands in the background. Each has a thread of the shell that waits for it, so that `jobs` can
 * tell the state without waiting and `wait` can be interrupted.
 */
#ifndef SHELL_JOBS_H
#define SHELL_JOBS_H

#include "program.h"
#include <stdatomic.h>

#define JOB_LIMIT    32
#define JOB_CHILDREN 16

struct job {
    unsigned number;       /* from 1; 0: the place is free */
    char name[CHILD_NAME]; /* of the last child */
    struct child children[JOB_CHILDREN];
    size_t count;
    char *text;
    int status; /* of the last child; valid when done */
    atomic_bool done;
    handle_t wake; /* starts the waiting thread; kept when the place is free */
};

/* Takes the children over. Null if no place or thread is left; the children then run unwatched. */
struct job *jobs_add(const struct child *children, size_t count, const char *text, size_t length);
/* The job in place `index` below JOB_LIMIT, or null if that is free. */
struct job *jobs_at(size_t index);
/* By `%NUMBER` or the name of its last child; null if there is none. */
struct job *jobs_find(const char *name);
void jobs_remove(struct job *job);
/* All its programs are run by personalities. */
bool jobs_are_foreign(const struct job *job);
void jobs_kill(const struct job *job, int status);
/* What still runs goes on when the shell has ended. */
void jobs_detach(void);

#endif
