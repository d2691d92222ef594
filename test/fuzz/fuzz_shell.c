/*
 * Any bytes as a script: lexer, parser and expander must end, stay in bounds, and free what they
 * took. Words of what parses are expanded with callbacks that know nothing.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "expand.h"
#include "parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *get_variable(void *context, const char *name)
{
    (void)context;
    return name[0] == 'x' ? "a b*" : NULL;
}

static char *const *get_positional(void *context, size_t *count)
{
    static char first[] = "one", second[] = "two";
    static char *const words[] = {first, second};
    (void)context;
    *count = 2;
    return words;
}

static const char *run_command(void *context, const char *text, size_t length)
{
    (void)context;
    (void)text;
    return length % 2 == 0 ? "out put" : NULL;
}

static void match_names(void *context, const char *pattern, void (*found)(void *, const char *),
                        void *found_context)
{
    (void)context;
    if (pattern_match(pattern, "name")) {
        found(found_context, "name");
    }
}

static void expand_all(struct arena *arena, const struct word *words)
{
    struct expand_source source = {get_variable, get_positional, run_command, match_names, NULL};
    struct expansion expansion = {arena, &source, NULL};
    for (; words != NULL; words = words->next) {
        struct field *fields = NULL;
        (void)expand_word(&expansion, words->text, &fields);
        (void)expand_text(&expansion, words->text);
    }
}

static void visit(struct arena *arena, const struct node *node)
{
    for (; node != NULL; node = node->next) {
        expand_all(arena, node->words);
        visit(arena, node->first);
        visit(arena, node->second);
        visit(arena, node->third);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct parser parser;
    struct node *tree;
    char *text = malloc(size + 1); /* exactly as long, so that reads past the end are seen */
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    parser_start(&parser, &arena, text, size);
    while (parser_next(&parser, &tree) == PARSE_COMMAND) {
        visit(&arena, tree);
    }
    (void)parser_line(&parser);
    arena_free(&arena);
    free(text);
    return 0;
}
