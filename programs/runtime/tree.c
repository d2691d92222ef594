/*
 * Changing directories: making, removing, renaming and linking what is in them. The last part of a
 * path is left to the server of the directory that holds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sinter/protocol/file.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "path.h"
#include "program.h"

#define NANOSECONDS UINT64_C(1000000000)

/* Splits an absolute path, of which `path` becomes the directory. BUSY: it is the root. */
static status_t split(char path[PATH_SIZE], const char **name)
{
    char *slash = strrchr(path, '/');
    *name = slash + 1;
    if (**name == '\0') {
        return STATUS_BUSY;
    }
    *slash = '\0';
    return STATUS_OK;
}

/* The directory that holds what a path names, and its name there. The caller closes *parent. */
static status_t open_parent(const char *given, char path[PATH_SIZE], const char **name,
                            handle_t *parent)
{
    status_t status = path_resolve(given, path);
    if (status == STATUS_OK) {
        status = split(path, name);
    }
    return status == STATUS_OK ? path_open_resolved(path, FILE_DIRECTORY, NULL, parent) : status;
}

static int end(status_t status)
{
    return status == STATUS_OK ? 0 : status_fail(status);
}

int mkdir(const char *given, mode_t mode)
{
    char path[PATH_SIZE];
    const char *name;
    handle_t parent;
    (void)mode; /* there are none */
    status_t status = open_parent(given, path, &name, &parent);
    if (status == STATUS_OK) {
        status = file_make_directory(parent, name, strlen(name));
        status_ignore(handle_close(parent));
    }
    return end(status == STATUS_BUSY ? STATUS_EXISTS : status);
}

static int remove_as(const char *given, uint32_t flags)
{
    char path[PATH_SIZE];
    const char *name;
    handle_t parent;
    status_t status = open_parent(given, path, &name, &parent);
    if (status == STATUS_OK) {
        status = file_remove(parent, name, strlen(name), flags);
        status_ignore(handle_close(parent));
    }
    return end(status);
}

int unlink(const char *path)
{
    return remove_as(path, 0);
}

int rmdir(const char *path)
{
    return remove_as(path, FILE_DIRECTORY);
}

/* Bytes of the longest directory that both absolute paths lie in. */
static size_t common_directory(const char *a, const char *b)
{
    size_t common = 0;
    for (size_t i = 0; a[i] == b[i] && a[i] != '\0'; i++) {
        common = a[i] == '/' ? i : common;
    }
    return common;
}

/*
 * Whether what an absolute path names lies with the server of a directory above it, the first
 * `common` bytes of the path: there may be a mount between, of which that server knows nothing.
 */
static status_t lies_with(const char *path, size_t common)
{
    uint32_t rest = 0;
    handle_t mount = 0;
    size_t length = (size_t)(strrchr(path, '/') - path); /* of the directory that holds it */
    if (length == common) {
        return STATUS_OK;
    }
    status_t status = file_open(program_handle("namespace"), path + 1, length - 1, FILE_DIRECTORY,
                                NULL, &rest, &mount);
    if (status != STATUS_OK) {
        return status;
    }
    status_ignore(handle_close(mount));
    return rest != 0 && length - rest - 1 <= common ? STATUS_OK : STATUS_OTHER_SERVER;
}

/* A method of the directory that both paths lie in, with what is left of them below it. */
typedef status_t two_path_method(handle_t directory, const void *paths, size_t length,
                                 uint32_t from_length);

static int call_with_both(const char *from, const char *to, two_path_method *method)
{
    char paths[2 * PATH_SIZE];
    char target[PATH_SIZE];
    handle_t directory;
    status_t status = path_resolve(from, paths);
    if (status == STATUS_OK) {
        status = path_resolve(to, target);
    }
    if (status != STATUS_OK) {
        return status_fail(status);
    }
    if (paths[1] == '\0' || target[1] == '\0') {
        return status_fail(STATUS_BUSY);
    }
    size_t common = common_directory(paths, target);
    if ((status = lies_with(paths, common)) != STATUS_OK ||
        (status = lies_with(target, common)) != STATUS_OK) {
        return status_fail(status);
    }
    size_t from_length = strlen(paths) - common - 1;
    memcpy(paths + common + 1 + from_length, target + common + 1, strlen(target) - common);
    target[common] = '\0';
    status = path_open_resolved(target, FILE_DIRECTORY, NULL, &directory);
    if (status == STATUS_OK) {
        const char *both = paths + common + 1;
        status = method(directory, both, strlen(both), (uint32_t)from_length);
        status_ignore(handle_close(directory));
    }
    return end(status);
}

int rename(const char *from, const char *to)
{
    return call_with_both(from, to, file_rename);
}

int link(const char *from, const char *to)
{
    return call_with_both(from, to, file_link);
}

int ftruncate(int number, off_t size)
{
    struct descriptor *descriptor = descriptor_get(number);
    if (descriptor == NULL) {
        return -1;
    }
    if (size < 0 || (descriptor->mode & FILE_WRITE) == 0) {
        errno = EINVAL;
        return -1;
    }
    return end(file_resize(descriptor->endpoint, (uint64_t)size));
}

int truncate(const char *path, off_t size)
{
    int number = open(path, O_WRONLY);
    if (number < 0) {
        return -1;
    }
    int result = ftruncate(number, size);
    int error = errno;
    (void)close(number);
    errno = error;
    return result;
}

/* Without times: now. Servers keep only the second of the two, of the last change. */
int utimes(const char *path, const struct timeval times[2])
{
    handle_t endpoint;
    uint64_t modified = clock_read_wall();
    if (times != NULL) {
        modified = (uint64_t)times[1].tv_sec * NANOSECONDS + (uint64_t)times[1].tv_usec * 1000;
    }
    status_t status = path_open(path, FILE_WRITE, NULL, &endpoint);
    if (status == STATUS_IS_DIRECTORY) { /* that cannot be opened for writing */
        status = path_open(path, 0, NULL, &endpoint);
    }
    if (status == STATUS_OK) {
        status = file_set_modified(endpoint, modified);
        status_ignore(handle_close(endpoint));
    }
    return end(status);
}
