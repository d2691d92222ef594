/* mv SOURCE TARGET: renames a file or directory, or moves it into the directory TARGET. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("mv", "mv SOURCE TARGET: renames or moves, within one file system");

#define PATH_SIZE 1024

int main(int count, char **words)
{
    char path[PATH_SIZE];
    struct stat found;
    if (count != 3) {
        return tool_usage("mv SOURCE TARGET");
    }
    const char *target = words[2];
    if (stat(target, &found) == 0 && S_ISDIR(found.st_mode)) {
        const char *slash = strrchr(words[1], '/');
        (void)snprintf(path, sizeof(path), "%s/%s", target, slash != NULL ? slash + 1 : words[1]);
        target = path;
    }
    return rename(words[1], target) == 0 ? 0 : tool_fail("mv", words[1]);
}
