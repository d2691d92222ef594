/*
 * The files under /dev: see dev.h.
 */
#include "dev.h"

#include <sinter/protocol/file.h>

#include "match.h"
#include "text.h"

enum {
    FILES = 256,
    FILES_EACH = 64,      /* of one service, at most */
    WAITERS = INIT_SLOTS, /* one for each task */
    NAME = 32,
};
_Static_assert(FILES - FILES_EACH >= INIT_SERVICES,
               "one service leaves the others their first name");

struct dev_file {
    char name[NAME]; /* empty: the entry is free */
    struct service *service;
    bool published;
    uint32_t badge; /* upper half of its endpoints' badges */
    uint32_t kind;
};

struct waiter {
    handle_t reply; /* 0: the entry is free */
    struct dev_file *file;
};

static struct dev_file files[FILES];
static struct waiter waiters[WAITERS];
static uint32_t openings; /* the lower half */

uint64_t dev_badge(uint32_t upper)
{
    return (uint64_t)upper << 32 | ++openings;
}

struct dev_file *dev_find(const char *name)
{
    for (uint32_t i = 0; i < FILES; i++) {
        if (files[i].name[0] != '\0' && text_same(files[i].name, name)) {
            return &files[i];
        }
    }
    return NULL;
}

/* A service has its share, and each that has no name yet can have one. */
static bool may_add(const struct service *service)
{
    uint64_t named = 0; /* services */
    uint32_t free = 0;
    uint32_t own = 0;
    uint32_t unnamed = INIT_SERVICES;
    for (uint32_t i = 0; i < FILES; i++) {
        if (files[i].name[0] == '\0') {
            free++;
            continue;
        }
        uint64_t bit = 1ull << service_slot(files[i].service);
        own += files[i].service == service ? 1 : 0;
        unnamed -= (named & bit) == 0 ? 1 : 0;
        named |= bit;
    }
    return own == 0 ? free != 0 : own < FILES_EACH && free > unnamed;
}

/* Null: it may have no more; the log is told once for each of its instances. */
static struct dev_file *add(struct service *service, const char *name)
{
    bool may = may_add(service);
    for (uint32_t i = 0; i < FILES && may; i++) {
        if (files[i].name[0] == '\0') {
            files[i] = (struct dev_file){.service = service, .kind = FILE_KIND_CHARACTER};
            text_copy(files[i].name, NAME, name);
            return &files[i];
        }
    }
    if (service->names_refused != service->generation + 1) {
        service->names_refused = service->generation + 1;
        log_line("/dev/%s and more are refused to %s: a service has at most %d names, fewer when "
                 "there is no room",
                 name, service->name, FILES_EACH);
    }
    return NULL;
}

/* A service that the script named otherwise than its object serves that name. */
static bool is_alias(const struct service *service)
{
    return service->device == NULL && !text_same(service->name, service->object->note->name);
}

/* `serial*` becomes the first number that no other service has. */
static bool free_name(const struct service *service, const char *pattern, char name[NAME])
{
    for (uint32_t number = 0; number < FILES; number++) {
        if (!match_path(pattern, number, name, NAME)) {
            return false;
        }
        const struct dev_file *file = dev_find(name);
        if (file == NULL || file->service == service) {
            return true;
        }
    }
    return false;
}

void dev_reserve(struct service *service)
{
    char name[NAME];
    const char *path = service->object->note->path;
    const char *pattern = is_alias(service) ? service->name : path;
    if (path[0] != '\0' && !match_path_is_many(path) && free_name(service, pattern, name) &&
        dev_find(name) == NULL) {
        (void)add(service, name);
    }
}

status_t dev_publish(struct service *service, const char *wanted, uint64_t badge, uint32_t kind)
{
    char name[NAME];
    const char *pattern = service->object->note->path;
    bool own = text_same(pattern, wanted);
    bool alias = is_alias(service) && text_same(service->name, wanted);
    if ((!alias && !match_path_allows(pattern, wanted)) || badge > UINT32_MAX ||
        kind == FILE_KIND_DIRECTORY) {
        return STATUS_REFUSED;
    }
    if (!(own ? free_name(service, pattern, name) : text_copy(name, NAME, wanted))) {
        return STATUS_REFUSED;
    }
    struct dev_file *file = dev_find(name);
    file = file == NULL ? add(service, name) : file;
    if (file == NULL || file->service != service) {
        return file == NULL ? STATUS_FULL : STATUS_EXISTS;
    }
    file->published = true;
    file->badge = (uint32_t)badge;
    file->kind = kind;
    return STATUS_OK;
}

