/* tail [-n LINES | -c BYTES] [FILE...]: the end of files. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

#define USAGE "tail [-n LINES | -c BYTES] [FILE...]"

PROGRAM_NOTE("tail", USAGE ": the end of files");

#define DEFAULT_LINES 10

static uint64_t lines = DEFAULT_LINES;
static uint64_t bytes = UINT64_MAX;

/* The last that was read, and perhaps more. */
static struct {
    char *text;
    size_t size, room;
} kept;

/* Where what is to be shown begins. */
static size_t beginning(void)
{
    uint64_t left = lines;
    size_t least = bytes < kept.size ? kept.size - (size_t)bytes : 0;
    size_t at = kept.size;
    if (left == 0) {
        return kept.size;
    }
    while (at > least) {
        /* The last byte ends the last line, or belongs to it. */
        if (kept.text[at - 1] == '\n' && at < kept.size && --left == 0) {
            break;
        }
        at--;
    }
    return at;
}

/* What is not to be shown makes room; else twice as much is wanted. */
static bool make_room(void)
{
    size_t first = kept.size > 0 ? beginning() : 0;
    if (first > kept.room / 2) {
        kept.size -= first;
        memmove(kept.text, kept.text + first, kept.size);
        return true;
    }
    size_t room = kept.room > 0 ? 2 * kept.room : TOOL_BUFFER_SIZE;
    char *text = realloc(kept.text, room);
    if (text == NULL) {
        errno = ENOMEM;
        return false;
    }
    kept.text = text;
    kept.room = room;
    return true;
}

static int tail(int file, const char *path)
{
    ssize_t count = 1;
    kept.size = 0;
    while (count > 0) {
        if (kept.size == kept.room && !make_room()) {
            return tool_fail("tail", path);
        }
        count = read(file, kept.text + kept.size, kept.room - kept.size);
        kept.size += count > 0 ? (size_t)count : 0;
    }
    if (count < 0) {
        return tool_fail("tail", path);
    }
    size_t first = beginning();
    if (!tool_write(STDOUT_FILENO, kept.text + first, kept.size - first)) {
        return tool_fail("tail", "output");
    }
    return 0;
}

int main(int count, char **words)
{
    int option;
    while ((option = getopt(count, words, "n:c:")) != -1) {
        uint64_t *value = option == 'n' ? &lines : &bytes;
        if (option == '?' || !tool_number(optarg, value)) {
            return tool_usage(USAGE);
        }
        if (option == 'c') {
            lines = UINT64_MAX;
        }
    }
    return tool_each_file("tail", count - optind, words + optind, tail);
}
