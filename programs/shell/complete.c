/* The text side of completion. */
#include "complete.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static bool ends_word(char character)
{
    return strchr(" \t;|&<>()\"'=", character) != NULL;
}

/* Whether what stands before index `at` lets a command begin there. */
static bool begins_command(const char *line, size_t at)
{
    static const char *const openers[] = {"if",    "then", "elif", "else", "while",
                                          "until", "do",   "!",    "{"};
    while (at > 0 && (line[at - 1] == ' ' || line[at - 1] == '\t')) {
        at--;
    }
    if (at == 0 || strchr(";|&(", line[at - 1]) != NULL) {
        return true;
    }
    size_t start = at;
    while (start > 0 && !ends_word(line[start - 1])) {
        start--;
    }
    for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
        if (strlen(openers[i]) == at - start && memcmp(line + start, openers[i], at - start) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

/* How many words stand before index `at` in a command `svc`; 0: in another, or more than two. */
static unsigned service_place(const char *line, size_t at)
{
    static const char name[] = "svc";
    unsigned words = 0;
    bool is_svc = false;
    size_t i = at;
    while (i > 0 && strchr(";|&(", line[i - 1]) == NULL) {
        i--;
    }
    while (i < at) {
        size_t start = i;
        while (i < at && !ends_word(line[i])) {
            i++;
        }
        if (i > start) {
            is_svc = words > 0 ? is_svc
                               : i - start == sizeof(name) - 1 &&
                                     memcmp(line + start, name, sizeof(name) - 1) == 0;
            words++;
        } else if (is_blank(line[i])) {
            i++;
        } else {
            return 0;
        }
    }
    return is_svc && words <= 2 ? words : 0;
}

void complete_start(struct completion *completion, const char *line, size_t cursor)
{
    size_t start = cursor;
    *completion = (struct completion){0};
    while (start > 0 && !ends_word(line[start - 1])) {
        start--;
    }
    size_t slash = cursor;
    while (slash > start && line[slash - 1] != '/') {
        slash--;
    }
    completion->folder = line + start;
    completion->folder_length = slash - start;
    completion->prefix = line + slash;
    completion->prefix_length = cursor - slash;
    completion->command = slash == start && begins_command(line, start);
    completion->service = slash == start ? service_place(line, start) : 0;
}

bool complete_add(struct completion *completion, const char *name, bool is_folder)
{
    if (strncmp(name, completion->prefix, completion->prefix_length) != 0) {
        return false;
    }
    if (completion->common == NULL) {
        completion->common = checked_text(name);
    }
    size_t same = 0;
    while (name[same] != '\0' && name[same] == completion->common[same]) {
        same++;
    }
    completion->common[same] = '\0';
    completion->count++;
    completion->is_folder = is_folder;
    return true;
}

void complete_free(struct completion *completion)
{
    free(completion->common);
    completion->common = NULL;
}
