/* The calls of block_file.h. */
#include "block_file.h"

#include <sinter/protocol/file.h>

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

static status_t open_for(struct block_file *block, handle_t names, const char *path, uint32_t flags)
{
    uint32_t kind = 0;
    status_t status = walk_open(names, path, length_of(path), flags, &kind, &block->file);
    if (status != STATUS_OK) {
        return status;
    }
    status = kind == FILE_KIND_BLOCK ? file_attach(block->file, flags, NULL) : STATUS_BAD_FORMAT;
    if (status != STATUS_OK) {
        block_file_close(block);
    }
    return status;
}

status_t block_file_open(struct block_file *block, const struct server *server, const char *path)
{
    handle_t names = server_handle(server, "namespace");
    unsigned tries = 0;
    status_t status;
    while (*path == '/') {
        path++;
    }
    *block = (struct block_file){0};
    status = open_for(block, names, path, FILE_READ | FILE_WRITE);
    if (status == STATUS_READ_ONLY) {
        block->read_only = true;
        status = open_for(block, names, path, FILE_READ);
    }
    if (status != STATUS_OK) {
        return status;
    }
    do {
        status = file_stat(block->file, NULL, &block->size, NULL);
    } while (block_file_again(status, &tries));
    if (status != STATUS_OK) {
        block_file_close(block);
    }
    return status;
}

void block_file_close(struct block_file *block)
{
    if (block->file != 0) {
        status_ignore(handle_close(block->file));
        block->file = 0;
    }
}

bool block_file_again(status_t status, unsigned *tries)
{
    unsigned most = status == STATUS_INTERRUPTED ? INTERRUPTIONS : DEATHS;
    bool may_help =
        status == STATUS_PEER_DIED || status == STATUS_NOT_READY || status == STATUS_INTERRUPTED;
    return may_help && ++*tries < most;
}

/* One call; `flags` says in which direction. */
static status_t move(const struct block_file *block, uint64_t offset, const struct lease *lease,
                     uint64_t *count)
{
    bool read = (lease->flags & LEASE_WRITE) != 0;
    *count = 0;
    status_t status = read ? file_read_lease(block->file, offset, 0, lease, count)
                           : file_write_lease(block->file, offset, 0, lease, count);
    if (status == STATUS_OK && (*count == 0 || *count > lease->length)) {
        return STATUS_IO_ERROR; /* a device that ends early, or lies */
    }
    return status;
}

static status_t move_all(const struct block_file *block, uint64_t offset, struct lease lease)
{
    unsigned tries = 0;
    while (lease.length > 0) {
        uint64_t count = 0;
        status_t status = move(block, offset, &lease, &count);
        if (status == STATUS_OK) {
            offset += count;
            lease.address += count;
            lease.length -= count;
            tries = 0;
        } else if (!block_file_again(status, &tries)) {
            return status;
        }
    }
    return STATUS_OK;
}

status_t block_file_read(const struct block_file *block, uint64_t offset, void *buffer,
                         uint64_t length)
{
    return move_all(block, offset,
                    (struct lease){.address = (uint64_t)(uintptr_t)buffer,
                                   .length = length,
                                   .flags = LEASE_WRITE});
}

status_t block_file_write(const struct block_file *block, uint64_t offset, const void *buffer,
                          uint64_t length)
{
    return move_all(block, offset,
                    (struct lease){.address = (uint64_t)(uintptr_t)buffer,
                                   .length = length,
                                   .flags = LEASE_READ});
}

status_t block_file_sync(const struct block_file *block)
{
    unsigned tries = 0;
    status_t status;
    do {
        status = file_sync(block->file);
    } while (block_file_again(status, &tries));
    return status;
}

status_t block_file_lend(const struct block_file *block, struct call *call, uint32_t direction,
                         uint64_t offset, uint64_t at, uint64_t length, uint64_t *count)
{
    struct lease lease = {.source = call->reply,
                          .address = at,
                          .length = length,
                          .flags = direction | LEASE_ONWARD,
                          .index = 0};
    unsigned tries = 0;
    status_t status;
    do {
        status = move(block, offset, &lease, count);
    } while (status != STATUS_INTERRUPTED && block_file_again(status, &tries));
    if (status == STATUS_INTERRUPTED && call->server->stopping) {
        return STATUS_NOT_READY; /* the client calls the next instance */
    }
    return status == STATUS_RETRY_TOUCH ? call_retry_onward(call) : status;
}
