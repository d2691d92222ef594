/* cat [FILE...]: copies files to the output. */
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("cat", "cat [FILE...]: copies files to the output");

static int copy(int file, const char *path)
{
    ssize_t count;
    while ((count = read(file, tool_buffer, sizeof(tool_buffer))) > 0) {
        if (!tool_write(STDOUT_FILENO, tool_buffer, (size_t)count)) {
            return tool_fail("cat", "output");
        }
    }
    return count < 0 ? tool_fail("cat", path) : 0;
}

int main(int count, char **words)
{
    return tool_each_file("cat", count - 1, words + 1, copy);
}
