/*
 * Reading an object that is to be started into memory: whoever starts it waits for its file server,
 * and the supervisor need not.
 */
#include <sinter/protocol/file.h>
#include <stdio.h>

#include "program.h"

enum {
    READ_TRIES = 5,         /* a server that is restarted meanwhile is asked again */
    OBJECT_MOST = 64 << 20, /* bytes; the account of the reader sets a limit too */
};

#define PAGE ((uint64_t)LIMIT_PAGE_SIZE)

/* Up to `size` bytes; *size becomes how many there were. */
static status_t read_all(handle_t file, char *to, uint64_t *size)
{
    uint64_t done = 0;
    uint64_t count = 1;
    unsigned tries = READ_TRIES;
    status_t status = STATUS_OK;
    while (status == STATUS_OK && done < *size && count > 0) {
        status = file_read(file, done, 0, to + done, *size - done, &count);
        if (status == STATUS_OK) {
            done += count;
        } else if ((status == STATUS_PEER_DIED || status == STATUS_NOT_READY ||
                    status == STATUS_INTERRUPTED) &&
                   --tries > 0) {
            status = STATUS_OK;
        }
    }
    *size = done;
    return status;
}

static status_t read_into(handle_t file, handle_t memory, uint64_t *size)
{
    uint64_t length = (*size + PAGE - 1) & ~(PAGE - 1);
    uint64_t mapped = 0;
    status_t status = space_map(0, memory, 0, 0, length, MAP_READ | MAP_WRITE, &mapped);
    if (status == STATUS_OK) {
        status = read_all(file, (char *)(uintptr_t)mapped, size);
        status_ignore(space_unmap(0, mapped, length));
    }
    return status;
}

/* Without a byte there is nothing to read, and the loader says so. */
static status_t make(handle_t file, uint64_t *size, handle_t *memory)
{
    status_t status = memory_create(program_handle("account"), *size > 0 ? *size : 1, 0, memory);
    if (status == STATUS_OK && *size > 0) {
        status = read_into(file, *memory, size);
    }
    if (status != STATUS_OK && *memory != 0) {
        status_ignore(handle_close(*memory));
        *memory = 0;
    }
    return status;
}

static status_t refuse_kind(const char *path, uint32_t kind, char *refusal, size_t refusal_size)
{
    (void)snprintf(refusal, refusal_size, "%s: refused: it is %s, and no object", path,
                   kind == FILE_KIND_DIRECTORY ? "a directory" : "a device");
    return STATUS_REFUSED;
}

status_t object_open(const char *path, handle_t *file, char *bytes, size_t room, size_t *length,
                     char *refusal, size_t refusal_size)
{
    uint32_t kind = FILE_KIND_DIRECTORY;
    uint64_t size = room;
    *file = 0;
    status_t status = path_open_resolved(path, FILE_READ, &kind, file);
    if (status == STATUS_OK) {
        status = kind == FILE_KIND_REGULAR ? read_all(*file, bytes, &size)
                                           : refuse_kind(path, kind, refusal, refusal_size);
    }
    if (status != STATUS_OK && *file != 0) {
        status_ignore(handle_close(*file));
    }
    *length = (size_t)size;
    return status;
}

status_t object_read(const char *path, handle_t file, handle_t *memory, uint64_t *size,
                     char *refusal, size_t refusal_size)
{
    uint32_t kind;
    *memory = 0;
    status_t status = file_stat(file, &kind, size, NULL);
    if (status == STATUS_OK && *size > OBJECT_MOST) {
        (void)snprintf(refusal, refusal_size,
                       "%s: refused: the file has %llu bytes, the limit is %d", path,
                       (unsigned long long)*size, OBJECT_MOST);
        status = STATUS_REFUSED;
    }
    return status == STATUS_OK ? make(file, size, memory) : status;
}
