/*
 * The call that starts a program: path, arguments and environment out of the lent buffer, which
 * also takes the line of a refusal.
 */
#include "memory.h"
#include "process_table.h"
#include "stop.h"

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

static status_t spawn(struct call *call, const char *texts, uint64_t bytes,
                      const uint64_t counts[2])
{
    const struct process *parent = process_of_badge(call->in.badge);
    if (stop_is_final() || parent == NULL || parent->state != PROCESS_RUNNING || parent->doomed) {
        return STATUS_REFUSED; /* who has ended, or is about to, starts nothing */
    }
    struct boot_file *file = catalog_object(texts);
    if (file == NULL || file->directory) {
        return STATUS_NOT_FOUND;
    }
    struct process *process = process_take(file);
    if (process == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    process->parent = process_slot(parent);
    process->parent_generation = parent->generation;
    take_texts(call, process, texts, bytes, counts);
    process->allow = process_allowed(file);
    process->spawn_reply = call_defer(call);
    status_t status = process->spawn_reply == 0 ? STATUS_NO_KERNEL_MEMORY : process_submit(process);
    if (status != STATUS_OK && process->spawn_reply != 0) {
        server_answer(&init.server, process->spawn_reply, status);
    }
    if (status != STATUS_OK) {
        process_release(process); /* closes the files too */
    }
    return call->deferred ? STATUS_OK : status;
}

status_t process_serve_spawn(struct call *call, uint64_t argument_bytes, uint64_t argument_count,
                             uint64_t environment_count, handle_t input, handle_t output,
                             handle_t error, uint64_t *pid, handle_t *process)
{
    static char texts[PROCESS_TEXTS];
    const uint64_t counts[2] = {argument_count, environment_count};
    status_t status;
    (void)pid;
    (void)process;
    if (badge_kind(call->in.badge) != BADGE_SPAWNER) {
        status = STATUS_BAD_METHOD;
    } else if (argument_bytes > sizeof(texts)) {
        status = STATUS_TOO_LARGE;
    } else {
        status = call_read(call, 0, 0, texts, argument_bytes);
    }
    if (status == STATUS_OK) {
        status = probe_room(call, argument_bytes);
    }
    if (status == STATUS_OK &&
        (argument_count > sizeof(texts) || environment_count > sizeof(texts) ||
         !holds_texts(texts, argument_bytes, 1 + argument_count + environment_count))) {
        status = STATUS_BAD_ARGUMENT;
    }
    if (status == STATUS_OK) {
        status = spawn(call, texts, argument_bytes, counts);
    }
    if (status != STATUS_OK) {
        status_ignore(handle_close(input));
        status_ignore(handle_close(output));
        status_ignore(handle_close(error));
    }
    return status;
}
