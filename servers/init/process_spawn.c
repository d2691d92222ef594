/*
 * The call that starts a program: path, arguments and environment out of the lent buffer, which
 * also takes the line of a refusal.
 */
#include "memory.h"
#include "process_table.h"
#include "service.h"
#include "stop.h"

bool process_may_start(const struct call *call)
{
    return badge_kind(call->in.badge) == BADGE_SPAWNER ||
           badge_kind(call->in.badge) == BADGE_STARTER;
}

/* Whether `bytes` of text are exactly `count` texts, each ended by NUL. */
static bool holds_texts(const char *texts, uint64_t bytes, uint64_t count)
{
    uint64_t found = 0;
    for (uint64_t i = 0; i < bytes; i++) {
        found += texts[i] == '\0';
    }
    return bytes > 0 && texts[bytes - 1] == '\0' && found == count;
}

/* Notes where arguments and environment are: the worker takes them from the lease. */
static void take_texts(struct call *call, struct process *process, const char *texts,
                       uint64_t bytes, const uint64_t counts[2])
{
    uint64_t path = text_length(texts) + 1;
    process->argument_count = (uint32_t)counts[0];
    process->environment_count = (uint32_t)counts[1];
    process->text_bytes = (uint32_t)(bytes - path);
    process->texts_at = path;
    for (int i = 0; i < 3; i++) {
        process->files[i] = call->handles[i];
    }
    process_set_name(process, texts);
    uint64_t lent = call_lease_length(call, 0);
    process->refusal_at = bytes;
    process->refusal_room = lent > bytes ? lent - bytes : 0;
    process->refusal_room =
        process->refusal_room < PROCESS_REFUSAL ? process->refusal_room : PROCESS_REFUSAL;
}

/* What the room for a refusal holds now; written back, it makes sure that it can be written. */
static status_t probe_room(struct call *call, uint64_t bytes)
{
    char room[PROCESS_REFUSAL];
    uint64_t lent = call_lease_length(call, 0);
    uint64_t length = lent > bytes ? lent - bytes : 0;
    length = length < sizeof(room) ? length : sizeof(room);
    if (length == 0) {
        return STATUS_OK;
    }
    status_t status = call_read(call, 0, bytes, room, length);
    return status == STATUS_OK ? call_write(call, 0, bytes, room, length) : status;
}

/* What is to be started: an object of the boot set by its path, or the first bytes of a memory. */
struct given {
    handle_t object; /* 0: of the boot set */
    uint64_t size;
};

static const char *last_part(const char *path)
{
    const char *part = path;
    for (; *path != '\0'; path++) {
        part = path[0] == '/' && path[1] != '\0' ? path + 1 : part;
    }
    return part;
}

/* A copy is loaded, which nobody changes meanwhile, and whose pages no pager has to bring. */
static status_t take_object(struct process *process, const struct given *given, const char *path)
{
    uint64_t size = 0;
    status_t status = memory_info(given->object, &size, NULL, NULL);
    if (status == STATUS_OK && size < given->size) {
        return STATUS_TOO_LARGE;
    }
    text_copy(process->own_name, sizeof(process->own_name), last_part(path));
    process->own = (struct boot_file){
        .name = process->own_name,
        .size = given->size,
        .source = process->own_name,
        .note = &catalog_no_note,
        .own_note = &process_note,
    };
    return status == STATUS_OK ? memory_snapshot(given->object, init.account, &process->own.memory)
                               : status;
}

static status_t submit(struct call *call, struct process *process, const struct given *given,
                       const char *path)
{
    status_t status = given->object != 0 ? take_object(process, given, path) : STATUS_OK;
    if (status != STATUS_OK) {
        return status;
    }
    process->spawn_reply = call_defer(call);
    status = process->spawn_reply == 0 ? STATUS_NO_KERNEL_MEMORY : process_submit(process);
    if (status != STATUS_OK && process->spawn_reply != 0) {
        server_answer(&init.server, process->spawn_reply, status);
    }
    return status;
}

