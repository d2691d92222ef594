/*
 * Programs of personalities: finding who runs a file, and programs inside an instance. The endpoint
 * of a personality is closed as soon as it was asked: who holds one counts as its user.
 */
#include "foreign.h"

#include <sinter/protocol/personality.h>
#include <sinter/protocol/process.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "path.h"

enum { TRIES = 5 }; /* of one that is being stopped, for its next instance */

status_t foreign_at(uint32_t position, char name[FOREIGN_NAME], handle_t *personality)
{
    size_t length = 0;
    status_t status = process_personality(program_handle("process"), position, name,
                                          FOREIGN_NAME - 1, &length, personality);
    name[length < FOREIGN_NAME ? length : FOREIGN_NAME - 1] = '\0';
    return status;
}

status_t foreign_find(const char *name, handle_t *personality)
{
    char found[FOREIGN_NAME];
    status_t status;
    for (uint32_t i = 0; (status = foreign_at(i, found, personality)) == STATUS_OK; i++) {
        if (strcmp(found, name) == 0) {
            return STATUS_OK;
        }
        status_ignore(handle_close(*personality));
    }
    return status;
}

/* ---- in turn -------------------------------------------------------------------------------- */

/* What they said so far: the refusal's line, which grows. */
struct reasons {
    char *line;
    size_t size;
    unsigned asked;
    status_t status;
};

static void add_reason(struct reasons *reasons, const char *name, const char *why)
{
    size_t length = strlen(reasons->line);
    reasons->asked++;
    if (length < reasons->size) {
        (void)snprintf(reasons->line + length, reasons->size - length, "; %s: %s", name, why);
    }
}

/* Whether another may run what this one did not. What one has died of is not given to the next. */
static bool may_ask_on(status_t status)
{
    return status == STATUS_BAD_FORMAT || status == STATUS_REFUSED || status == STATUS_BAD_METHOD ||
           status == STATUS_GONE || status == STATUS_NOT_READY;
}

static status_t adopt(handle_t personality, const struct child_request *request,
                      const struct child_texts *texts, handle_t program, struct child *child)
{
    handle_t files[3];
    status_t status = child_files(request, files);
    if (status != STATUS_OK) {
        return status;
    }
    status = STATUS_NOT_READY;
    for (int i = 0; i < TRIES && status == STATUS_NOT_READY; i++) {
        status = personality_adopt(personality, texts->used, texts->counts[0], texts->counts[1],
                                   files[0], files[1], files[2], program, texts->buffer,
                                   texts->size, &child->pid, &child->endpoint);
    }
    return status;
}

/* True: it has been started, or nobody else is to be asked. */
static bool ask(struct reasons *reasons, handle_t personality, const char *name,
                const struct child_request *request, const char *path, handle_t program,
                struct child *child)
{
    char directory[PATH_SIZE];
    struct child_texts texts;
    const char *inside = getcwd(directory, sizeof(directory));
    if (!child_texts_make(&texts, path, inside != NULL ? inside : "/", request)) {
        reasons->status = STATUS_NO_PAGES;
        return true;
    }
    status_t status = adopt(personality, request, &texts, program, child);
    if (status == STATUS_OK) {
        child_name(child, name);
    } else {
        const char *line = child_texts_line(&texts);
        add_reason(reasons, name, line[0] != '\0' ? line : status_text(status));
    }
    child_texts_free(&texts);
    reasons->status = status == STATUS_BAD_FORMAT ? reasons->status : status;
    return status == STATUS_OK || !may_ask_on(status);
}

status_t foreign_adopt(const struct child_request *request, const char *path, handle_t program,
                       struct child *child, char *refusal, size_t refusal_size)
{
    struct reasons reasons = {refusal, refusal_size, 0, STATUS_BAD_FORMAT};
    char name[FOREIGN_NAME];
    handle_t personality = 0;
    bool done = false;
    (void)snprintf(refusal, refusal_size, "%s: refused: not an object of Sinter", path);
    for (uint32_t i = 0; !done && foreign_at(i, name, &personality) == STATUS_OK; i++) {
        done = ask(&reasons, personality, name, request, path, program, child);
        status_ignore(handle_close(personality));
    }
    if (reasons.status == STATUS_OK) {
        refusal[0] = '\0';
    } else if (reasons.asked == 0) {
        (void)snprintf(refusal, refusal_size,
                       "%s: refused: not an object of Sinter, and no personality runs that could "
                       "know it; for a program of xv6: svc start xv6",
                       path);
    }
    return reasons.status;
}

/* ---- inside --------------------------------------------------------------------------------- */

status_t foreign_enter(handle_t personality, const char *name, const struct child_request *request,
                       struct child *child, char *refusal, size_t refusal_size)
{
    handle_t files[3];
    struct child_texts texts;
    status_t status = child_files(request, files);
    if (status != STATUS_OK || !child_texts_make(&texts, request->path, "/", request)) {
        return status != STATUS_OK ? status : STATUS_NO_PAGES;
    }
    status = STATUS_NOT_READY;
    for (int i = 0; i < TRIES && status == STATUS_NOT_READY; i++) {
        status = personality_enter(personality, texts.used, texts.counts[0], texts.counts[1],
                                   files[0], files[1], files[2], texts.buffer, texts.size,
                                   &child->pid, &child->endpoint);
    }
    (void)snprintf(refusal, refusal_size, "%s", child_texts_line(&texts));
    child_texts_free(&texts);
    child_name(child, name);
    return status;
}
