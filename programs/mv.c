/* mv SOURCE TARGET: renames a file or directory, or moves it into the directory TARGET. A file goes
 * to another file system as a copy. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "note.h"
#include "tool.h"

PROGRAM_NOTE("mv", "mv SOURCE TARGET: renames or moves a file or directory");

/* What one server has at two paths is the same file, though nothing tells: nothing is replaced. */
static int move_over(const char *source, const char *target)
{
    struct stat found;
    if (stat(source, &found) == 0 && !S_ISREG(found.st_mode)) {
        fprintf(stderr,
                "mv: %s: only files go to another file system, as %s is; make the directory there "
                "and move what it holds\n",
                source, target);
        return 1;
    }
    if (stat(target, &found) == 0) {
        fprintf(stderr, "mv: %s: %s is there already, and may be the same file: remove it first\n",
                source, target);
        return 1;
    }
    int result = copy_file("mv", source, target);
    return result == 0 && unlink(source) != 0 ? tool_fail("mv", source) : result;
}

int main(int count, char **words)
{
    char path[PATH_SIZE];
    if (count != 3) {
        return tool_usage("mv SOURCE TARGET");
    }
    const char *target = copy_target(words[2], words[1], path);
    if (target == NULL) {
        return tool_fail("mv", words[2]);
    }
    if (rename(words[1], target) == 0) {
        return 0;
    }
    return errno == EXDEV ? move_over(words[1], target) : tool_fail("mv", words[1]);
}
