/* grep [-EFicnqv] PATTERN [FILE...]: the lines in which something is found. */
#include <getopt.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "line_reader.h"
#include "note.h"
#include "tool.h"

#define USAGE "grep [-EFicnqv] PATTERN [FILE...]"

PROGRAM_NOTE("grep", USAGE ": shows the lines that match");

#define EXIT_NONE  1
#define EXIT_ERROR 2

static struct {
    int compile;
    bool inverted, counts, numbers, quiet, names;
} wanted = {.compile = REG_BASIC | REG_NOSUB};

static regex_t pattern;
static bool found;

static bool is_selected(const char *line, size_t length)
{
    regmatch_t range = {0, (regoff_t)length};
    return (regexec(&pattern, line, 0, &range, REG_STARTEND) == 0) != wanted.inverted;
}

static void show(const char *path, unsigned long number, const char *line, size_t length)
{
    if (wanted.names) {
        printf("%s:", path);
    }
    if (wanted.numbers) {
        printf("%lu:", number);
    }
    fwrite(line, 1, length, stdout);
    putchar('\n');
}

static int search(int file, const char *path)
{
    struct line_reader reader;
    char *line;
    size_t length;
    unsigned long number = 0, count = 0;
    line_reader_begin(&reader, file);
    while (!(wanted.quiet && found) && line_reader_next(&reader, &line, &length)) {
        number++;
        if (!is_selected(line, length)) {
            continue;
        }
        count++;
        found = true;
        if (!wanted.quiet && !wanted.counts) {
            show(path, number, line, length);
        }
        if (ferror(stdout)) {
            break;
        }
    }
    int status = reader.failed ? tool_fail("grep", path) : 0;
    line_reader_end(&reader);
    if (wanted.counts && !wanted.quiet) {
        printf("%s%s%lu\n", wanted.names ? path : "", wanted.names ? ":" : "", count);
    }
    if (fflush(stdout) != 0) {
        status = tool_fail("grep", "output");
    }
    return status;
}

static bool take_option(int option)
{
    switch (option) {
    case 'E':
        wanted.compile = (wanted.compile & ~REG_NOSPEC) | REG_EXTENDED;
        return true;
    case 'F':
        wanted.compile = (wanted.compile & ~REG_EXTENDED) | REG_NOSPEC;
        return true;
    case 'i':
        wanted.compile |= REG_ICASE;
        return true;
    case 'c':
        return wanted.counts = true;
    case 'n':
        return wanted.numbers = true;
    case 'q':
        return wanted.quiet = true;
    case 'v':
        return wanted.inverted = true;
    default:
        return false;
    }
}

int main(int count, char **words)
{
    int option;
    while ((option = getopt(count, words, "EFicnqv")) != -1) {
        if (!take_option(option)) {
            return tool_usage(USAGE);
        }
    }
    if (optind >= count) {
        return tool_usage(USAGE);
    }
    bool all = words[optind][0] == '\0'; /* which regcomp() does not take */
    int error = all ? regcomp(&pattern, "^", REG_BASIC | REG_NOSUB)
                    : regcomp(&pattern, words[optind], wanted.compile);
    if (error != 0) {
        char why[80];
        (void)regerror(error, &pattern, why, sizeof(why));
        fprintf(stderr, "grep: `%s` is no pattern: %s\n", words[optind], why);
        return EXIT_ERROR;
    }
    wanted.names = count - optind > 2;
    int status = tool_each_file("grep", count - optind - 1, words + optind + 1, search);
    if (status != 0 && !(wanted.quiet && found)) {
        return EXIT_ERROR;
    }
    return found ? 0 : EXIT_NONE;
}
