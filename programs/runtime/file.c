/*
 * Reading, writing and asking about open files. The caller's buffer is lent to the server as it
 * is; nothing is copied here.
 */
#include <errno.h>
#include <fcntl.h>
#include <sinter/protocol/file.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

#define NANOSECONDS UINT64_C(1000000000)
#define CALL_STEP   UINT32_C(0x10000)    /* between two numbers of calls */
#define CALL_SPREAD UINT32_C(0x9e3779b1) /* 2^32 / golden ratio: other programs, other numbers */
#define PERMISSIONS 0666                 /* there are none: who holds the endpoint may use it */

static bool has_offset(struct descriptor *descriptor)
{
    uint32_t kind = descriptor_kind(descriptor);
    return kind == FILE_KIND_REGULAR || kind == FILE_KIND_BLOCK || kind == FILE_KIND_DIRECTORY;
}

static uint32_t next_call(void)
{
    static _Atomic uint32_t calls;
    uint32_t number;
    do {
        number = atomic_fetch_add_explicit(&calls, CALL_STEP, memory_order_relaxed) +
                 (uint32_t)getpid() * CALL_SPREAD;
    } while ((number & FILE_CALL) == 0);
    return number & FILE_CALL;
}

/* Of a read or write, also when it is repeated: files share their position with whoever has the
 * same endpoint. */
static uint32_t flags_of(struct descriptor *descriptor)
{
    return descriptor->flags | (has_offset(descriptor) ? FILE_AT_POSITION | next_call() : 0u);
}

static struct descriptor *get_for(int number, uint32_t mode)
{
    struct descriptor *descriptor = descriptor_get(number);
    if (descriptor != NULL && (descriptor->mode & mode) == 0) {
        errno = EBADF;
        return NULL;
    }
    return descriptor;
}

ssize_t read(int number, void *buffer, size_t size)
{
    struct descriptor *descriptor = get_for(number, FILE_READ);
    uint64_t count = 0;
    unsigned tries = 0;
    status_t status;
    if (descriptor == NULL || size == 0) {
        return descriptor == NULL ? -1 : 0;
    }
    uint32_t flags = flags_of(descriptor);
    do {
        status = file_read(descriptor->endpoint, descriptor->offset, flags, buffer, size, &count);
    } while (descriptor_retry(descriptor, status, &tries));
    if (status != STATUS_OK) {
        return status_fail(status);
    }
    if (count > size) { /* a server that lies */
        return status_fail(STATUS_BAD_FORMAT);
    }
    descriptor->offset += count;
    return (ssize_t)count;
}

static status_t write_some(struct descriptor *descriptor, const char *from, size_t size,
                           uint64_t *count)
{
    unsigned tries = 0;
    uint32_t flags = flags_of(descriptor);
    status_t status;
    do {
        status = file_write(descriptor->endpoint, descriptor->offset, flags, from, size, count);
    } while (descriptor_retry(descriptor, status, &tries));
    if (status == STATUS_OK && (*count == 0 || *count > size)) {
        status = STATUS_BAD_FORMAT; /* a write makes progress or fails */
    }
    return status;
}

/* Writes everything unless the descriptor is non-blocking or something fails. */
ssize_t write(int number, const void *buffer, size_t size)
{
    struct descriptor *descriptor = get_for(number, FILE_WRITE);
    size_t done = 0;
    if (descriptor == NULL) {
        return -1;
    }
    while (done < size) {
        uint64_t count = 0;
        status_t status = write_some(descriptor, (const char *)buffer + done, size - done, &count);
        if (status != STATUS_OK) {
            return done > 0 ? (ssize_t)done : status_fail(status);
        }
        descriptor->offset += count;
        done += count;
        if ((descriptor->flags & FILE_NONBLOCK) != 0) {
            break;
        }
    }
    return (ssize_t)done;
}

static mode_t kind_mode(uint32_t kind)
{
    switch (kind) {
    case FILE_KIND_DIRECTORY:
        return S_IFDIR | PERMISSIONS;
    case FILE_KIND_CHARACTER:
    case FILE_KIND_TERMINAL:
        return S_IFCHR | PERMISSIONS;
    case FILE_KIND_BLOCK:
        return S_IFBLK | PERMISSIONS;
    case FILE_KIND_PIPE:
        return S_IFIFO | PERMISSIONS;
    default:
        return S_IFREG | PERMISSIONS;
    }
}

/* False: the server does not tell them. */
static bool get_attributes(handle_t endpoint, struct file_attributes *attributes)
{
    size_t length = 0;
    status_t status = file_attributes(endpoint, attributes, sizeof(*attributes), &length);
    return status == STATUS_OK && length == sizeof(*attributes);
}

