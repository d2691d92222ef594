/*
 * The expander. A field is collected in two buffers: its text, and the same as a pattern, in which
 * what was quoted has a backslash before it.
 */
#include "expand_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lexer.h"

#define NESTING_LIMIT 20

static void buffer_add(struct expand_buffer *buffer, char character)
{
    if (buffer->length + 1 >= buffer->size) {
        buffer->size = buffer->size * 2 + 64;
        buffer->data = checked_resize(buffer->data, buffer->size);
    }
    buffer->data[buffer->length++] = character;
    buffer->data[buffer->length] = '\0';
}

void expand_add(struct expand_state *state, char character, bool quoted)
{
    bool magic = !quoted && (character == '*' || character == '?');
    state->magic |= magic;
    state->started = true;
    buffer_add(&state->text, character);
    if (state->end != NULL) {
        if (!magic && strchr("*?\\", character) != NULL) {
            buffer_add(&state->pattern, '\\');
        }
        buffer_add(&state->pattern, character);
    }
}

static void add_field(void *context, const char *text)
{
    struct expand_state *state = context;
    struct field *field = arena_allocate(state->expansion->arena, sizeof(*field));
    field->text = arena_text(state->expansion->arena, text, strlen(text));
    *state->end = field;
    state->end = &field->next;
}

/* Ends the field that is being collected, if there is one. */
void expand_end_field(struct expand_state *state)
{
    if (state->started) {
        struct field **before = state->end;
        const struct expand_source *source = state->expansion->source;
        if (state->magic) {
            source->match(source->context, state->pattern.data, add_field, state);
        }
        if (state->end == before) {
            add_field(state, state->text.length > 0 ? state->text.data : "");
        }
    }
    state->started = false;
    state->magic = false;
    state->text.length = 0;
    state->pattern.length = 0;
}

/* The backslash at text[0]; the length of what it covers. */
static size_t expand_escape(struct expand_state *state, const char *text, size_t length,
                            bool quoted)
{
    if (length < 2) {
        expand_add(state, '\\', true);
        return 1;
    }
    if (text[1] != '\n') {
        if (quoted && strchr("$\"\\`", text[1]) == NULL) {
            expand_add(state, '\\', true);
        }
        expand_add(state, text[1], true);
    }
    return 2;
}

/* The quotes at text[0], whose length with both marks is `length`. */
static bool expand_quotes(struct expand_state *state, const char *text, size_t length)
{
    size_t count = 1;
    if (length == 4 && memcmp(text, "\"$@\"", length) == 0) {
        (void)state->expansion->source->positional(state->expansion->source->context, &count);
    }
    state->started |= count > 0; /* "$@" of no parameters is no field at all */
    if (text[0] == '"') {
        return expand_range(state, text + 1, length - 2, true);
    }
    for (size_t i = 1; i + 1 < length; i++) {
        expand_add(state, text[i], true);
    }
    return true;
}

static void expand_literal(struct expand_state *state, char character, bool quoted)
{
    if (state->values > 0 && !quoted && state->end != NULL && strchr(" \t\n", character) != NULL) {
        expand_end_field(state);
    } else {
        expand_add(state, character, quoted);
    }
}

static bool expand_unit(struct expand_state *state, const char *text, size_t length, bool quoted,
                        size_t *used)
{
    *used = 1;
    if (text[0] == '\\') {
        *used = expand_escape(state, text, length, quoted);
    } else if (text[0] == '$') {
        return expand_dollar(state, text, length, quoted, used);
    } else if (!quoted && (text[0] == '\'' || text[0] == '"')) {
        *used = lexer_skip_quotes(text, length, 0);
        return *used <= length ? expand_quotes(state, text, *used)
                               : expand_complain(state, "quotes are not closed");
    } else {
        expand_literal(state, text[0], quoted);
    }
    return true;
}

/* quoted: the text stands between double quotes. */
bool expand_range(struct expand_state *state, const char *text, size_t length, bool quoted)
{
    size_t at = 0;
    if (++state->depth > NESTING_LIMIT) {
        return expand_complain(state, "expansions are nested too deep");
    }
    while (at < length) {
        size_t used;
        if (!expand_unit(state, text + at, length - at, quoted, &used)) {
            return false;
        }
        at += used;
    }
    state->depth--;
    return true;
}

static void state_free(struct expand_state *state)
{
    free(state->text.data);
    free(state->pattern.data);
}

struct field **expand_word(struct expansion *expansion, const char *word, struct field **end)
{
    struct expand_state state = {.expansion = expansion, .end = end};
    bool done = expand_range(&state, word, strlen(word), false);
    if (done) {
        expand_end_field(&state);
    }
    state_free(&state);
    return done ? state.end : NULL;
}

char *expand_text(struct expansion *expansion, const char *word)
{
    struct expand_state state = {.expansion = expansion};
    char *result = NULL;
    if (expand_range(&state, word, strlen(word), false)) {
        result = arena_text(expansion->arena, state.text.data != NULL ? state.text.data : "",
                            state.text.length);
    }
    state_free(&state);
    return result;
}

bool pattern_match(const char *pattern, const char *name)
{
    const char *star = NULL; /* the last `*`, and where in the name it began to match */
    const char *mark = NULL;
    while (*name != '\0') {
        bool literal = *pattern == '\\' && pattern[1] != '\0';
        if (!literal && *pattern == '*') {
            star = pattern++;
            mark = name;
        } else if ((!literal && *pattern == '?') || pattern[literal] == *name) {
            pattern += 1 + literal;
            name++;
        } else if (star != NULL) {
            pattern = star + 1;
            name = ++mark;
        } else {
            return false;
        }
    }
    pattern += strspn(pattern, "*");
    return *pattern == '\0';
}
