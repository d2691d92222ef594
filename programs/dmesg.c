/* dmesg: the kernel log, which init serves as /dev/log; its end is where the log ends now. */
#include <fcntl.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("dmesg", "dmesg: prints the kernel log");

static const char log_path[] = "/dev/log";

int main(void)
{
    ssize_t count;
    int file = open(log_path, O_RDONLY);
    if (file < 0) {
        return tool_fail("dmesg", log_path);
    }
    while ((count = read(file, tool_buffer, sizeof(tool_buffer))) > 0) {
        if (!tool_write(STDOUT_FILENO, tool_buffer, (size_t)count)) {
            return tool_fail("dmesg", "output");
        }
    }
    return count < 0 ? tool_fail("dmesg", log_path) : 0;
}