/* Number, links and times, where the server knows them. */
static void put_attributes(handle_t endpoint, struct stat *result)
{
    struct file_attributes known = {0};
    if (!get_attributes(endpoint, &known)) {
        known = (struct file_attributes){0};
        status_ignore(file_times(endpoint, &known.modified, &known.identity));
    }
    result->st_ino = (ino_t)known.identity;
    result->st_nlink = (known.valid & FILE_ATTRIBUTE_LINKS) != 0 ? (nlink_t)known.links : 1;
    result->st_mtim.tv_sec = (time_t)(known.modified / NANOSECONDS);
    result->st_mtim.tv_nsec = (long)(known.modified % NANOSECONDS);
    result->st_atim = result->st_mtim;
    result->st_ctim = result->st_mtim;
}

static status_t endpoint_stat(handle_t endpoint, struct stat *result)
{
    uint32_t kind = 0;
    uint64_t size = 0;
    uint64_t block = 0;
    status_t status = file_stat(endpoint, &kind, &size, &block);
    if (status == STATUS_OK) {
        *result = (struct stat){.st_mode = kind_mode(kind), .st_nlink = 1};
        result->st_size = (off_t)size;
        result->st_blksize = (blksize_t)block;
        if (S_ISREG(result->st_mode) || S_ISDIR(result->st_mode)) {
            put_attributes(endpoint, result);
        }
    }
    return status;
}

int fstat(int number, struct stat *result)
{
    struct descriptor *descriptor = descriptor_get(number);
    if (descriptor == NULL) {
        return -1;
    }
    status_t status = endpoint_stat(descriptor->endpoint, result);
    return status == STATUS_OK ? 0 : status_fail(status);
}

int stat(const char *restrict path, struct stat *restrict result)
{
    handle_t endpoint;
    status_t status = path_open(path, 0, NULL, &endpoint);
    if (status == STATUS_OK) {
        status = endpoint_stat(endpoint, result);
        status_ignore(handle_close(endpoint));
    }
    return status == STATUS_OK ? 0 : status_fail(status);
}

int isatty(int number)
{
    struct descriptor *descriptor = descriptor_get(number);
    if (descriptor == NULL) {
        return 0;
    }
    if (descriptor_kind(descriptor) != FILE_KIND_TERMINAL) {
        errno = ENOTTY;
        return 0;
    }
    return 1;
}

/* Where the server keeps no position; others do not see it then. */
static status_t seek_here(const struct descriptor *descriptor, off_t offset, int whence,
                          uint64_t *position)
{
    uint64_t base = whence == SEEK_CUR ? descriptor->offset : 0;
    if (whence == SEEK_END) {
        status_t status = file_stat(descriptor->endpoint, NULL, &base, NULL);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (offset < 0 && 0 - (uint64_t)offset > base) {
        return STATUS_BAD_ARGUMENT;
    }
    *position = base + (uint64_t)offset;
    return STATUS_OK;
}

static uint32_t seek_word(int whence)
{
    return whence == SEEK_CUR   ? FILE_SEEK_POSITION
           : whence == SEEK_END ? FILE_SEEK_END
                                : FILE_SEEK_START;
}

off_t lseek(int number, off_t offset, int whence)
{
    struct descriptor *descriptor = descriptor_get(number);
    unsigned tries = 0;
    status_t status;
    uint64_t position = 0;
    if (descriptor == NULL) {
        return -1;
    }
    if (!has_offset(descriptor) ||
        (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)) {
        errno = has_offset(descriptor) ? EINVAL : ESPIPE;
        return -1;
    }
    do {
        status = descriptor->kind == FILE_KIND_DIRECTORY
                     ? STATUS_UNSUPPORTED
                     : file_seek(descriptor->endpoint, offset, seek_word(whence), &position);
    } while (descriptor_retry(descriptor, status, &tries));
    if (status == STATUS_BAD_METHOD || status == STATUS_UNSUPPORTED) {
        status = seek_here(descriptor, offset, whence, &position);
    }
    if (status != STATUS_OK) {
        return status_fail(status);
    }
    descriptor->offset = position;
    return (off_t)position;
}

int fcntl(int number, int command, ...)
{
    struct descriptor *descriptor = descriptor_get(number);
    va_list arguments;
    if (descriptor == NULL) {
        return -1;
    }
    if (command == F_GETFL) {
        return (descriptor->flags & FILE_NONBLOCK) != 0 ? O_NONBLOCK : 0;
    }
    if (command != F_SETFL) {
        errno = EINVAL;
        return -1;
    }
    va_start(arguments, command);
    descriptor->flags = (va_arg(arguments, int) & O_NONBLOCK) != 0 ? FILE_NONBLOCK : 0;
    va_end(arguments);
    return 0;
}

int fsync(int number)
{
    struct descriptor *descriptor = descriptor_get(number);
    if (descriptor == NULL) {
        return -1;
    }
    status_t status = file_sync(descriptor->endpoint);
    return status == STATUS_OK ? 0 : status_fail(status);
}
