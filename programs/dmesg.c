/*
 * dmesg: the kernel log, which init serves as /dev/log; its end is where the log ends now. With
 * --previous the log of the boot before, if the machine was reset since and not switched off.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("dmesg", "dmesg [--previous]: prints the kernel log, or that of the boot before");

int main(int count, char **words)
{
    bool previous =
        count == 2 && (strcmp(words[1], "--previous") == 0 || strcmp(words[1], "-p") == 0);
    const char *path = previous ? "/dev/log-previous" : "/dev/log";
    bool empty = true;
    ssize_t size;
    if (count > 1 && !previous) {
        return tool_usage("dmesg [--previous]");
    }
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return tool_fail("dmesg", path);
    }
    while ((size = read(file, tool_buffer, sizeof(tool_buffer))) > 0) {
        empty = false;
        if (!tool_write(STDOUT_FILENO, tool_buffer, (size_t)size)) {
            return tool_fail("dmesg", "output");
        }
    }
    if (size < 0) {
        return tool_fail("dmesg", path);
    }
    if (empty && previous) {
        fprintf(stderr, "dmesg: there is no log of a boot before: the machine was off, or its "
                        "firmware has cleared the memory\n");
    }
    return empty ? 1 : 0;
}
