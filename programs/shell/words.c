/* Expansion with the system behind it: variables, parameters, commands and the names of files. */
#include <fcntl.h>
#include <sinter/protocol/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "path.h"
#include "shell.h"

/* What the callbacks of one expansion share. */
struct context {
    struct shell *shell;
    const struct io *io;
    struct arena *arena;
};

static const char *number_text(struct shell *shell, uint64_t number)
{
    (void)snprintf(shell->number, sizeof(shell->number), "%lu", (unsigned long)number);
    return shell->number;
}

static const char *parameter(const struct shell *shell, unsigned index)
{
    if (index == 0) {
        return shell->name;
    }
    return index <= shell->parameter_count ? shell->parameters[index - 1] : NULL;
}

static const char *get_variable(void *context, const char *name)
{
    struct shell *shell = ((struct context *)context)->shell;
    switch (name[0]) {
    case '?':
        return number_text(shell, (uint64_t)shell->status);
    case '$':
        return number_text(shell, (uint64_t)getpid());
    case '!':
        return shell->background[0] != '\0' ? shell->background : NULL;
    case '#':
        return number_text(shell, shell->parameter_count);
    case '-':
        return shell->interactive ? "i" : "";
    default:
        break;
    }
    if (name[0] >= '0' && name[0] <= '9') {
        return parameter(shell, (unsigned)(name[0] - '0'));
    }
    return variables_get(&shell->variables, name);
}

static char *const *get_positional(void *context, size_t *count)
{
    const struct shell *shell = ((struct context *)context)->shell;
    *count = shell->parameter_count;
    return shell->parameters;
}

static const char *run_command(void *context, const char *text, size_t length)
{
    struct context *own = context;
    return pipeline_capture(own->shell, text, length, own->io, own->arena);
}

struct listing {
    struct listed {
        char *name;
        bool is_folder;
    } *items;
    size_t count;
};

static int compare_listed(const void *left, const void *right)
{
    return strcmp(((const struct listed *)left)->name, ((const struct listed *)right)->name);
}

static void read_listing(int file, struct listing *listing)
{
    struct directory_entry entry;
    while (directory_read(file, &entry) == 1) {
        listing->items =
            checked_resize(listing->items, (listing->count + 1) * sizeof(*listing->items));
        listing->items[listing->count++] =
            (struct listed){checked_text(entry.name), entry.kind == FILE_KIND_DIRECTORY};
    }
    if (listing->count > 0) {
        qsort(listing->items, listing->count, sizeof(*listing->items), compare_listed);
    }
}

void words_list(const char *path, void (*found)(void *, const char *, bool), void *context)
{
    struct listing listing = {0};
    int file = open(path, O_RDONLY | O_DIRECTORY);
    if (file < 0) {
        return;
    }
    read_listing(file, &listing);
    (void)close(file);
    for (size_t i = 0; i < listing.count; i++) {
        found(context, listing.items[i].name, listing.items[i].is_folder);
        free(listing.items[i].name);
    }
    free(listing.items);
}

struct match {
    const char *folder; /* with its last slash, or empty */
    const char *pattern;
    void (*found)(void *, const char *);
    void *found_context;
};

static void match_name(void *context, const char *name, bool is_folder)
{
    const struct match *match = context;
    char path[PATH_SIZE];
    (void)is_folder;
    size_t folder = strlen(match->folder);
    size_t length = strlen(name);
    if (pattern_match(match->pattern, name) && folder + length < sizeof(path)) {
        memcpy(path, match->folder, folder);
        memcpy(path + folder, name, length + 1);
        match->found(match->found_context, path);
    }
}

/* Patterns stand for names in one directory: what is before the last slash is literal. */
static void match_names(void *context, const char *pattern, void (*found)(void *, const char *),
                        void *found_context)
{
    char folder[PATH_SIZE];
    const char *slash = strrchr(pattern, '/');
    size_t length = slash != NULL ? (size_t)(slash - pattern) + 1 : 0;
    (void)context;
    if (length >= sizeof(folder) || strcspn(pattern, "*?\\") < length) {
        return;
    }
    memcpy(folder, pattern, length);
    folder[length] = '\0';
    struct match match = {folder, pattern + length, found, found_context};
    words_list(length > 0 ? folder : ".", match_name, &match);
}

static struct expand_source make_source(struct context *context)
{
    return (struct expand_source){get_variable, get_positional, run_command, match_names, context};
}

char *words_expand_text(struct shell *shell, const struct io *io, struct arena *arena,
                        const char *word)
{
    struct context context = {shell, io, arena};
    struct expand_source source = make_source(&context);
    struct expansion expansion = {arena, &source, NULL};
    char *result = expand_text(&expansion, word);
    if (result == NULL) {
        shell_complain(io, "%s: %s", word, expansion.message);
    }
    return result;
}

char **words_expand(struct shell *shell, const struct io *io, struct arena *arena,
                    const struct word *words, size_t *count)
{
    struct context context = {shell, io, arena};
    struct expand_source source = make_source(&context);
    struct expansion expansion = {arena, &source, NULL};
    struct field *fields = NULL;
    struct field **end = &fields;
    for (; words != NULL; words = words->next) {
        end = expand_word(&expansion, words->text, end);
        if (end == NULL) {
            shell_complain(io, "%s: %s", words->text, expansion.message);
            return NULL;
        }
    }
    *count = 0;
    for (const struct field *field = fields; field != NULL; field = field->next) {
        ++*count;
    }
    char **list = arena_allocate(arena, (*count + 1) * sizeof(*list));
    size_t index = 0;
    for (const struct field *field = fields; field != NULL; field = field->next) {
        list[index++] = field->text;
    }
    return list;
}
