/* ls [-l] [PATH...]: what a directory holds; -l with kind and size. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sinter/protocol/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("ls", "ls [-l] [PATH...]: lists directories");

static bool long_form;

static char kind_letter(uint32_t kind)
{
    static const char letters[] = {
        [FILE_KIND_REGULAR] = '-', [FILE_KIND_DIRECTORY] = 'd', [FILE_KIND_CHARACTER] = 'c',
        [FILE_KIND_BLOCK] = 'b',   [FILE_KIND_PIPE] = 'p',      [FILE_KIND_TERMINAL] = 't'};
    return kind < sizeof(letters) ? letters[kind] : '?';
}

/* A terminal would obey some characters of a name. */
static void print_name(const char *name, bool on_terminal)
{
    for (const char *at = name; *at != '\0'; at++) {
        putchar(on_terminal && iscntrl((unsigned char)*at) ? '?' : *at);
    }
}

static void print_entry(const char *name, uint32_t kind, uint64_t size)
{
    static int on_terminal = -1;
    if (on_terminal < 0) {
        on_terminal = isatty(STDOUT_FILENO);
    }
    if (long_form) {
        printf("%c %10lu ", kind_letter(kind), (unsigned long)size);
    }
    print_name(name, on_terminal != 0);
    printf("%s\n", !long_form && kind == FILE_KIND_DIRECTORY ? "/" : "");
}

static int compare(const void *left, const void *right)
{
    return strcmp(((const struct directory_entry *)left)->name,
                  ((const struct directory_entry *)right)->name);
}

/* All entries, for free(); -1 and errno on failure. */
static long read_entries(int file, struct directory_entry **entries)
{
    long count = 0;
    int result = 1;
    *entries = NULL;
    while (result == 1) {
        struct directory_entry *grown = realloc(*entries, (size_t)(count + 1) * sizeof(**entries));
        if (grown == NULL) {
            return -1;
        }
        *entries = grown;
        result = directory_read(file, &grown[count]);
        count += result == 1;
    }
    return result < 0 ? -1 : count;
}

static int list_directory(const char *path)
{
    struct directory_entry *entries;
    int file = open(path, O_RDONLY | O_DIRECTORY);
    if (file < 0) {
        return tool_fail("ls", path);
    }
    long count = read_entries(file, &entries);
    int result = count < 0 ? tool_fail("ls", path) : 0;
    (void)close(file);
    if (count > 0) {
        qsort(entries, (size_t)count, sizeof(*entries), compare);
    }
    for (long i = 0; i < count; i++) {
        print_entry(entries[i].name, entries[i].kind, entries[i].size);
    }
    free(entries);
    return result;
}

/* stat() turns kinds into modes; the protocol's own kind is wanted here. headed: a directory's
 * name comes before what it holds. */
static int list(const char *path, bool headed)
{
    handle_t endpoint;
    uint32_t kind = FILE_KIND_REGULAR;
    uint64_t size = 0;
    status_t status = path_open(path, 0, NULL, &endpoint);
    if (status == STATUS_OK) {
        status = file_stat(endpoint, &kind, &size, NULL);
        status_ignore(handle_close(endpoint));
    }
    if (status != STATUS_OK) {
        errno = status_errno(status);
        return tool_fail("ls", path);
    }
    if (kind == FILE_KIND_DIRECTORY) {
        if (headed) {
            printf("%s:\n", path);
        }
        return list_directory(path);
    }
    print_entry(path, kind, size);
    return 0;
}

int main(int count, char **words)
{
    int option;
    int result = 0;
    while ((option = getopt(count, words, "l")) != -1) {
        if (option == '?') {
            return tool_usage("ls [-l] [PATH...]");
        }
        long_form = true;
    }
    if (optind == count) {
        return list(".", false);
    }
    for (int i = optind; i < count; i++) {
        result |= list(words[i], count - optind > 1);
    }
    return result;
}
