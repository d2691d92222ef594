/*
 * Completion: which part of the line is to be completed, and what candidates have in common. The
 * caller lists the candidates.
 */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

struct completion {
    const char *prefix; /* the last part of the word before the cursor */
    size_t prefix_length;
    const char *folder; /* the word up to its last slash, with it */
    size_t folder_length;
    bool command;     /* a name of a command belongs here, not of a file */
    unsigned service; /* 1: a word of `svc`, 2: perhaps the name of a service; 0: neither */
    char *common;     /* what all candidates begin with; null: no candidate yet */
    size_t count;
    bool is_folder; /* the only candidate is a directory */
};

/* Looks at the word that ends at line[cursor]. */
void complete_start(struct completion *completion, const char *line, size_t cursor);
/* Takes a name into account, if it begins with the prefix. True if it does. */
bool complete_add(struct completion *completion, const char *name, bool is_folder);
void complete_free(struct completion *completion);

#endif
