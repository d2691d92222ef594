/* ps: one line a process or server, as the supervisor tells it. */
#include <errno.h>
#include <sinter/protocol/process.h>
#include <stdio.h>
#include <unistd.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("ps", "ps: lists processes and servers");

int main(int count, char **words)
{
    uint64_t length = 0;
    (void)words;
    if (count != 1) {
        return tool_usage("ps");
    }
    status_t status =
        process_list(program_handle("process"), tool_buffer, sizeof(tool_buffer), &length);
    if (status != STATUS_OK || length > sizeof(tool_buffer)) {
        errno = status_errno(status != STATUS_OK ? status : STATUS_BAD_FORMAT);
        return tool_fail("ps", "the list of processes");
    }
    return tool_write(STDOUT_FILENO, tool_buffer, (size_t)length) ? 0 : tool_fail("ps", "output");
}
