/* See open_file.h. */
#include "open_file.h"

#include <sinter/protocol/file.h>
#include <stdatomic.h>

#include "export.h"
#include "pipe.h"
#include "process_terminal.h"
#include "terminal_pair.h"

enum {
    TRIES = 5,            /* a server that is restarted meanwhile is asked again */
    TOUCHES = 1000,       /* repetitions of one call for absent pages */
    LEASE_MOST = 1 << 20, /* bytes of one call */
    CALL_STEP = 0x10000,  /* between two numbers of calls */
};

/* ---- life ------------------------------------------------------------------------------------ */

struct open_file *open_file_new(enum open_kind kind, handle_t endpoint, bool readable,
                                bool writable)
{
    struct open_file *file = pool_take(&host.open_files);
    if (file != NULL) {
        *file = (struct open_file){.kind = kind,
                                   .references = 1,
                                   .readable = readable,
                                   .writable = writable,
                                   .endpoint = endpoint};
    }
    return file;
}

struct open_file *open_file_share(struct open_file *file)
{
    file->references++;
    return file;
}

void open_file_release(struct open_file *file)
{
    if (--file->references > 0) {
        return;
    }
    if (file->endpoint != 0) {
        status_ignore(handle_close(file->endpoint));
    }
    if (file->pipe != NULL) {
        pipe_close_end(file->pipe, file->writable);
    }
    if (file->terminal != NULL) {
        if (file->kind != OPEN_REMOTE) {
            terminal_pair_close(file);
        }
        process_terminal_release(file->terminal);
    }
    pool_give(&host.open_files, file);
}

struct console *console_new(struct open_file *input, struct open_file *output)
{
    struct console *console = pool_take(&host.consoles);
    if (console != NULL) {
        *console = (struct console){1, open_file_share(input), open_file_share(output)};
    }
    return console;
}

struct console *console_share(struct console *console)
{
    if (console != NULL) {
        console->references++;
    }
    return console;
}

void console_release(struct console *console)
{
    if (console == NULL || --console->references > 0) {
        return;
    }
    open_file_release(console->input);
    open_file_release(console->output);
    pool_give(&host.consoles, console);
}

/* ---- files of other servers ------------------------------------------------------------------ */

/* Makes the page of the guest present that a server wants. */
static status_t touch(uint64_t address, bool write)
{
    uint8_t byte;
    status_t status = guest_copy_in(&byte, address, sizeof(byte));
    return status == STATUS_OK && write ? guest_copy_out(address, &byte, sizeof(byte)) : status;
}

typedef status_t (*transfer)(handle_t, uint64_t, uint32_t, const struct lease *, uint64_t *);

static uint32_t next_call(void)
{
    uint32_t call;
    do {
        call = atomic_fetch_add_explicit(&host.calls, CALL_STEP, memory_order_relaxed) & FILE_CALL;
    } while (call == 0);
    return call;
}

static status_t transfer_once(const struct open_file *file, transfer call, uint32_t flags,
                              const struct lease *lease, uint64_t *count)
{
    status_t status = STATUS_RETRY_TOUCH;
    for (unsigned i = 0; i < TOUCHES && status == STATUS_RETRY_TOUCH; i++) {
        status = call(file->endpoint, file->position, flags, lease, count);
        if (status == STATUS_RETRY_TOUCH) {
            struct message_retry retry =
                *(const struct message_retry *)(void *)message_page()->data;
            status_t touched =
                touch(lease->address + retry.offset, (lease->flags & LEASE_WRITE) != 0);
            status = touched == STATUS_OK ? status : touched;
        }
    }
    return status;
}

static bool is_worth_repeating(status_t status)
{
    return status == STATUS_PEER_DIED || status == STATUS_NOT_READY || status == STATUS_INTERRUPTED;
}

/* A regular file answers by itself. */
static bool may_wait(const struct process *process, const struct open_file *file)
{
    return !process->killed && (!process->poked || file->file_kind == FILE_KIND_REGULAR);
}

