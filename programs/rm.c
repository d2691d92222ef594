/* rm [-rf] PATH...: removes files; -r directories with all they hold, -f without complaint about a
 * PATH that is not there. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sinter/protocol/file.h>

#include "note.h"
#include "path.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("rm", "rm [-rf] PATH...: removes files, and with -r directories");

#define USAGE "rm [-rf] PATH..."
#define DEPTH 64 /* of directories in directories; each takes stack */

static bool recursive, force;

static int remove_path(const char *path, int depth);

/* Always the first entry: removing moves the others. `kept`: those that could not be removed. */
static int empty_directory(const char *path, int depth)
{
    int result = 0;
    uint64_t kept = 0;
    for (;;) {
        char below[PATH_SIZE];
        struct directory_entry entry;
        int file = open(path, O_RDONLY | O_DIRECTORY);
        if (file < 0) {
            return tool_fail("rm", path);
        }
        int found = 1;
        for (uint64_t i = 0; i <= kept && found == 1; i++) {
            found = directory_read(file, &entry);
        }
        (void)close(file);
        if (found != 1) {
            return found == 0 ? result : tool_fail("rm", path);
        }
        if (snprintf(below, sizeof(below), "%s/%s", path, entry.name) >= (int)sizeof(below)) {
            errno = ENAMETOOLONG;
            return tool_fail("rm", path);
        }
        int one = remove_path(below, depth + 1);
        result |= one;
        kept += one != 0;
    }
}

static int remove_path(const char *path, int depth)
{
    struct stat found;
    if (stat(path, &found) != 0) {
        return force && depth == 0 && errno == ENOENT ? 0 : tool_fail("rm", path);
    }
    if (!S_ISDIR(found.st_mode)) {
        return unlink(path) == 0 ? 0 : tool_fail("rm", path);
    }
    if (!recursive) {
        errno = EISDIR;
        return tool_fail("rm", path);
    }
    if (depth == DEPTH) {
        errno = ELOOP;
        return tool_fail("rm", path);
    }
    int result = empty_directory(path, depth);
    return result == 0 && rmdir(path) != 0 ? tool_fail("rm", path) : result;
}

/* Everything there is: /boot stays, but not what is in memory, on disks, and on the host. */
static bool is_root(const char *path)
{
    char whole[PATH_SIZE];
    return path_resolve(path, whole) == STATUS_OK && strcmp(whole, "/") == 0;
}

int main(int count, char **words)
{
    int result = 0;
    int option;
    while ((option = getopt(count, words, "rf")) != -1) {
        if (option == '?') {
            return tool_usage(USAGE);
        }
        recursive |= option == 'r';
        force |= option == 'f';
    }
    if (optind == count) {
        return force ? 0 : tool_usage(USAGE);
    }
    for (int i = optind; i < count; i++) {
        if (is_root(words[i])) {
            fprintf(stderr, "rm: %s: is everything; name what is to go\n", words[i]);
            result = 1;
        } else {
            result |= remove_path(words[i], 0);
        }
    }
    return result;
}
