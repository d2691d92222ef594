/* cp SOURCE TARGET: copies one file into another, into a directory, or over a disk. */
#include "copy.h"
#include "note.h"
#include "tool.h"

PROGRAM_NOTE("cp", "cp SOURCE TARGET: copies a file");

int main(int count, char **words)
{
    char path[PATH_SIZE];
    if (count != 3) {
        return tool_usage("cp SOURCE TARGET");
    }
    const char *target = copy_target(words[2], words[1], path);
    return target != NULL ? copy_file("cp", words[1], target) : tool_fail("cp", words[2]);
}
