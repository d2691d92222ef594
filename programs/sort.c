/* sort [-nru] [FILE...]: the lines of all files in order, by the values of their bytes. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line_reader.h"
#include "note.h"
#include "tool.h"

#define USAGE "sort [-nru] [FILE...]"

PROGRAM_NOTE("sort", USAGE ": lines in order");

struct line {
    char *text; /* ended by a zero byte beside its length */
    size_t length, place;
};

static struct line *lines;
static size_t line_count, line_room;
static bool by_number, reversed, once;

static bool add(const char *text, size_t length)
{
    if (line_count == line_room) {
        size_t room = line_room > 0 ? 2 * line_room : 1024;
        struct line *grown = realloc(lines, room * sizeof(*lines));
        if (grown == NULL) {
            return false;
        }
        lines = grown;
        line_room = room;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    lines[line_count] = (struct line){copy, length, line_count};
    line_count++;
    return true;
}

static int take(int file, const char *path)
{
    struct line_reader reader;
    char *text;
    size_t length;
    bool added = true;
    line_reader_begin(&reader, file);
    while (added && line_reader_next(&reader, &text, &length)) {
        added = add(text, length);
    }
    bool failed = reader.failed || !added;
    errno = added ? errno : ENOMEM;
    int status = failed ? tool_fail("sort", path) : 0;
    line_reader_end(&reader);
    return status;
}

static int compare_bytes(const struct line *a, const struct line *b)
{
    size_t common = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, common);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_keys(const struct line *a, const struct line *b)
{
    if (!by_number) {
        return compare_bytes(a, b);
    }
    long long first = strtoll(a->text, NULL, 10);
    long long second = strtoll(b->text, NULL, 10);
    return (first > second) - (first < second);
}

/* Of lines with the same key -u leaves the one that came first. */
static int compare(const void *a, const void *b)
{
    const struct line *first = a, *second = b;
    int order = compare_keys(first, second);
    if (order == 0 && once) {
        return (first->place > second->place) - (first->place < second->place);
    }
    if (order == 0) {
        order = compare_bytes(first, second);
    }
    return reversed ? -order : order;
}

static bool print_all(void)
{
    for (size_t i = 0; i < line_count && !ferror(stdout); i++) {
        if (!once || i == 0 || compare_keys(&lines[i - 1], &lines[i]) != 0) {
            fwrite(lines[i].text, 1, lines[i].length, stdout);
            putchar('\n');
        }
    }
    return fflush(stdout) == 0;
}

int main(int count, char **words)
{
    int option;
    while ((option = getopt(count, words, "nru")) != -1) {
        if (option == '?') {
            return tool_usage(USAGE);
        }
        by_number |= option == 'n';
        reversed |= option == 'r';
        once |= option == 'u';
    }
    int status = tool_each_file("sort", count - optind, words + optind, take);
    if (line_count > 0) {
        qsort(lines, line_count, sizeof(*lines), compare);
    }
    if (!print_all()) {
        status = tool_fail("sort", "output");
    }
    return status;
}
