/* Everything that begins with `$`. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "arithmetic.h"
#include "expand_internal.h"
#include "lexer.h"

#define NAME_SIZE   64
#define NUMBER_SIZE 24

/* Adds the result of an expansion: unquoted, blanks end a field. */
static void add_value(struct expand_state *state, const char *value, bool quoted)
{
    for (; *value != '\0'; value++) {
        if (!quoted && state->end != NULL && strchr(" \t\n", *value) != NULL) {
            expand_end_field(state);
        } else {
            expand_add(state, *value, quoted);
        }
    }
}

/* `$@`, which quoted is a field for each parameter, or `$*`. */
static void add_positional(struct expand_state *state, bool quoted, bool separate)
{
    const struct expand_source *source = state->expansion->source;
    size_t count;
    char *const *values = source->positional(source->context, &count);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && quoted && separate && state->end != NULL) {
            expand_end_field(state);
        } else if (i > 0) {
            add_value(state, " ", quoted);
        }
        state->started |= quoted;
        add_value(state, values[i], quoted);
    }
}

static const char *variable_value(struct expand_state *state, const char *name)
{
    const struct expand_source *source = state->expansion->source;
    return source->variable(source->context, name);
}

bool expand_complain(struct expand_state *state, const char *message)
{
    state->expansion->message = message;
    return false;
}

/* The length of the name at text: a word, one digit, or one special character. */
static size_t name_length(const char *text, size_t length)
{
    size_t count = 0;
    if (length > 0 && strchr("?$!#@*-", text[0]) != NULL && text[0] != '\0') {
        return 1;
    }
    if (length > 0 && isdigit((unsigned char)text[0])) {
        return 1;
    }
    while (count < length && (isalnum((unsigned char)text[count]) || text[count] == '_')) {
        count++;
    }
    return count < NAME_SIZE ? count : 0;
}

static void add_name(struct expand_state *state, const char *name, bool quoted)
{
    if (strcmp(name, "@") == 0 || strcmp(name, "*") == 0) {
        add_positional(state, quoted, name[0] == '@');
        return;
    }
    const char *value = variable_value(state, name);
    add_value(state, value != NULL ? value : "", quoted);
}

/* text[0..length) is what stands between the braces of ${...}. */
static bool expand_braces(struct expand_state *state, const char *text, size_t length, bool quoted)
{
    char name[NAME_SIZE];
    char number[NUMBER_SIZE];
    bool count = length > 1 && text[0] == '#';
    size_t size = name_length(text + count, length - count);
    if (size == 0) {
        return expand_complain(state, "${...} needs the name of a variable");
    }
    memcpy(name, text + count, size);
    name[size] = '\0';
    const char *value = variable_value(state, name);
    const char *rest = text + count + size;
    size_t left = length - count - size;
    if (count && left == 0) {
        (void)snprintf(number, sizeof(number), "%lu",
                       (unsigned long)(value != NULL ? strlen(value) : 0));
        add_value(state, number, quoted);
    } else if (left == 0) {
        add_name(state, name, quoted);
    } else if (left >= 2 && rest[0] == ':' && (rest[1] == '-' || rest[1] == '+')) {
        bool set = value != NULL && *value != '\0';
        if (rest[1] == '+' ? set : !set) {
            state->values++;
            bool done = expand_range(state, rest + 2, left - 2, quoted);
            state->values--;
            return done;
        }
        add_value(state, set && rest[1] == '-' ? value : "", quoted);
    } else {
        return expand_complain(state,
                               "${...} knows ${name} ${#name} ${name:-word} and ${name:+word}");
    }
    return true;
}

/* text[0..length) is what stands between the brackets of $((...)). */
static bool expand_arithmetic(struct expand_state *state, const char *text, size_t length,
                              bool quoted)
{
    const struct expand_source *source = state->expansion->source;
    struct arithmetic arithmetic = {source->variable, source->context};
    char number[NUMBER_SIZE];
    int64_t value;
    if (!arithmetic_evaluate(&arithmetic, text, length, &value, &state->expansion->message)) {
        return false;
    }
    (void)snprintf(number, sizeof(number), "%lld", (long long)value);
    add_value(state, number, quoted);
    return true;
}

static bool expand_command(struct expand_state *state, const char *text, size_t length, bool quoted)
{
    const struct expand_source *source = state->expansion->source;
    const char *value = source->command(source->context, text, length);
    if (value == NULL) {
        return expand_complain(state, "$(...) could not be run");
    }
    add_value(state, value, quoted);
    return true;
}

/* The expansion at the `$` at text[0]; *used is its length. */
bool expand_dollar(struct expand_state *state, const char *text, size_t length, bool quoted,
                   size_t *used)
{
    char name[NAME_SIZE];
    size_t end = lexer_skip_expansion(text, length, 0);
    if (end > length) {
        return expand_complain(state, "an expansion is not closed");
    }
    *used = end;
    if (end > 1) {
        if (text[1] == '{') {
            return expand_braces(state, text + 2, end - 3, quoted);
        }
        if (end >= 6 && text[2] == '(' && text[end - 2] == ')') {
            return expand_arithmetic(state, text + 3, end - 5, quoted);
        }
        return expand_command(state, text + 2, end - 3, quoted);
    }
    size_t size = name_length(text + 1, length - 1);
    *used = 1 + size;
    if (size == 0) {
        expand_add(state, '$', quoted);
        return true;
    }
    memcpy(name, text + 1, size);
    name[size] = '\0';
    add_name(state, name, quoted);
    return true;
}