/* A process or a service. False: who has ended, or is about to, starts nothing. */
static bool find_parent(uint64_t badge, uint32_t *slot, uint32_t *generation)
{
    if (badge_kind(badge) == BADGE_STARTER) {
        const struct service *service = service_of_badge(badge);
        if (service == NULL || !service_is_up(service) || service->ending) {
            return false;
        }
        *slot = PROCESS_STARTER(service_slot(service));
        *generation = service->generation;
        return true;
    }
    const struct process *parent = process_of_badge(badge);
    if (parent == NULL || parent->state != PROCESS_RUNNING || parent->doomed) {
        return false;
    }
    *slot = process_slot(parent);
    *generation = parent->generation;
    return true;
}

static status_t spawn(struct call *call, const struct given *given, const char *texts,
                      uint64_t bytes, const uint64_t counts[2])
{
    uint32_t parent = INIT_PROCESSES;
    uint32_t generation = 0;
    if (stop_is_final() || !find_parent(call->in.badge, &parent, &generation)) {
        return STATUS_REFUSED;
    }
    struct boot_file *file = given->object == 0 ? catalog_object(texts) : NULL;
    if (given->object == 0 && (file == NULL || file->directory)) {
        return STATUS_NOT_FOUND;
    }
    struct process *process = process_take(file);
    if (process == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    process->parent = parent;
    process->parent_generation = generation;
    take_texts(call, process, texts, bytes, counts);
    process->allow = file != NULL ? process_allowed(file) : 0;
    status_t status = submit(call, process, given, texts);
    if (status != STATUS_OK) {
        process_release(process); /* closes the files too */
    }
    return call->deferred ? STATUS_OK : status;
}

static status_t serve(struct call *call, const struct given *given, uint64_t bytes,
                      const uint64_t counts[2])
{
    static char texts[PROCESS_TEXTS];
    status_t status;
    if (!process_may_start(call)) {
        return STATUS_BAD_METHOD;
    }
    if (bytes > sizeof(texts)) {
        return STATUS_TOO_LARGE;
    }
    if ((status = call_read(call, 0, 0, texts, bytes)) != STATUS_OK ||
        (status = probe_room(call, bytes)) != STATUS_OK) {
        return status;
    }
    if (counts[0] > sizeof(texts) || counts[1] > sizeof(texts) ||
        !holds_texts(texts, bytes, 1 + counts[0] + counts[1])) {
        return STATUS_BAD_ARGUMENT;
    }
    return spawn(call, given, texts, bytes, counts);
}

status_t process_serve_spawn(struct call *call, uint64_t argument_bytes, uint64_t argument_count,
                             uint64_t environment_count, handle_t input, handle_t output,
                             handle_t error, uint64_t *pid, handle_t *process)
{
    const uint64_t counts[2] = {argument_count, environment_count};
    const struct given given = {0, 0};
    (void)pid;
    (void)process;
    status_t status = serve(call, &given, argument_bytes, counts);
    if (status != STATUS_OK) {
        status_ignore(handle_close(input));
        status_ignore(handle_close(output));
        status_ignore(handle_close(error));
    }
    return status;
}

status_t process_serve_spawn_object(struct call *call, uint64_t argument_bytes,
                                    uint64_t argument_count, uint64_t environment_count,
                                    uint64_t object_size, handle_t input, handle_t output,
                                    handle_t error, handle_t object, uint64_t *pid,
                                    handle_t *process)
{
    const uint64_t counts[2] = {argument_count, environment_count};
    const struct given given = {object, object_size};
    (void)pid;
    (void)process;
    status_t status = serve(call, &given, argument_bytes, counts);
    status_ignore(handle_close(object));
    if (status != STATUS_OK) {
        status_ignore(handle_close(input));
        status_ignore(handle_close(output));
        status_ignore(handle_close(error));
    }
    return status;
}
