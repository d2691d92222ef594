/* ln FILE NAME: gives a file a second name, or the same name in the directory NAME as well, where
 * the file system has such links. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "copy.h"
#include "note.h"
#include "tool.h"

PROGRAM_NOTE("ln", "ln FILE NAME: gives a file a second name");

int main(int count, char **words)
{
    char path[PATH_SIZE];
    if (count != 3) {
        return tool_usage("ln FILE NAME");
    }
    const char *target = copy_target(words[2], words[1], path);
    if (target == NULL) {
        return tool_fail("ln", words[2]);
    }
    if (link(words[1], target) == 0) {
        return 0;
    }
    if (errno == EXDEV) {
        fprintf(stderr, "ln: %s: is in another file system than %s; cp copies it there\n", target,
                words[1]);
        return 1;
    }
    if (errno == ENOTSUP || errno == ENOSYS) {
        fprintf(stderr, "ln: %s: its file system has one name for each file; cp copies it\n",
                words[1]);
        return 1;
    }
    return tool_fail("ln", errno == EEXIST ? target : words[1]);
}
