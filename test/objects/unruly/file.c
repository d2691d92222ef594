/* Files whose server does not keep to the protocol. */
#include <sinter/protocol/file.h>
#include <sinter/protocol/terminal.h>

#include "publish.h"
#include "unruly.h"
#include "workers.h"

enum { CHUNK = 4096 };

static struct server *self;
static uint32_t own_kind = FILE_KIND_CHARACTER;

static status_t attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    (void)flags;
    *kind = own_kind;
    return STATUS_OK;
}

static int serve(struct server *server, const struct file_operations *operations)
{
    self = server;
    status_t status = server_add(server, file_protocol(operations));
    if (status == STATUS_OK) {
        status = publish_as(server, server->info->name, 0, own_kind);
    }
    if (status != STATUS_OK) {
        return server_refuse(server, "its name: %s", status_text(status));
    }
    return server_ready(server) == STATUS_OK ? server_run(server) : 1;
}

/* As much as the reader has room for, without end. */
static status_t read_flood(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    static char chunk[CHUNK];
    uint64_t length = call_lease_length(call, 0);
    (void)offset;
    (void)flags;
    for (unsigned i = 0; i < CHUNK; i++) {
        chunk[i] = '~';
    }
    *count = length < CHUNK ? length : CHUNK;
    return call_write(call, 0, 0, chunk, *count);
}

int file_floods(struct server *server)
{
    static const struct file_operations operations = {.attach = attach, .read = read_flood};
    return serve(server, &operations);
}

/* Tells of more bytes than there is room for, and has moved none. */
static status_t read_lie(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    (void)flags;
    *count = call_lease_length(call, 0) + 1;
    return STATUS_OK;
}

static status_t write_lie(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)call;
    (void)offset;
    (void)flags;
    *count = UINT64_MAX;
    return STATUS_OK;
}

int file_lies(struct server *server)
{
    static const struct file_operations operations = {
        .attach = attach, .read = read_lie, .write = write_lie};
    return serve(server, &operations);
}

/* Answers with handles and data that no reader expects; the generated code does not do that. */
static status_t serve_handles(const void *operations, struct call *call)
{
    if (tag_method(call->in.tag) != FILE_METHOD_READ) {
        return file_dispatch(operations, call);
    }
    call->accepted = true;
    for (uint32_t i = 0; i < LIMIT_MESSAGE_HANDLES; i++) {
        if (handle_duplicate(self->account, RIGHT_ALL, &call->answer_handles[i]) != STATUS_OK) {
            return STATUS_FAILED;
        }
        call->answer_handle_count = i + 1;
    }
    call->answer_length = sizeof(call->answer_data);
    return STATUS_OK;
}

int file_gives_handles(struct server *server)
{
    static const struct file_operations operations = {.attach = attach};
    struct server_protocol protocol = file_protocol(&operations);
    protocol.serve = serve_handles;
    self = server;
    if (server_add(server, protocol) != STATUS_OK ||
        publish_as(server, server->info->name, 0, FILE_KIND_CHARACTER) != STATUS_OK) {
        return 1;
    }
    return server_ready(server) == STATUS_OK ? server_run(server) : 1;
}

/* On a thread of its own, which then serves nobody any more. */
static status_t read_loop(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)call;
    (void)offset;
    (void)flags;
    (void)count;
    for (volatile uint64_t turns = 1; turns != 0; turns++) {
    }
    return STATUS_OK;
}

static struct workers workers;

static void look_after(struct server *server)
{
    (void)server;
    workers_look_after(&workers);
}

int file_worker_loops(struct server *server)
{
    enum { WORKERS = 2 };
    static const struct file_operations operations = {.attach = attach, .read = read_loop};
    status_t status = server_add(server, file_protocol(&operations));
    if (status == STATUS_OK) {
        status = publish_as(server, server->info->name, 0, own_kind);
    }
    if (status == STATUS_OK) {
        server->on_ping = look_after;
        status = workers_begin(&workers, server, WORKERS);
    }
    if (status != STATUS_OK) {
        return server_refuse(server, "its threads: %s", status_text(status));
    }
    return server_ready(server) == STATUS_OK ? workers_run(&workers) : 1;
}

/* Takes the call and forgets it, also when it is cancelled. */
static status_t read_never(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    (void)flags;
    (void)count;
    log_line("took a read");
    return call_defer(call) != 0 ? STATUS_OK : STATUS_NO_KERNEL_MEMORY;
}

int file_never_answers(struct server *server)
{
    static const struct file_operations operations = {.attach = attach, .read = read_never};
    return serve(server, &operations);
}

static status_t stat_program(struct call *call, uint32_t *kind, uint64_t *size,
                             uint64_t *block_size)
{
    (void)call;
    *kind = own_kind;
    *size = CHUNK;
    *block_size = 1;
    return STATUS_OK;
}

static void answer_cancelled(struct server *server, handle_t reply)
{
    server_answer(server, reply, STATUS_INTERRUPTED);
}

/* As if it were a program, whose reads end when they are cancelled. */
int file_is_slow_program(struct server *server)
{
    static const struct file_operations operations = {
        .attach = attach, .read = read_never, .stat = stat_program};
    own_kind = FILE_KIND_REGULAR;
    server->on_cancel = answer_cancelled;
    return serve(server, &operations);
}

/* A terminal on which every read finds the end, whatever its mode. */
static status_t read_end(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)call;
    (void)offset;
    (void)flags;
    *count = 0;
    return STATUS_OK;
}

static status_t write_all(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    (void)flags;
    *count = call_lease_length(call, 0);
    return STATUS_OK;
}

static status_t attach_terminal(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    (void)flags;
    *kind = FILE_KIND_TERMINAL;
    return STATUS_OK;
}

static status_t stat_terminal(struct call *call, uint32_t *kind, uint64_t *size,
                              uint64_t *block_size)
{
    (void)call;
    *kind = FILE_KIND_TERMINAL;
    *size = *block_size = 0;
    return STATUS_OK;
}

static status_t set_mode(struct call *call, uint32_t mode, uint32_t *previous)
{
    (void)call;
    (void)mode;
    *previous = TERMINAL_COOKED;
    return STATUS_OK;
}

int file_is_ended_terminal(struct server *server)
{
    static const struct file_operations operations = {
        .attach = attach_terminal, .read = read_end, .write = write_all, .stat = stat_terminal};
    static const struct terminal_operations terminal_operations = {.set_mode = set_mode};
    status_t status = server_add(server, terminal_protocol(&terminal_operations));
    return status == STATUS_OK ? serve(server, &operations) : 1;
}
