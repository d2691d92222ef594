/* The calls of block_file.h. */
#include "block_file.h"

#include <sinter/protocol/file.h>

#include <stdatomic.h>

#include "walk.h"

enum {
    DEATHS = 5,          /* a request that kills its driver must not kill every new instance */
    INTERRUPTIONS = 1000 /* of a thread that is to end, and has to finish first */
};

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

/* Whether a call that ended so may come out otherwise; *tries begins at 0. */
static bool may_help(status_t status, unsigned *tries)
{
    unsigned most = status == STATUS_INTERRUPTED ? INTERRUPTIONS : DEATHS;
    bool may =
        status == STATUS_PEER_DIED || status == STATUS_NOT_READY || status == STATUS_INTERRUPTED;
    return may && ++*tries < most;
}

/* ---- opening -------------------------------------------------------------------------------- */

static status_t open_for(struct block_file *block, uint32_t flags)
{
    uint32_t kind = 0;
    handle_t file = 0;
    status_t status =
        walk_open(block->names, block->path, length_of(block->path), flags, &kind, &file);
    if (status != STATUS_OK) {
        return status;
    }
    block->file = file;
    status = kind == FILE_KIND_BLOCK ? file_attach(file, flags, NULL) : STATUS_BAD_FORMAT;
    if (status != STATUS_OK) {
        block_file_close(block);
    }
    return status;
}

/* Names and path are set. */
static status_t open_device(struct block_file *block)
{
    unsigned tries = 0;
    status_t status = open_for(block, FILE_READ | FILE_WRITE);
    if (status == STATUS_READ_ONLY) {
        block->read_only = true;
        status = open_for(block, FILE_READ);
    }
    if (status != STATUS_OK) {
        return status;
    }
    do {
        status = file_stat(block->file, NULL, &block->size, NULL);
    } while (may_help(status, &tries));
    if (status != STATUS_OK) {
        block_file_close(block);
    }
    return status;
}

status_t block_file_open(struct block_file *block, const struct server *server, const char *path)
{
    while (*path == '/') {
        path++;
    }
    size_t length = length_of(path);
    if (length >= BLOCK_FILE_PATH) {
        return STATUS_TOO_LARGE;
    }
    *block = (struct block_file){.names = server_handle(server, "namespace")};
    __builtin_memcpy(block->path, path, length);
    return open_device(block);
}

static void close_if(handle_t *handle)
{
    if (*handle != 0) {
        status_ignore(handle_close(*handle));
        *handle = 0;
    }
}

void block_file_close(struct block_file *block)
{
    close_if(&block->claim);
    if (block->file != 0) {
        status_ignore(handle_close(block->file));
        block->file = 0;
    }
}

/* ---- claims --------------------------------------------------------------------------------- */

/* All of it, by the opening that it has. */
static status_t claim_all(struct block_file *block)
{
    unsigned tries = 0;
    status_t status;
    if (block->read_only) {
        return STATUS_OK;
    }
    do {
        status = file_claim(block->file, block->claimant, length_of(block->claimant), 0,
                            block->size, &block->claim);
    } while (may_help(status, &tries));
    if (status == STATUS_BAD_METHOD) {
        log_line("/%s: its server knows no claims: others can have it too", block->path);
        status = STATUS_OK;
    }
    return status;
}

/* Empty: whoever it was has gone. */
static void find_holder(struct block_file *block, char holder[BLOCK_CLAIM_NAME])
{
    char name[BLOCK_CLAIM_NAME] = {0};
    size_t length = 0;
    uint32_t exact;
    status_t status =
        block_file_claimant(block, 0, block->size, &exact, name, BLOCK_CLAIM_NAME - 1, &length);
    __builtin_memcpy(holder, name, BLOCK_CLAIM_NAME);
    holder[status == STATUS_OK ? length : 0] = '\0';
}

status_t block_file_claim(struct block_file *block, const char *name, char holder[BLOCK_CLAIM_NAME])
{
    size_t length = length_of(name);
    if (length >= BLOCK_CLAIM_NAME) {
        return STATUS_BAD_ARGUMENT;
    }
    __builtin_memcpy(block->claimant, name, length + 1);
    holder[0] = '\0';
    status_t status = claim_all(block);
    if (status == STATUS_BUSY) {
        find_holder(block, holder);
    }
    return status;
}

int block_file_refuse_claim(struct server *server, const char *path, const char *holder,
                            status_t status)
{
    if (status != STATUS_BUSY || holder[0] == '\0') {
        return server_refuse(server, "%s cannot be claimed: %s", path, status_text(status));
    }
    return server_refuse(server,
                         "%s, or part of it, is in use by another file system, `%s`; stop that "
                         "first: svc stop %s --force",
                         path, holder, holder);
}

/* ---- opening again -------------------------------------------------------------------------- */

/* Of `fresh`, as `block` had it. */
static status_t claim_again(struct block_file *block, struct block_file *fresh)
{
    if (block->claimant[0] == '\0') {
        return STATUS_OK;
    }
    __builtin_memcpy(fresh->claimant, block->claimant, BLOCK_CLAIM_NAME);
    status_t status = claim_all(fresh);
    if (status == STATUS_BUSY) {
        block->is_lost = true;
        if (block->on_lost != NULL) {
            block->on_lost(block->context);
        }
        log_line("/%s has been claimed by another file system, and is not used any more",
                 block->path);
    }
    return status;
}

static bool is_same(const struct block_file *block, struct block_file *fresh)
{
    return fresh->size == block->size && fresh->read_only == block->read_only &&
           (block->is_same == NULL || block->is_same(fresh, block->context));
}

