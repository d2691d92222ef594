/* touch PATH...: makes empty files, or sets the time of change of what exists. */
#include <errno.h>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("touch", "touch PATH...: makes files, or sets their time of change");

#define NEW_FILE_MODE 0666

/* A file system that keeps no times has nothing to set. */
static int touch(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT, NEW_FILE_MODE);
    if (file < 0 && errno != EISDIR) {
        return tool_fail("touch", path);
    }
    if (file >= 0) {
        (void)close(file);
    }
    bool set = utimes(path, NULL) == 0 || errno == ENOTSUP || errno == ENOSYS;
    return set ? 0 : tool_fail("touch", path);
}

int main(int count, char **words)
{
    int result = 0;
    if (count < 2) {
        return tool_usage("touch PATH...");
    }
    for (int i = 1; i < count; i++) {
        result |= touch(words[i]);
    }
    return result;
}