static status_t remote(struct process *process, struct open_file *file, bool write,
                       uint64_t address, uint64_t length, uint64_t *count)
{
    struct lease lease = {.source = process->image.space,
                          .address = address,
                          .length = length < LEASE_MOST ? length : LEASE_MOST,
                          .flags = write ? LEASE_READ : LEASE_WRITE};
    uint32_t flags = FILE_AT_POSITION | host.abi->transfer_flags | next_call();
    status_t status = STATUS_INTERRUPTED;
    *count = 0;
    for (unsigned i = 0; i < TRIES && may_wait(process, file) && is_worth_repeating(status);
         i += status != STATUS_INTERRUPTED) {
        status =
            transfer_once(file, write ? file_write_lease : file_read_lease, flags, &lease, count);
    }
    if (status == STATUS_OK && *count > lease.length) { /* more than was asked for */
        *count = 0;
        status = STATUS_IO_ERROR;
    }
    if (status == STATUS_OK) {
        file->position += *count; /* what the server is told; it knows better */
    }
    return status == STATUS_BAD_LEASE ? STATUS_BAD_ADDRESS : status;
}

/* ---- all kinds ------------------------------------------------------------------------------- */

static struct open_file *behind(struct process *process, struct open_file *file, bool write)
{
    if (file->kind != OPEN_CONSOLE) {
        return file;
    }
    if (process->console == NULL) {
        return NULL;
    }
    return write ? process->console->output : process->console->input;
}

status_t open_file_read(struct process *process, struct open_file *file, uint64_t address,
                        uint64_t length, uint64_t *count)
{
    struct open_file *from = behind(process, file, false);
    *count = 0;
    if (from == NULL || !file->readable || !from->readable) {
        return STATUS_NO_RIGHT;
    }
    if (from->kind == OPEN_TERMINAL_MASTER) {
        return terminal_pair_read(process, from, address, length, count);
    }
    if (from->terminal != NULL) {
        return process_terminal_read(process, from->terminal, address, length, count);
    }
    switch (from->kind) {
    case OPEN_REMOTE:
        return remote(process, from, false, address, length, count);
    case OPEN_PIPE:
        return pipe_read(process, from->pipe, address, length, count);
    default:
        return STATUS_IS_DIRECTORY;
    }
}

status_t open_file_write(struct process *process, struct open_file *file, uint64_t address,
                         uint64_t length, uint64_t *count)
{
    struct open_file *to = behind(process, file, true);
    status_t status = STATUS_OK;
    *count = 0;
    if (to == NULL || !file->writable || !to->writable) {
        return STATUS_NO_RIGHT;
    }
    if (to->kind == OPEN_TERMINAL_MASTER) {
        return terminal_pair_write(process, to, address, length, count);
    }
    if (to->terminal != NULL) {
        return process_terminal_write(process, to->terminal, address, length, count);
    }
    if (to->kind == OPEN_PIPE) {
        return pipe_write(process, to->pipe, address, length, count);
    }
    if (to->kind != OPEN_REMOTE) {
        return STATUS_IS_DIRECTORY;
    }
    while (*count < length && status == STATUS_OK) {
        uint64_t moved = 0;
        status = remote(process, to, true, address + *count, length - *count, &moved);
        *count += moved;
        if (moved == 0) {
            break;
        }
    }
    return status;
}

status_t open_file_begin_turn(struct process *process, struct open_file *file)
{
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    while (file->is_taken && status == STATUS_OK) {
        status = process_sleep(process, &file->turn, UINT64_MAX);
    }
    file->is_taken |= status == STATUS_OK;
    mutex_unlock(&host.lock);
    return status;
}

void open_file_end_turn(struct open_file *file)
{
    mutex_lock(&host.lock);
    file->is_taken = false;
    wait_queue_wake(&file->turn);
    mutex_unlock(&host.lock);
}

status_t open_file_endpoint(struct open_file *file, handle_t *endpoint)
{
    if (file->endpoint != 0 && file->kind != OPEN_CONSOLE) {
        return handle_duplicate(file->endpoint, RIGHT_ALL, endpoint);
    }
    return file->pipe != NULL ? export_file(file, endpoint) : STATUS_UNSUPPORTED;
}
