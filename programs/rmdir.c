/* rmdir PATH...: removes empty directories. */
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("rmdir", "rmdir PATH...: removes empty directories");

int main(int count, char **words)
{
    int result = 0;
    if (count < 2) {
        return tool_usage("rmdir PATH...");
    }
    for (int i = 1; i < count; i++) {
        result |= rmdir(words[i]) == 0 ? 0 : tool_fail("rmdir", words[i]);
    }
    return result;
}
