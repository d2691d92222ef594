/* The lines of svc_start.h. */
#include "svc_start.h"

#include <stdio.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool is_option(const char *word)
{
    return same(word, "--root") || same(word, "--memory");
}

/* What stands behind `args` is the service's. */
static int words_end(int count, const char *const *words)
{
    int end = 2;
    while (end < count && !same(words[end], "args")) {
        end++;
    }
    return end;
}

/* The word behind `option`; null: there is none. */
static const char *value_of(int end, const char *const *words, const char *option)
{
    for (int i = 3; i + 1 < end; i++) {
        if (same(words[i], option)) {
            return words[i + 1];
        }
    }
    return NULL;
}

bool svc_starts(int count, const char *const *words)
{
    bool found = false;
    int end = words_end(count, words);
    for (int i = 3; i < end; i++) {
        found = found || is_option(words[i]);
    }
    return found && same(words[1], "start");
}

/* Adds a line of words with blanks between. False: it is too long, and nothing is left. */
static bool put_line(struct svc_start *start, const char *const *pieces, size_t count)
{
    char *line = start->lines[start->count];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        int length =
            snprintf(line + used, SVC_LINE_SIZE - used, "%s%s", i == 0 ? "" : " ", pieces[i]);
        if (length < 0 || (size_t)length >= SVC_LINE_SIZE - used) {
            start->count = 0;
            return false;
        }
        used += (size_t)length;
    }
    start->count++;
    return true;
}
#define PUT_LINE(start, ...)                                                                       \
    put_line(start, (const char *const[]){__VA_ARGS__},                                            \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The disk's file system, mounted at /DISK: one for all that have it, as a service DISK-root unless
 * somebody has started another. */
static bool put_root(struct svc_start *start, const char *disk, const char *server,
                     const char *path)
{
    char device[SVC_LINE_SIZE];
    char service[SVC_LINE_SIZE];
    if (server != NULL) {
        return PUT_LINE(start, "mount", path, server);
    }
    (void)snprintf(device, sizeof(device), "/dev/%s", disk);
    (void)snprintf(service, sizeof(service), "%s-root", disk);
    return PUT_LINE(start, "start", service, "object", SVC_START_FILE_SYSTEM, "args", device) &&
           PUT_LINE(start, "mount", path, service);
}

/* The words themselves; options without their hyphens, and the root's path in place of a disk. */
static void put_words(struct svc_start *start, int count, const char *const *words, int end,
                      const char *path)
{
    const char *pieces[64];
    size_t used = 0;
    for (int i = 1; i < count; i++) {
        bool is_root = i > 3 && i < end && same(words[i - 1], "--root");
        if (used == sizeof(pieces) / sizeof(pieces[0])) {
            start->count = 0;
            return;
        }
        pieces[used++] = is_root ? path : i < end && is_option(words[i]) ? words[i] + 2 : words[i];
    }
    (void)put_line(start, pieces, used);
}

const char *svc_start_disk(int count, const char *const *words)
{
    const char *root = value_of(words_end(count, words), words, "--root");
    return root == NULL || strchr(root, '/') != NULL ? NULL : root;
}

void svc_start_lines(struct svc_start *start, int count, const char *const *words,
                     const char *server)
{
    char path[SVC_LINE_SIZE];
    int end = words_end(count, words);
    const char *disk = svc_start_disk(count, words);
    start->count = 0;
    if (disk == NULL) {
        put_words(start, count, words, end, value_of(end, words, "--root"));
        return;
    }
    (void)snprintf(path, sizeof(path), "/%s", disk);
    if (put_root(start, disk, server, path)) {
        put_words(start, count, words, end, path);
    }
}
