/* wc [-lwc] [FILE...]: counts lines, words and bytes. */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("wc", "wc [-lwc] [FILE...]: counts lines, words and bytes");

struct counts {
    uint64_t lines, words, bytes;
};

static bool show_lines, show_words, show_bytes;
static struct counts total;

static void print(const struct counts *counts, const char *name)
{
    const struct {
        bool shown;
        uint64_t value;
    } columns[] = {
        {show_lines, counts->lines}, {show_words, counts->words}, {show_bytes, counts->bytes}};
    bool first = true;
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (columns[i].shown) {
            printf(first ? "%lu" : " %lu", (unsigned long)columns[i].value);
            first = false;
        }
    }
    printf(strcmp(name, "-") == 0 ? "\n" : " %s\n", name);
}

static int count_file(int file, const char *path)
{
    struct counts counts = {0};
    bool in_word = false;
    ssize_t size;
    while ((size = read(file, tool_buffer, sizeof(tool_buffer))) > 0) {
        counts.bytes += (uint64_t)size;
        for (ssize_t i = 0; i < size; i++) {
            bool space = isspace((unsigned char)tool_buffer[i]);
            counts.lines += tool_buffer[i] == '\n';
            counts.words += !space && !in_word;
            in_word = !space;
        }
    }
    total.lines += counts.lines;
    total.words += counts.words;
    total.bytes += counts.bytes;
    if (size < 0) {
        return tool_fail("wc", path);
    }
    print(&counts, path);
    return 0;
}

int main(int count, char **words)
{
    int option;
    while ((option = getopt(count, words, "lwc")) != -1) {
        show_lines |= option == 'l';
        show_words |= option == 'w';
        show_bytes |= option == 'c';
        if (option == '?') {
            return tool_usage("wc [-lwc] [FILE...]");
        }
    }
    if (!show_lines && !show_words && !show_bytes) {
        show_lines = show_words = show_bytes = true;
    }
    int result = tool_each_file("wc", count - optind, words + optind, count_file);
    if (count - optind > 1) {
        print(&total, "total");
    }
    return result;
}
