/* Variables, as a sorted list. */
#include "variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the variable is, or would be put. */
static struct variable **find(const struct variables *variables, const char *name)
{
    struct variable *const *at = &variables->first;
    while (*at != NULL && strcmp((*at)->name, name) < 0) {
        at = &(*at)->next;
    }
    return (struct variable **)(void *)at;
}

static struct variable *make(struct variables *variables, const char *name)
{
    struct variable **at = find(variables, name);
    if (*at == NULL || strcmp((*at)->name, name) != 0) {
        struct variable *variable = checked_allocate(sizeof(*variable));
        *variable = (struct variable){.next = *at, .name = checked_text(name)};
        *at = variable;
    }
    return *at;
}

const char *variables_get(const struct variables *variables, const char *name)
{
    const struct variable *found = *find(variables, name);
    return found != NULL && strcmp(found->name, name) == 0 ? found->value : NULL;
}

void variables_set(struct variables *variables, const char *name, const char *value)
{
    struct variable *variable = make(variables, name);
    char *copy = checked_text(value); /* `value` may be the old one */
    free(variable->value);
    variable->value = copy;
}

void variables_export(struct variables *variables, const char *name)
{
    make(variables, name)->exported = true;
}

void variables_unset(struct variables *variables, const char *name)
{
    struct variable **at = find(variables, name);
    struct variable *found = *at;
    if (found != NULL && strcmp(found->name, name) == 0) {
        *at = found->next;
        free(found->name);
        free(found->value);
        free(found);
    }
}

void variables_import(struct variables *variables, char *const *environment)
{
    for (; *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        if (equals != NULL && equals != *environment) {
            size_t length = (size_t)(equals - *environment);
            char *name = checked_allocate(length + 1);
            memcpy(name, *environment, length);
            name[length] = '\0';
            variables_set(variables, name, equals + 1);
            variables_export(variables, name);
            free(name);
        }
    }
}

char **variables_environment(const struct variables *variables, bool all, struct arena *arena)
{
    size_t count = 0;
    for (const struct variable *at = variables->first; at != NULL; at = at->next) {
        count++;
    }
    char **list = arena_allocate(arena, (count + 1) * sizeof(*list));
    char **end = list;
    for (const struct variable *at = variables->first; at != NULL; at = at->next) {
        if ((all || at->exported) && at->value != NULL) {
            size_t size = strlen(at->name) + strlen(at->value) + 2;
            *end = arena_allocate(arena, size);
            (void)snprintf(*end++, size, "%s=%s", at->name, at->value);
        }
    }
    return list;
}
