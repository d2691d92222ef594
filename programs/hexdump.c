/* hexdump [-s OFFSET] [-n LENGTH] [FILE]: bytes as hexadecimal numbers and characters. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("hexdump", "hexdump [-s OFFSET] [-n LENGTH] [FILE]: shows bytes");

#define ROW 16

static uint64_t start;
static uint64_t length = UINT64_MAX;

static void print_row(uint64_t offset, const unsigned char *bytes, size_t count)
{
    printf("%08lx ", (unsigned long)offset);
    for (size_t i = 0; i < ROW; i++) {
        if (i < count) {
            printf(" %02x", bytes[i]);
        } else {
            printf("   ");
        }
    }
    printf("  |");
    for (size_t i = 0; i < count; i++) {
        putchar(isprint(bytes[i]) ? bytes[i] : '.');
    }
    printf("|\n");
}

/* Fills a row unless the file ends; streams may give less than a row at once. */
static ssize_t read_row(int file, unsigned char *bytes, size_t wanted)
{
    size_t done = 0;
    while (done < wanted) {
        ssize_t count = read(file, bytes + done, wanted - done);
        if (count < 0) {
            return -1;
        }
        if (count == 0) {
            break;
        }
        done += (size_t)count;
    }
    return (ssize_t)done;
}

/* Goes to `start`, also in a stream. */
static bool skip(int file)
{
    uint64_t left = start;
    if (lseek(file, (off_t)start, SEEK_SET) >= 0 || errno != ESPIPE) {
        return lseek(file, 0, SEEK_CUR) == (off_t)start;
    }
    while (left > 0) {
        size_t piece = left < sizeof(tool_buffer) ? (size_t)left : sizeof(tool_buffer);
        ssize_t count = read(file, tool_buffer, piece);
        if (count <= 0) {
            return count == 0;
        }
        left -= (uint64_t)count;
    }
    return true;
}

static int dump(int file, const char *path)
{
    unsigned char *bytes = (unsigned char *)tool_buffer;
    uint64_t offset = start;
    uint64_t left = length;
    if (!skip(file)) {
        return tool_fail("hexdump", path);
    }
    while (left > 0) {
        size_t wanted = left < sizeof(tool_buffer) ? (size_t)left : sizeof(tool_buffer);
        ssize_t count = read_row(file, bytes, wanted);
        if (count < 0) {
            return tool_fail("hexdump", path);
        }
        for (size_t at = 0; at < (size_t)count; at += ROW) {
            size_t rest = (size_t)count - at;
            print_row(offset + at, bytes + at, rest < ROW ? rest : ROW);
        }
        if (fflush(stdout) != 0) {
            return tool_fail("hexdump", "output");
        }
        offset += (uint64_t)count;
        left -= (uint64_t)count;
        if ((size_t)count < wanted) {
            break;
        }
    }
    printf("%08lx\n", (unsigned long)offset);
    return fflush(stdout) == 0 ? 0 : tool_fail("hexdump", "output");
}

int main(int count, char **words)
{
    int option;
    while ((option = getopt(count, words, "s:n:")) != -1) {
        uint64_t *value = option == 's' ? &start : &length;
        if (option == '?' || !tool_number(optarg, value)) {
            return tool_usage("hexdump [-s OFFSET] [-n LENGTH] [FILE]");
        }
    }
    return tool_each_file("hexdump", count - optind, words + optind, dump);
}
