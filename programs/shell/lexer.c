/* The lexer. Skipping functions answer a position past `length` for what never ends. */
#include "lexer.h"

#include <string.h>

#define NESTING_LIMIT 40

static size_t skip_nested(const char *text, size_t length, size_t start, unsigned depth);

static size_t unfinished(size_t length)
{
    return length + 1;
}

static size_t skip_double(const char *text, size_t length, size_t start, unsigned depth)
{
    size_t at = start + 1;
    while (at < length && text[at] != '"') {
        if (text[at] == '\\') {
            at += 2;
        } else if (text[at] == '$') {
            at = skip_nested(text, length, at, depth);
        } else {
            at++;
        }
    }
    return at < length ? at + 1 : unfinished(length);
}

/* Past one unit at text[at]: an escaped character, quotes, an expansion, or one character. */
static size_t skip_unit(const char *text, size_t length, size_t at, unsigned depth)
{
    const char *end;
    switch (text[at]) {
    case '\\':
        return at + 2;
    case '\'':
        end = memchr(text + at + 1, '\'', length - at - 1);
        return end != NULL ? (size_t)(end - text) + 1 : unfinished(length);
    case '"':
        return skip_double(text, length, at, depth);
    case '$':
        return skip_nested(text, length, at, depth);
    default:
        return at + 1;
    }
}

/* From the `$` at start past its brackets, if it has any. */
static size_t skip_nested(const char *text, size_t length, size_t start, unsigned depth)
{
    size_t at = start + 1;
    if (at >= length || (text[at] != '(' && text[at] != '{')) {
        return at;
    }
    if (depth == NESTING_LIMIT) {
        return unfinished(length);
    }
    char open = text[at];
    char close = open == '(' ? ')' : '}';
    unsigned level = 0;
    while (at < length) {
        if (text[at] == open) {
            level++;
        } else if (text[at] == close && --level == 0) {
            return at + 1;
        }
        at = skip_unit(text, length, at, depth + 1);
    }
    return unfinished(length);
}

size_t lexer_skip_expansion(const char *text, size_t length, size_t start)
{
    return skip_nested(text, length, start, 0);
}

size_t lexer_skip_quotes(const char *text, size_t length, size_t start)
{
    return skip_unit(text, length, start, 0);
}

static bool is_meta(char character)
{
    return character == '\0' || strchr(" \t\r\n|&;<>()", character) != NULL;
}

/* Blanks, escaped ends of line, and a comment. */
static size_t skip_blanks(const char *text, size_t length, size_t at)
{
    while (at < length) {
        if (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\0') {
            at++;
        } else if (text[at] == '\\' && at + 1 < length && text[at + 1] == '\n') {
            at += 2;
        } else if (text[at] == '#') {
            while (at < length && text[at] != '\n') {
                at++;
            }
        } else {
            break;
        }
    }
    return at;
}

static struct token error_token(size_t start, size_t end, const char *message)
{
    return (struct token){.kind = TOKEN_ERROR, .start = start, .end = end, .message = message};
}

/* `<`, `>`, `>>`, `<&` or `>&` at text[at]; `descriptor` is the number before it, or -1. */
static struct token redirection_token(const struct lexer *lexer, size_t at, int descriptor)
{
    bool output = lexer->text[at] == '>';
    char following = at + 1 < lexer->length ? lexer->text[at + 1] : '\0';
    struct token token = {.kind = TOKEN_REDIRECTION, .start = at, .end = at + 2};
    token.descriptor = descriptor >= 0 ? descriptor : output;
    if (following == '&') {
        token.redirection = REDIRECTION_DUPLICATE;
    } else if (output && following == '>') {
        token.redirection = REDIRECTION_APPEND;
    } else if (following == '<') {
        return error_token(at, at + 2, "here-documents (<<) are not supported");
    } else {
        token.redirection = output ? REDIRECTION_OUTPUT : REDIRECTION_INPUT;
        token.end = at + 1;
    }
    return token;
}

static struct token operator_token(const struct lexer *lexer, size_t at)
{
    char character = lexer->text[at];
    bool twice = at + 1 < lexer->length && lexer->text[at + 1] == character;
    struct token token = {.start = at, .end = at + 1};
    switch (character) {
    case '\n':
        token.kind = TOKEN_NEWLINE;
        break;
    case ';':
        if (twice) {
            return error_token(at, at + 2, "`;;` belongs to `case`, which is not supported");
        }
        token.kind = TOKEN_SEMICOLON;
        break;
    case '&':
        token.kind = twice ? TOKEN_AND : TOKEN_BACKGROUND;
        token.end += twice;
        break;
    case '|':
        token.kind = twice ? TOKEN_OR : TOKEN_PIPE;
        token.end += twice;
        break;
    case '(':
        token.kind = TOKEN_OPEN;
        break;
    case ')':
        token.kind = TOKEN_CLOSE;
        break;
    default:
        return redirection_token(lexer, at, -1);
    }
    return token;
}

static struct token word_token(const struct lexer *lexer, size_t start)
{
    size_t at = start;
    while (at < lexer->length && !is_meta(lexer->text[at])) {
        if (lexer->text[at] == '`') {
            return error_token(at, at + 1, "backquotes are not supported; write $(...)");
        }
        at = skip_unit(lexer->text, lexer->length, at, 0);
    }
    bool finished = at <= lexer->length;
    return (struct token){.kind = finished ? TOKEN_WORD : TOKEN_UNFINISHED,
                          .start = start,
                          .end = finished ? at : lexer->length};
}

struct token lexer_next(struct lexer *lexer)
{
    const char *text = lexer->text;
    size_t at = skip_blanks(text, lexer->length, lexer->position);
    struct token token = {.kind = TOKEN_END, .start = at, .end = at};
    if (at >= lexer->length) {
        lexer->position = at;
        return token;
    }
    bool digit = text[at] >= '0' && text[at] <= '9';
    if (digit && at + 1 < lexer->length && (text[at + 1] == '<' || text[at + 1] == '>')) {
        token = redirection_token(lexer, at + 1, text[at] - '0');
        token.start = at;
    } else if (is_meta(text[at])) {
        token = operator_token(lexer, at);
    } else {
        token = word_token(lexer, at);
    }
    lexer->position = token.end;
    return token;
}
