/* jobs, wait and kill. */
#include <sinter/protocol/personality.h>
#include <string.h>

#include "builtins.h"
#include "jobs.h"

#define FOREVER          UINT64_MAX
#define SIGNAL_LIMIT     64
#define STATUS_BASE      128
#define SIGNAL_TERMINATE 15
#define SIGNAL_CONTINUE  18
#define SIGNAL_STOP      19

int builtin_jobs(struct shell *shell, int count, char **words, const struct io *io)
{
    (void)shell;
    (void)count;
    (void)words;
    for (size_t i = 0; i < JOB_LIMIT; i++) {
        struct job *job = jobs_at(i);
        if (job == NULL) {
            continue;
        }
        bool done = atomic_load(&job->done);
        if (done) {
            shell_print(io->files[1], "[%u] %s done (%d)  %s\n", job->number, job->name,
                        job->status, job->text);
            jobs_remove(job);
        } else {
            shell_print(io->files[1], "[%u] %s running  %s\n", job->number, job->name, job->text);
        }
    }
    return 0;
}

/* Waits until a job is done; false if ^C came first. */
static bool wait_for(const struct job *job)
{
    uint64_t bits;
    while (!atomic_load(&job->done)) {
        if (terminal_interrupted()) {
            return false;
        }
        status_t status =
            event_wait(terminal_event(), TERMINAL_JOB | TERMINAL_INTERRUPT, FOREVER, &bits);
        if (status != STATUS_OK && status != STATUS_INTERRUPTED) {
            return false;
        }
    }
    return true;
}

static int wait_one(struct job *job)
{
    if (!wait_for(job)) {
        return STATUS_INTERRUPT;
    }
    int status = job->status;
    jobs_remove(job);
    return status;
}

static int wait_all(void)
{
    for (size_t i = 0; i < JOB_LIMIT; i++) {
        struct job *job = jobs_at(i);
        if (job != NULL && !wait_for(job)) {
            return STATUS_INTERRUPT;
        }
        if (job != NULL) {
            jobs_remove(job);
        }
    }
    return 0;
}

static struct job *find_job(const char *name, const char *command, const struct io *io)
{
    struct job *job = jobs_find(name);
    if (job == NULL) {
        shell_complain(io, "%s: `%s` is no job of this shell; `jobs` lists them", command, name);
    }
    return job;
}

int builtin_wait(struct shell *shell, int count, char **words, const struct io *io)
{
    int status = count > 1 ? 0 : wait_all();
    (void)shell;
    for (int i = 1; i < count; i++) {
        struct job *job = find_job(words[i], words[0], io);
        status = job != NULL ? wait_one(job) : STATUS_UNKNOWN_COMMAND;
    }
    return status;
}

static long signal_number(const char *name)
{
    static const struct {
        const char *name;
        long number;
    } signals[] = {{"HUP", 1},
                   {"INT", 2},
                   {"KILL", 9},
                   {"TERM", SIGNAL_TERMINATE},
                   {"CONT", SIGNAL_CONTINUE},
                   {"STOP", SIGNAL_STOP}};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (strcmp(name, signals[i].name) == 0) {
            return signals[i].number;
        }
    }
    return builtin_number(name);
}

/* PERSONALITY:PID that is no job of this shell. False: it is no such name, or there is none. */
static bool kill_foreign(const char *name, int status)
{
    char personality[FOREIGN_NAME];
    const char *colon = strrchr(name, ':');
    handle_t endpoint = 0;
    long pid = colon != NULL ? builtin_number(colon + 1) : -1;
    if (pid < 0 || colon - name >= FOREIGN_NAME) {
        return false;
    }
    memcpy(personality, name, (size_t)(colon - name));
    personality[colon - name] = '\0';
    if (foreign_find(personality, &endpoint) != STATUS_OK) {
        return false;
    }
    status_t killed = personality_kill(endpoint, (uint64_t)pid, status);
    status_ignore(handle_close(endpoint));
    return killed == STATUS_OK;
}

static bool needs_personality(int status)
{
    return status == STATUS_BASE + SIGNAL_STOP || status == STATUS_BASE + SIGNAL_CONTINUE;
}

static bool kill_one(const char *name, int status, const char *command, const struct io *io)
{
    const struct job *job = jobs_find(name);
    if (job != NULL && (!needs_personality(status) || jobs_are_foreign(job))) {
        jobs_kill(job, status);
        return true;
    }
    if (kill_foreign(name, status)) {
        return true;
    }
    if (job != NULL) {
        shell_complain(io, "%s: `%s` has native programs, which cannot be stopped", command, name);
        return false;
    }
    shell_complain(io,
                   "%s: `%s` is no job of this shell (`jobs` lists them) and no PERSONALITY:PID; "
                   "`svc kill NAME` ends a service",
                   command, name);
    return false;
}

/* STOP and CONT are obeyed by personalities. Else the signal only chooses the exit status, 128 more
 * than its number: nothing can catch it. */
int builtin_kill(struct shell *shell, int count, char **words, const struct io *io)
{
    bool named = count > 1 && words[1][0] == '-';
    long number = named ? signal_number(words[1] + 1) : SIGNAL_TERMINATE;
    int first = named ? 2 : 1;
    int status = 0;
    (void)shell;
    if (number < 1 || number >= SIGNAL_LIMIT || first >= count) {
        shell_complain(io, "usage: kill [-HUP|-INT|-KILL|-TERM|-STOP|-CONT|-NUMBER] "
                           "PID|PERSONALITY:PID|%%JOB ...");
        return STATUS_USAGE;
    }
    for (int i = first; i < count; i++) {
        if (!kill_one(words[i], STATUS_BASE + (int)number, words[0], io)) {
            status = STATUS_FAILURE;
        }
    }
    return status;
}
