/*
 * Opening by path. The working directory is text, kept here and in the environment's PWD, which
 * children inherit; every path is looked up from the root through the start handle `namespace`.
 */
#include <errno.h>
#include <fcntl.h>
#include <sinter/protocol/file.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "program.h"
#include "walk.h"

static char directory[PATH_SIZE] = "/";

void path_start(void)
{
    char clean[PATH_SIZE];
    const char *given = getenv("PWD");
    if (given != NULL && path_absolute("/", given, clean)) {
        memcpy(directory, clean, sizeof(directory));
    }
}

status_t path_resolve(const char *path, char *absolute)
{
    if (path_absolute(directory, path, absolute)) {
        return STATUS_OK;
    }
    return *path == '\0' ? STATUS_NOT_FOUND : STATUS_TOO_LARGE;
}

status_t path_open_resolved(const char *absolute, uint32_t flags, uint32_t *kind,
                            handle_t *endpoint)
{
    uint32_t found = FILE_KIND_DIRECTORY;
    size_t length = strlen(absolute);
    handle_t root = program_handle("namespace");
    status_t status =
        length <= 1 ? handle_duplicate(root, RIGHT_ALL, endpoint)
                    : walk_open_again(root, absolute + 1, length - 1, flags, &found, endpoint);
    if (kind != NULL) {
        *kind = found;
    }
    return status;
}

status_t path_open(const char *path, uint32_t flags, uint32_t *kind, handle_t *endpoint)
{
    char absolute[PATH_SIZE];
    status_t status = path_resolve(path, absolute);
    return status == STATUS_OK ? path_open_resolved(absolute, flags, kind, endpoint) : status;
}

static uint32_t open_flags(int flags)
{
    static const struct {
        int posix;
        uint32_t file;
    } pairs[] = {{O_CREAT, FILE_CREATE},
                 {O_TRUNC, FILE_TRUNCATE},
                 {O_APPEND, FILE_APPEND},
                 {O_EXCL, FILE_EXCLUSIVE},
                 {O_DIRECTORY, FILE_DIRECTORY}};
    int access = flags & O_ACCMODE;
    uint32_t result = access == O_WRONLY ? FILE_WRITE
                      : access == O_RDWR ? FILE_READ | FILE_WRITE
                                         : FILE_READ;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        result |= (flags & pairs[i].posix) != 0 ? pairs[i].file : 0;
    }
    return result;
}

/* Devices count their readers and writers; other files need not know. */
static status_t attach(handle_t endpoint, uint32_t kind, uint32_t mode)
{
    if (kind == FILE_KIND_REGULAR || kind == FILE_KIND_DIRECTORY) {
        return STATUS_OK;
    }
    return file_attach(endpoint, mode, NULL);
}

int open(const char *path, int flags, ...)
{
    uint32_t wanted = open_flags(flags);
    uint32_t mode = wanted & (FILE_READ | FILE_WRITE);
    uint32_t kind = FILE_KIND_REGULAR;
    handle_t endpoint = 0;
    status_t status = path_open(path, wanted, &kind, &endpoint);
    if (status != STATUS_OK) {
        return status_fail(status);
    }
    if ((wanted & FILE_DIRECTORY) != 0 && kind != FILE_KIND_DIRECTORY) {
        status = STATUS_NOT_DIRECTORY;
    } else if (kind == FILE_KIND_DIRECTORY && (wanted & FILE_WRITE) != 0) {
        status = STATUS_IS_DIRECTORY;
    } else {
        status = attach(endpoint, kind, mode);
    }
    if (status != STATUS_OK) {
        status_ignore(handle_close(endpoint));
        return status_fail(status);
    }
    int number = descriptor_install(endpoint, kind, mode);
    if (number >= 0 && (flags & O_NONBLOCK) != 0) {
        descriptor_get(number)->flags = FILE_NONBLOCK;
    }
    return number;
}

int chdir(const char *path)
{
    char absolute[PATH_SIZE];
    struct stat found;
    if (stat(path, &found) != 0) {
        return -1;
    }
    if (!S_ISDIR(found.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }
    if (!path_absolute(directory, path, absolute)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(directory, absolute, sizeof(directory));
    return setenv("PWD", directory, 1);
}

char *getcwd(char *buffer, size_t size)
{
    size_t needed = strlen(directory) + 1;
    if (needed > size) {
        errno = ERANGE;
        return NULL;
    }
    return memcpy(buffer, directory, needed);
}
