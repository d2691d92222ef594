/*
 * The loader server: serves the protocol *loader* on one port, one request at a time.
 *
 * A flat binary at a fixed address. The first instance of a boot is mapped by the kernel and also
 * starts init (bootstrap.h); a later one is made by init out of the same image, and finds the
 * start handles `account` and `port`.
 */
#include <sinter/protocol/loader.h>

#include "binding.h"
#include "bootstrap.h"
#include "bytes.h"
#include "machine.h"
#include "note.h"
#include "request.h"
#include "server.h"
#include "static_bind.h"
#include "window.h"

struct loader loader;

static struct server server;

/* What is lent, in and out. */
static union {
    struct load_request request;
    struct load_note note;
    uint8_t bytes[LOADER_REQUEST];
} buffer;
static struct load_result result;

static void close_handles(const handle_t *handles, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        status_ignore(handle_close(handles[i]));
    }
}

/* A load whose request has been checked; the result goes into the lent buffer. */
static status_t load_checked(struct call *call, struct load_file *file,
                             const struct load_target *target, const struct load_start *start,
                             struct load_answer *answer)
{
    status_t status = load_object(file, target, start, &result, answer);
    status_t written = call_write(call, 0, 0, &result, sizeof(result));
    return status == STATUS_OK ? written : status;
}

static status_t serve_load(struct call *call, uint64_t offset, uint64_t size, uint64_t libsys,
                           uint64_t seed, handle_t object, handle_t space, handle_t account,
                           uint64_t *entry, uint64_t *start_info, uint64_t *stack_top)
{
    const handle_t handles[] = {object, space, account};
    struct load_file file = {object, offset, size, NULL};
    struct load_target target = {space, account, libsys, LOADER_SEED(seed)};
    struct load_start start;
    struct load_answer answer = {0, 0, 0};
    uint64_t length = call_lease_length(call, 0);
    status_t status = length < sizeof(result) || length > sizeof(buffer)
                          ? STATUS_BAD_ARGUMENT
                          : call_read(call, 0, 0, &buffer, length);
    if (status == STATUS_OK) { /* makes sure that the result can be written, and changes nothing */
        status = call_write(call, 0, 0, &buffer, sizeof(result));
    }
    if (status == STATUS_OK && !request_parse(&buffer, length, &start, &file.name)) {
        status = STATUS_BAD_ARGUMENT;
    }
    if (status == STATUS_OK) {
        status = load_checked(call, &file, &target, &start, &answer);
    }
    *entry = answer.entry;
    *start_info = answer.start_info;
    *stack_top = answer.stack_top;
    close_handles(handles, sizeof(handles) / sizeof(handles[0]));
    return status;
}

static status_t serve_inspect(struct call *call, uint64_t offset, uint64_t size, handle_t object,
                              uint64_t *length)
{
    struct load_file file = {object, offset, size, "object"};
    if (call_lease_length(call, 0) < sizeof(buffer.note)) {
        status_ignore(handle_close(object));
        return STATUS_BAD_ARGUMENT;
    }
    status_t status = note_read(&file, &buffer.note);
    status_ignore(handle_close(object));
    status_t written = call_write(call, 0, 0, &buffer.note, sizeof(buffer.note));
    *length = sizeof(buffer.note);
    return status == STATUS_OK ? written : status;
}

static status_t serve_symbolize(struct call *call, uint64_t offset, uint64_t size, uint64_t section,
                                uint64_t section_offset, handle_t object, uint64_t *line,
                                uint8_t *text, size_t text_capacity, size_t *text_length)
{
    struct load_file file = {object, offset, size, "object"};
    (void)call;
    status_t status = note_symbolize(&file, section, section_offset, (char *)text, text_capacity);
    status_ignore(handle_close(object));
    *line = 0; /* there is no reader of debug sections yet */
    *text_length = status == STATUS_OK ? strlen((const char *)text) : 0;
    return status;
}

static const struct loader_operations operations = {
    .load = serve_load,
    .inspect = serve_inspect,
    .symbolize = serve_symbolize,
};

static handle_t own_handle(const struct start_info *info, const char *name)
{
    const struct start_handle *found = start_handle_find(info, name);
    return found == NULL ? 0 : found->handle;
}

static bool begin(const struct start_info *info)
{
    handle_t port = own_handle(info, "port");
    loader.account = own_handle(info, "account");
    if (port == 0 && !bootstrap_init(info, &port)) {
        return false;
    }
    server.info = info;
    server.account = loader.account;
    server.port = port;
    return reply_create(loader.account, &server.reply) == STATUS_OK &&
           server_add(&server, loader_protocol(&operations)) == STATUS_OK;
}

static int loader_main(const struct start_info *info)
{
    loader.libsys = info->reserved[0];
    loader.task_enter = binding_task_enter(loader.libsys);
    loader.machine = LOADER_MACHINE;
    window_init(info);
    return begin(info) ? server_run(&server) : 1;
}

/* Where the image begins: without a thread pointer, and with nothing bound. */
void loader_start(const struct start_info *info);
void loader_start(const struct start_info *info)
{
    static struct start_info own;
    if (static_bind((const void *)(uintptr_t)info->reserved[0]) != STATUS_OK) {
        __builtin_trap(); /* nothing can be called, not even to say so */
    }
    own = *info;
    own.entry = (uint64_t)(uintptr_t)loader_main;
    task_enter(&own);
}
