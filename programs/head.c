/* head [-n LINES | -c BYTES] [FILE...]: the beginning of files. */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("head", "head [-n LINES | -c BYTES] [FILE...]: the beginning of files");

#define DEFAULT_LINES 10

static uint64_t lines = DEFAULT_LINES;
static uint64_t bytes = UINT64_MAX;

/* How much of the buffer belongs to the lines that are left. */
static size_t take_lines(const char *data, size_t size, uint64_t *left)
{
    size_t at = 0;
    while (at < size && *left > 0) {
        *left -= data[at++] == '\n';
    }
    return at;
}

static int head(int file, const char *path)
{
    uint64_t lines_left = lines;
    uint64_t bytes_left = bytes;
    ssize_t count = 1;
    while (count > 0 && lines_left > 0 && bytes_left > 0) {
        size_t wanted = bytes_left < sizeof(tool_buffer) ? (size_t)bytes_left : sizeof(tool_buffer);
        count = read(file, tool_buffer, wanted);
        if (count < 0) {
            return tool_fail("head", path);
        }
        size_t size = take_lines(tool_buffer, (size_t)count, &lines_left);
        if (!tool_write(STDOUT_FILENO, tool_buffer, size)) {
            return tool_fail("head", "output");
        }
        bytes_left -= (uint64_t)count;
    }
    return 0;
}

int main(int count, char **words)
{
    int option;
    while ((option = getopt(count, words, "n:c:")) != -1) {
        uint64_t *value = option == 'n' ? &lines : &bytes;
        if (option == '?' || !tool_number(optarg, value)) {
            return tool_usage("head [-n LINES | -c BYTES] [FILE...]");
        }
        if (option == 'c') {
            lines = UINT64_MAX;
        }
    }
    return tool_each_file("head", count - optind, words + optind, head);
}
