/* What cp and mv share; see copy.h. */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"
#include "tool.h"

#define NEW_FILE_MODE 0666

const char *copy_target(const char *target, const char *source, char path[PATH_SIZE])
{
    struct stat found;
    char whole[PATH_SIZE];
    if (stat(target, &found) != 0 || !S_ISDIR(found.st_mode)) {
        return target;
    }
    status_t status = path_resolve(source, whole);
    if (status != STATUS_OK) {
        errno = status_errno(status);
        return NULL;
    }
    if (snprintf(path, PATH_SIZE, "%s%s", target, strrchr(whole, '/')) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return path;
}

static int copy(const char *name, int from, int to, const char *source, const char *target)
{
    struct stat found;
    off_t copied = 0;
    ssize_t count;
    while ((count = read(from, tool_buffer, sizeof(tool_buffer))) > 0) {
        if (!tool_write(to, tool_buffer, (size_t)count)) {
            return tool_fail(name, target);
        }
        copied += count;
    }
    if (count < 0) {
        return tool_fail(name, source);
    }
    bool done = fstat(to, &found) != 0 || !S_ISREG(found.st_mode) || ftruncate(to, copied) == 0;
    return done ? 0 : tool_fail(name, target);
}

int copy_file(const char *name, const char *source, const char *target)
{
    int from = open(source, O_RDONLY);
    if (from < 0) {
        return tool_fail(name, source);
    }
    int to = open(target, O_WRONLY | O_CREAT, NEW_FILE_MODE);
    if (to < 0) {
        (void)close(from);
        return tool_fail(name, target);
    }
    int result = copy(name, from, to, source, target);
    (void)close(from);
    return close(to) == 0 ? result : tool_fail(name, target);
}
