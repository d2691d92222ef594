/* The table of jobs. A place keeps its waiting thread when its job has been removed. */
#include "jobs.h"

#include <sinter/protocol/process.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "shell.h"

#define WAKE_BIT 1
#define FOREVER  UINT64_MAX

static struct job jobs[JOB_LIMIT];

/* The body of a waiting thread: one job after the other. */
static void wait_for_jobs(void *argument)
{
    struct job *job = argument;
    uint64_t bits;
    while (event_wait(job->wake, WAKE_BIT, FOREVER, &bits) == STATUS_OK) {
        int status = 0;
        for (size_t i = 0; i < job->count; i++) {
            status_t waited = child_wait(job->children[i].endpoint, &status);
            if (waited != STATUS_OK && waited != STATUS_PEER_DIED && waited != STATUS_GONE) {
                status = STATUS_UNKNOWN_COMMAND; /* nobody knows how it ended */
            }
        }
        job->status = status;
        atomic_store(&job->done, true);
        status_ignore(event_signal(terminal_event(), TERMINAL_JOB));
    }
}

static bool start_thread(struct job *job)
{
    if (job->wake != 0) {
        return true;
    }
    if (event_create(program_handle("account"), &job->wake) != STATUS_OK) {
        job->wake = 0;
        return false;
    }
    if (thread_run(wait_for_jobs, job, NULL) != STATUS_OK) {
        status_ignore(handle_close(job->wake));
        job->wake = 0;
    }
    return job->wake != 0;
}

struct job *jobs_at(size_t index)
{
    return jobs[index].number != 0 ? &jobs[index] : NULL;
}

static struct job *find_free(void)
{
    for (size_t i = 0; i < JOB_LIMIT; i++) {
        if (jobs[i].number == 0 && start_thread(&jobs[i])) {
            jobs[i].number = (unsigned)i + 1;
            return &jobs[i];
        }
    }
    return NULL;
}

static void detach(const struct child *children, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        status_ignore(process_detach(children[i].endpoint));
    }
}

void jobs_detach(void)
{
    for (size_t i = 0; i < JOB_LIMIT; i++) {
        const struct job *job = jobs_at(i);
        if (job != NULL && !atomic_load(&job->done)) {
            detach(job->children, job->count);
        }
    }
}

struct job *jobs_add(const struct child *children, size_t count, const char *text, size_t length)
{
    struct job *job = find_free();
    if (job == NULL) {
        detach(children, count);
        for (size_t i = 0; i < count; i++) {
            status_ignore(handle_close(children[i].endpoint));
        }
        return NULL;
    }
    memcpy(job->children, children, count * sizeof(*children));
    job->count = count;
    memcpy(job->name, children[count - 1].name, sizeof(job->name));
    job->text = checked_allocate(length + 1);
    memcpy(job->text, text, length);
    job->text[length] = '\0';
    atomic_store(&job->done, false);
    status_ignore(event_signal(job->wake, WAKE_BIT));
    return job;
}

struct job *jobs_find(const char *name)
{
    bool by_number = name[0] == '%';
    unsigned long number = by_number ? strtoul(name + 1, NULL, 10) : 0;
    for (size_t i = 0; i < JOB_LIMIT; i++) {
        struct job *job = jobs_at(i);
        if (job != NULL && (by_number ? job->number == number : strcmp(job->name, name) == 0)) {
            return job;
        }
    }
    return NULL;
}

void jobs_remove(struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        status_ignore(handle_close(job->children[i].endpoint));
    }
    free(job->text);
    job->number = 0;
}

bool jobs_are_foreign(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        if (strchr(job->children[i].name, ':') == NULL) {
            return false;
        }
    }
    return true;
}

void jobs_kill(const struct job *job, int status)
{
    for (size_t i = 0; i < job->count; i++) {
        status_ignore(process_kill(job->children[i].endpoint, status));
    }
}
