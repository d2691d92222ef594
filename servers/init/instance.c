/*
 * One run of an object: see instance.h.
 */
#include "instance.h"

#include <sinter/object.h>
#include <sinter/protocol/loader.h>

#include "loader.h"
#include "memory.h"
#include "text.h"
#include "worker.h"

enum { ALIGNMENT = 8, CALL_TRIES = 2 };

/* The buffer lent to the loader; only the worker uses it. */
static union {
    struct load_request request;
    struct load_result result;
    struct load_note note;
    uint8_t bytes[LOADER_REQUEST];
} lent;

void instance_give(struct instance_plan *plan, const char *name, handle_t handle, uint32_t rights,
                   uint64_t extra0, uint64_t extra1)
{
    if (handle == 0 || plan->handle_count == INSTANCE_HANDLES) {
        return;
    }
    text_copy(plan->handles[plan->handle_count].name, sizeof(plan->handles[0].name), name);
    plan->handles[plan->handle_count].handle = handle;
    plan->handles[plan->handle_count].rights = rights;
    plan->handles[plan->handle_count].extra[0] = extra0;
    plan->handles[plan->handle_count].extra[1] = extra1;
    plan->handle_count++;
}

static status_t fail(char line[INSTANCE_LINE], const char *name, const char *what, status_t status)
{
    struct text text = text_in(line, INSTANCE_LINE);
    TEXT_PUT(&text, name, ": ", what, ": ", status_text(status));
    return status;
}

static status_t make_task(struct instance *instance, const struct instance_plan *plan)
{
    size_t length = text_length(plan->name);
    bool hosts = plan->file->note->kind == KIND_PERSONALITY;
    status_t status = hosts ? space_create_host(plan->account, &instance->space, &instance->libsys)
                            : space_create(plan->account, &instance->space, &instance->libsys);
    if (status != STATUS_OK) {
        return status;
    }
    length = length < LIMIT_NAME ? length : LIMIT_NAME;
    memcpy(message_page()->data, plan->name, length);
    status = task_create(plan->account, instance->space, length, &instance->task);
    return status == STATUS_OK ? task_set_fault_endpoint(instance->task, plan->fault_endpoint)
                               : status;
}

static status_t install_handles(struct instance *instance, const struct instance_plan *plan,
                                struct start_handle *to)
{
    for (uint32_t i = 0; i < plan->handle_count; i++) {
        status_t status = task_install(instance->task, plan->handles[i].handle,
                                       plan->handles[i].rights, &to[i].handle);
        if (status != STATUS_OK) {
            return status;
        }
        memcpy(to[i].name, plan->handles[i].name, sizeof(to[i].name));
        memcpy(to[i].extra, plan->handles[i].extra, sizeof(to[i].extra));
    }
    return STATUS_OK;
}

/* Pages of the lender were present when the call was taken; one that is not now is an error. */
static status_t put_texts(const struct instance_plan *plan, uint8_t *to)
{
    uint64_t absent;
    if (plan->texts == NULL) {
        return lease_transfer(plan->texts_reply, 0, plan->texts_at, to, plan->text_bytes,
                              LEASE_READ, &absent);
    }
    memcpy(to, plan->texts, plan->text_bytes);
    return STATUS_OK;
}

