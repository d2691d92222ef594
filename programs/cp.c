/* cp SOURCE TARGET: copies one file into another, or over a disk. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("cp", "cp SOURCE TARGET: copies a file");

#define NEW_FILE_MODE 0666
#define PATH_SIZE     1024

static int copy(int source, int target, const char *source_path, const char *target_path)
{
    ssize_t count;
    while ((count = read(source, tool_buffer, sizeof(tool_buffer))) > 0) {
        if (!tool_write(target, tool_buffer, (size_t)count)) {
            return tool_fail("cp", target_path);
        }
    }
    if (count < 0) {
        return tool_fail("cp", source_path);
    }
    return 0;
}

/* TARGET, or the file of the source's name in it if it is a directory. */
static const char *target_in(const char *target, const char *source, char path[PATH_SIZE])
{
    struct stat found;
    const char *slash = strrchr(source, '/');
    if (stat(target, &found) != 0 || !S_ISDIR(found.st_mode)) {
        return target;
    }
    (void)snprintf(path, PATH_SIZE, "%s/%s", target, slash != NULL ? slash + 1 : source);
    return path;
}

int main(int count, char **words)
{
    char path[PATH_SIZE];
    if (count != 3) {
        return tool_usage("cp SOURCE TARGET");
    }
    int source = open(words[1], O_RDONLY);
    if (source < 0) {
        return tool_fail("cp", words[1]);
    }
    const char *name = target_in(words[2], words[1], path);
    int target = open(name, O_WRONLY | O_CREAT | O_TRUNC, NEW_FILE_MODE);
    if (target < 0) {
        return tool_fail("cp", name);
    }
    int result = copy(source, target, words[1], name);
    (void)close(source);
    return close(target) == 0 ? result : tool_fail("cp", name);
}
