/* Takes a line apart: words, in quotes or not, and operators. */

#include "sh.h"

static struct token tokens[TOKENS_MOST];
static char text[LINE_MOST]; /* of the words, each ended by a zero */

static enum token_kind operator_kind(char character)
{
    switch (character) {
    case '|':
        return TOKEN_PIPE;
    case '<':
        return TOKEN_INPUT;
    case '>':
        return TOKEN_OUTPUT;
    case ';':
        return TOKEN_NEXT;
    case '&':
        return TOKEN_BESIDE;
    case '(':
        return TOKEN_OPEN;
    case ')':
        return TOKEN_CLOSE;
    default:
        return TOKEN_WORD;
    }
}

static bool blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

/* Copies the word at `line` to *room; returns where it ends, NULL if a quote is not closed. */
static char *take_word(char *line, char **room)
{
    char quote = '\0';

    for (; *line != '\0'; line++) {
        if (quote == '\0' && (blank(*line) || operator_kind(*line) != TOKEN_WORD)) {
            break;
        }
        if (*line == quote) {
            quote = '\0';
        } else if (quote == '\0' && (*line == '\'' || *line == '"')) {
            quote = *line;
        } else {
            *(*room)++ = *line;
        }
    }
    *(*room)++ = '\0';
    return quote == '\0' ? line : NULL;
}

static char *take_token(struct token *token, char *line, char **room)
{
    token->kind = operator_kind(*line);
    if (token->kind == TOKEN_WORD) {
        token->text = *room;
        return take_word(line, room);
    }
    if (line[0] == '>' && line[1] == '>') {
        token->kind = TOKEN_APPEND;
        line++;
    }
    return line + 1;
}

struct token *sh_tokens(char *line)
{
    char *room = text;

    for (int count = 0; count < TOKENS_MOST; count++) {
        while (blank(*line)) {
            line++;
        }
        if (*line == '\0' || *line == '#') {
            tokens[count].kind = TOKEN_END;
            return tokens;
        }
        line = take_token(&tokens[count], line, &room);
        if (line == NULL) {
            print(2, "sh: a quote is not closed\n");
            return NULL;
        }
    }
    print(2, "sh: more than %d words in a line\n", TOKENS_MOST - 1);
    return NULL;
}