/* Puts the request together but for its handles, which begin at *handles, and end at *end. */
static status_t write_request(const struct instance_plan *plan, uint64_t message_page,
                              uint64_t *handles, uint64_t *end)
{
    struct load_request *request = &lent.request;
    uint32_t name_bytes = (uint32_t)text_length(plan->file->name) + 1;
    *handles = sizeof(*request) + name_bytes + plan->text_bytes;
    *handles = (*handles + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
    *end = *handles + plan->handle_count * sizeof(struct start_handle);
    if (*end > sizeof(lent)) {
        return STATUS_TOO_LARGE;
    }
    memset(request, 0, sizeof(*request));
    request->size = sizeof(*request);
    request->text_bytes = name_bytes + plan->text_bytes;
    request->argument_count = plan->argument_count;
    request->environment_count = plan->environment_count;
    request->handle_count = plan->handle_count;
    request->message_page = message_page;
    text_copy(request->name, sizeof(request->name), plan->name);
    memcpy(lent.bytes + sizeof(*request), plan->file->name, name_bytes);
    return put_texts(plan, lent.bytes + sizeof(*request) + name_bytes);
}

/* Lends what is used, and the room for the result. */
static status_t load(struct instance *instance, const struct instance_plan *plan, uint64_t used,
                     char line[INSTANCE_LINE])
{
    uint64_t length = used < sizeof(lent.result) ? sizeof(lent.result) : used;
    instance->seed = LOADER_SEED(init_random());
    worker_calls_loader();
    status_t status = loader_load(loader_endpoint(), catalog_offset(plan->file), plan->file->size,
                                  instance->libsys, instance->seed, catalog_memory(plan->file),
                                  instance->space, plan->account, &lent, length, &instance->entry,
                                  &instance->start_info, &instance->stack_top);
    if (status == STATUS_OK) {
        memcpy(instance->groups, lent.result.groups, sizeof(instance->groups));
        return STATUS_OK;
    }
    if (lent.result.size == sizeof(lent.result) && lent.result.refusal != 0) {
        memcpy(line, lent.result.line, INSTANCE_LINE);
        line[INSTANCE_LINE - 1] = '\0';
        return status;
    }
    return fail(line, plan->file->name, "the loader could not load it", status);
}

static status_t build(struct instance *instance, const struct instance_plan *plan,
                      char line[INSTANCE_LINE])
{
    uint64_t page;
    uint64_t handles;
    uint64_t used;
    status_t status = make_task(instance, plan);
    if (status == STATUS_OK) {
        status = thread_create(instance->task, plan->priority, &instance->thread, &page);
    }
    if (status != STATUS_OK) {
        return fail(line, plan->file->name, "no task can be made for it", status);
    }
    status = write_request(plan, page, &handles, &used);
    if (status != STATUS_OK) {
        return fail(line, plan->file->name, "its arguments", status);
    }
    status = install_handles(instance, plan, (void *)(lent.bytes + handles));
    if (status != STATUS_OK) {
        return fail(line, plan->file->name, "its handles cannot be given", status);
    }
    return load(instance, plan, used, line);
}

status_t instance_build(struct instance *instance, const struct instance_plan *plan,
                        char line[INSTANCE_LINE])
{
    status_t status = STATUS_PEER_DIED;
    for (int i = 0; i < CALL_TRIES && status == STATUS_PEER_DIED; i++) {
        memset(instance, 0, sizeof(*instance));
        status = build(instance, plan, line);
        if (status != STATUS_OK) {
            instance_end(instance);
        }
    }
    return status;
}

status_t instance_begin(struct instance *instance, uint32_t slot)
{
    status_t status = event_watch(instance->task, init.event, 1ull << slot % INIT_DEATH_BITS);
    return status == STATUS_OK ? thread_start(instance->thread, instance->entry,
                                              instance->stack_top, instance->start_info, 0)
                               : status;
}

bool instance_is_dead(const struct instance *instance, uint32_t *reason, int64_t *code)
{
    uint32_t state = TASK_DEAD;
    status_t status = task_info(instance->task, &state, reason, code, NULL, NULL, NULL);
    return status != STATUS_OK || state == TASK_DEAD;
}

void instance_kill(struct instance *instance, int64_t code)
{
    if (instance->task != 0) {
        status_ignore(task_kill(instance->task, code));
    }
}

void instance_end(struct instance *instance)
{
    if (instance->task != 0) {
        status_ignore(task_kill(instance->task, 0));
    }
    close_if(&instance->thread);
    close_if(&instance->task);
    close_if(&instance->space);
}

/* Their names without their versions. */
static void take_provides(struct object_note *note, const struct load_note *from)
{
    struct text text = text_in(note->provides, sizeof(note->provides));
    for (uint32_t i = 0; i < from->provide_count && i < LOADER_LIST; i++) {
        size_t length = 0;
        while (from->provides[i][length] > ' ' && length < LOADER_LIST_TEXT) {
            length++;
        }
        text_put(&text, i == 0 ? "" : " ");
        text_put_bytes(&text, from->provides[i], length);
    }
}

static void take_note(struct object_note *note, const struct load_note *from)
{
    note->kind = from->kind;
    note->resources = from->resources;
    note->restart = from->restart;
    note->priority = from->priority;
    note->stack = from->stack;
    note->memory = from->memory;
    note->heartbeat = from->heartbeat;
    text_copy(note->name, sizeof(note->name), from->name);
    text_copy(note->path, sizeof(note->path), from->path);
    take_provides(note, from);
    uint32_t count = from->device_count < CATALOG_DEVICES ? from->device_count : CATALOG_DEVICES;
    note->device_count = count;
    for (uint32_t i = 0; i < count; i++) {
        text_copy(note->devices[i], CATALOG_DEVICE_TEXT, from->devices[i]);
    }
}

/* The refusal's line names no file yet: the loader was not told its name. */
static status_t note_refused(const struct boot_file *file, status_t status,
                             char line[INSTANCE_LINE])
{
    struct text text = text_in(line, INSTANCE_LINE);
    const char *from = lent.note.line;
    if (lent.note.size != sizeof(lent.note) || from[0] == '\0') {
        return fail(line, file->name, "its note cannot be read", status);
    }
    lent.note.line[LOADER_LINE - 1] = '\0';
    TEXT_PUT(&text, file->name, text_starts(from, "object:") ? from + sizeof("object:") - 2 : from);
    return status;
}

status_t instance_note(struct boot_file *file, char line[INSTANCE_LINE])
{
    status_t status = STATUS_PEER_DIED;
    if (file->note_read && file->note_status == STATUS_OK) {
        return STATUS_OK;
    }
    for (int i = 0; i < CALL_TRIES && status == STATUS_PEER_DIED; i++) {
        memset(&lent.note, 0, sizeof(lent.note));
        worker_calls_loader();
        status = loader_inspect(loader_endpoint(), catalog_offset(file), file->size,
                                catalog_memory(file), &lent.note, sizeof(lent.note), NULL);
    }
    struct object_note *note = status == STATUS_OK ? catalog_note(file) : NULL;
    if (status != STATUS_OK) {
        status = note_refused(file, status, line);
    } else if (note == NULL) {
        status = fail(line, file->name, "too many objects are in use", STATUS_FULL);
    } else {
        take_note(note, &lent.note);
    }
    file->note_status = status;
    file->note_read = true;
    return status;
}