/* It is being stopped for good: its files have gone. */
static bool is_going(const struct service *service)
{
    return service->state == SERVICE_STOPPING && !service->restart_wanted;
}

status_t dev_open(struct dev_file *file, uint32_t *kind, handle_t *endpoint)
{
    struct service *service = file->service;
    if (service->state == SERVICE_IDLE) { /* this is its first use */
        service_start(service);
    }
    if (service->state == SERVICE_STOPPED || is_going(service)) {
        return STATUS_NOT_FOUND;
    }
    if (service->state == SERVICE_FAILED) {
        return STATUS_FAILED;
    }
    if (!file->published) {
        return service->state == SERVICE_RUNNING ? STATUS_NOT_FOUND : STATUS_NOT_READY;
    }
    *kind = file->kind;
    return port_mint(service->port, dev_badge(file->badge), ENDPOINT_KEEP, endpoint);
}

status_t dev_wait(struct dev_file *file, struct call *call)
{
    for (uint32_t i = 0; i < WAITERS; i++) {
        if (waiters[i].reply == 0) {
            waiters[i].reply = call_defer(call);
            waiters[i].file = file;
            break;
        }
    }
    return STATUS_NOT_READY;
}

static void answer(struct waiter *waiter, status_t status, uint32_t kind, handle_t endpoint)
{
    handle_t reply = waiter->reply;
    waiter->reply = 0;
    if (status == STATUS_OK) {
        status = file_open_answer(reply, status, kind, 0, endpoint);
        status_ignore(handle_close(endpoint));
        if (status == STATUS_OK) {
            server_reply_done(&init.server, reply);
            return;
        }
    }
    server_answer(&init.server, reply, status);
}

void dev_settled(struct service *service)
{
    for (uint32_t i = 0; i < WAITERS; i++) {
        struct waiter *waiter = &waiters[i];
        uint32_t kind = 0;
        handle_t endpoint = 0;
        if (waiter->reply == 0 || waiter->file->service != service) {
            continue;
        }
        status_t status = dev_open(waiter->file, &kind, &endpoint);
        if (status != STATUS_NOT_READY || service_is_settled(service)) {
            answer(waiter, status, kind, endpoint);
        }
    }
}

bool dev_cancel(handle_t reply)
{
    for (uint32_t i = 0; i < WAITERS; i++) {
        if (waiters[i].reply == reply) {
            answer(&waiters[i], STATUS_INTERRUPTED, 0, 0);
            return true;
        }
    }
    return false;
}

/* The names of a failed service stay, so that opening them says FAILED. */
void dev_forget(const struct service *service)
{
    for (uint32_t i = 0; i < FILES; i++) {
        if (files[i].name[0] == '\0' || files[i].service != service) {
            continue;
        }
        files[i].published = false;
        if (service->state != SERVICE_FAILED) {
            files[i].name[0] = '\0';
        }
    }
}

void dev_hand_over(const struct service *from, struct service *to)
{
    for (uint32_t i = 0; i < FILES; i++) {
        if (files[i].name[0] != '\0' && files[i].service == from) {
            files[i].service = to;
        }
    }
}

/* Its names are there before it is. */
static bool is_awaited(const struct service *service)
{
    bool is_early = service->state == SERVICE_IDLE || service->state == SERVICE_LOADING ||
                    service->state == SERVICE_STARTING;
    return service->options.demand && is_early;
}

status_t dev_list(uint64_t position, uint32_t *kind, const char **name)
{
    for (uint32_t i = 0; i < FILES; i++) {
        bool is_there =
            files[i].name[0] != '\0' && (files[i].published || is_awaited(files[i].service));
        if (is_there && !is_going(files[i].service) && position-- == 0) {
            *kind = files[i].kind;
            *name = files[i].name;
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

bool dev_serves(const struct service *service, const char *name)
{
    const struct dev_file *file = dev_find(name);
    return file != NULL && file->published && file->service == service;
}

void dev_text(const struct service *service, char *buffer, size_t size)
{
    struct text text = text_in(buffer, size);
    for (uint32_t i = 0; i < FILES; i++) {
        if (files[i].name[0] != '\0' && files[i].service == service) {
            TEXT_PUT(&text, text.used == 0 ? "" : " ", "/dev/", files[i].name);
        }
    }
}