/* In place of `used`, which another thread may have done meanwhile. */
static status_t open_again(struct block_file *block, handle_t used)
{
    struct block_file fresh = {.names = block->names};
    handle_t expected = used;
    if (block->file != used) {
        return STATUS_OK;
    }
    if (block->is_lost) {
        return STATUS_BUSY;
    }
    __builtin_memcpy(fresh.path, block->path, BLOCK_FILE_PATH);
    status_t status = open_device(&fresh);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_GONE : status;
    }
    status = claim_again(block, &fresh);
    if (status != STATUS_OK || !is_same(block, &fresh)) {
        block_file_close(&fresh);
        return status == STATUS_OK ? STATUS_GONE : status;
    }
    if (atomic_compare_exchange_strong(&block->file, &expected, fresh.file)) {
        status_ignore(handle_close(used));
        close_if(&block->claim);
        block->claim = fresh.claim;
    } else {
        block_file_close(&fresh);
    }
    return STATUS_OK;
}

/* GONE can be said of a lease too, whose lender has gone. */
static bool is_gone(handle_t file)
{
    return file_stat(file, NULL, NULL, NULL) == STATUS_GONE;
}

/* Whether a call through `used` that ended so is to be made again; if not, *status says why. */
static bool again(struct block_file *block, handle_t used, status_t *status, unsigned *tries)
{
    if (*status == STATUS_GONE && is_gone(used)) {
        status_t opened = open_again(block, used);
        if (opened == STATUS_OK) {
            return !block->tells && ++*tries < DEATHS;
        }
        *status = opened;
    }
    return may_help(*status, tries);
}

/* ---- calls ---------------------------------------------------------------------------------- */

static void note_call(struct block_file *block)
{
    (void)atomic_fetch_add_explicit(&block->calls, 1, memory_order_relaxed);
}

/* One call; `flags` says in which direction. */
static status_t move(handle_t file, uint64_t offset, const struct lease *lease, uint64_t *count)
{
    bool read = (lease->flags & LEASE_WRITE) != 0;
    *count = 0;
    status_t status = read ? file_read_lease(file, offset, 0, lease, count)
                           : file_write_lease(file, offset, 0, lease, count);
    if (status == STATUS_OK && (*count == 0 || *count > lease->length)) {
        return STATUS_IO_ERROR; /* a device that ends early, or lies */
    }
    return status;
}

static status_t move_all(struct block_file *block, uint64_t offset, struct lease lease)
{
    unsigned tries = 0;
    while (lease.length > 0) {
        uint64_t count = 0;
        handle_t file = block->file;
        note_call(block);
        status_t status = move(file, offset, &lease, &count);
        if (status == STATUS_OK) {
            offset += count;
            lease.address += count;
            lease.length -= count;
            tries = 0;
        } else if (!again(block, file, &status, &tries)) {
            return status;
        }
    }
    return STATUS_OK;
}

status_t block_file_read(struct block_file *block, uint64_t offset, void *buffer, uint64_t length)
{
    return move_all(block, offset,
                    (struct lease){.address = (uint64_t)(uintptr_t)buffer,
                                   .length = length,
                                   .flags = LEASE_WRITE});
}

status_t block_file_write(struct block_file *block, uint64_t offset, const void *buffer,
                          uint64_t length)
{
    return move_all(block, offset,
                    (struct lease){.address = (uint64_t)(uintptr_t)buffer,
                                   .length = length,
                                   .flags = LEASE_READ});
}

status_t block_file_sync(struct block_file *block)
{
    unsigned tries = 0;
    status_t status;
    handle_t file;
    do {
        file = block->file;
        note_call(block);
        status = file_sync(file);
    } while (again(block, file, &status, &tries));
    return status;
}

status_t block_file_look(struct block_file *block)
{
    unsigned tries = 0;
    status_t status;
    handle_t file;
    do {
        file = block->file;
        status = file_stat(file, NULL, NULL, NULL);
    } while (again(block, file, &status, &tries));
    return status == STATUS_GONE && block->file != file ? STATUS_OK : status;
}

status_t block_file_pass_claim(struct block_file *block, const void *name, size_t name_length,
                               uint64_t start, uint64_t length, handle_t *claim)
{
    unsigned tries = 0;
    status_t status;
    handle_t file;
    do {
        file = block->file;
        status = file_claim(file, name, name_length, start, length, claim);
    } while (again(block, file, &status, &tries));
    return status;
}

status_t block_file_claimant(struct block_file *block, uint64_t start, uint64_t length,
                             uint32_t *exact, void *name, size_t capacity, size_t *name_length)
{
    unsigned tries = 0;
    status_t status;
    handle_t file;
    do {
        file = block->file;
        status = file_claimant(file, start, length, exact, name, capacity, name_length);
    } while (again(block, file, &status, &tries));
    return status;
}

status_t block_file_lend(struct block_file *block, handle_t file, struct call *call,
                         uint32_t direction, uint64_t offset, uint64_t at, uint64_t length,
                         uint64_t *count)
{
    struct lease lease = {.source = call->reply,
                          .address = at,
                          .length = length,
                          .flags = direction | LEASE_ONWARD,
                          .index = 0};
    unsigned tries = 0;
    status_t status = move(file, offset, &lease, count);
    while (status != STATUS_OK && status != STATUS_INTERRUPTED &&
           again(block, file, &status, &tries) &&
           status != STATUS_INTERRUPTED) { /* the opening may have been */
        file = block->tells ? file : block->file;
        status = move(file, offset, &lease, count);
    }
    if (status == STATUS_INTERRUPTED && call->server->stopping) {
        return STATUS_NOT_READY; /* the client calls the next instance */
    }
    return status == STATUS_RETRY_TOUCH ? call_retry_onward(call) : status;
}
