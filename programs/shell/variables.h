/* The variables of the shell, by name. */
#ifndef SHELL_VARIABLES_H
#define SHELL_VARIABLES_H

#include "arena.h"
#include <stdbool.h>

struct variable {
    struct variable *next; /* in the order of names */
    char *name;
    char *value; /* null: exported before it had a value */
    bool exported;
};

struct variables {
    struct variable *first;
};

/* The value, or null. */
const char *variables_get(const struct variables *variables, const char *name);
void variables_set(struct variables *variables, const char *name, const char *value);
void variables_export(struct variables *variables, const char *name);
void variables_unset(struct variables *variables, const char *name);
/* Takes strings NAME=VALUE up to a null over as exported variables. */
void variables_import(struct variables *variables, char *const *environment);
/* NAME=VALUE of the exported variables, or of all, ended by null. */
char **variables_environment(const struct variables *variables, bool all, struct arena *arena);

#endif
