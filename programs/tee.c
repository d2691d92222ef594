/* tee [-a] FILE...: copies the input to the output and to files. */
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("tee", "tee [-a] FILE...: copies the input to the output and to files");

#define FILE_LIMIT    16
#define NEW_FILE_MODE 0666

static int targets[FILE_LIMIT] = {STDOUT_FILENO};
static int target_count = 1;

static int copy(void)
{
    ssize_t count;
    int result = 0;
    while ((count = read(STDIN_FILENO, tool_buffer, sizeof(tool_buffer))) > 0) {
        for (int i = 0; i < target_count; i++) {
            if (!tool_write(targets[i], tool_buffer, (size_t)count)) {
                result = tool_fail("tee", "output");
            }
        }
    }
    return count < 0 ? tool_fail("tee", "input") : result;
}

int main(int count, char **words)
{
    int mode = O_TRUNC;
    int option;
    while ((option = getopt(count, words, "a")) != -1) {
        if (option == '?') {
            return tool_usage("tee [-a] FILE...");
        }
        mode = O_APPEND;
    }
    for (int i = optind; i < count && target_count < FILE_LIMIT; i++) {
        int file = open(words[i], O_WRONLY | O_CREAT | mode, NEW_FILE_MODE);
        if (file < 0) {
            return tool_fail("tee", words[i]);
        }
        targets[target_count++] = file;
    }
    return copy();
}
