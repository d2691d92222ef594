/* echo [-n] [WORD...]: prints words with blanks between; -n leaves the line end out. */
#include <stdio.h>
#include <string.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("echo", "echo [-n] [WORD...]: prints words");

int main(int count, char **words)
{
    int first = count > 1 && strcmp(words[1], "-n") == 0 ? 2 : 1;
    for (int i = first; i < count; i++) {
        printf("%s%s", words[i], i + 1 < count ? " " : "");
    }
    if (first == 1) {
        printf("\n");
    }
    return fflush(stdout) == 0 ? 0 : tool_fail("echo", "output");
}
