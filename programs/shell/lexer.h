/*
 * Words and operators of the shell language. A word is a range of the text with its quotes and
 * expansions in it; the expander takes those away. No system calls; any bytes may come in.
 */
#ifndef SHELL_LEXER_H
#define SHELL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,        /* of the text */
    TOKEN_UNFINISHED, /* the text ends inside quotes or an expansion */
    TOKEN_ERROR,      /* `message` says why */
    TOKEN_NEWLINE,
    TOKEN_WORD,
    TOKEN_SEMICOLON,
    TOKEN_BACKGROUND, /* & */
    TOKEN_AND,        /* && */
    TOKEN_OR,         /* || */
    TOKEN_PIPE,
    TOKEN_OPEN,  /* ( */
    TOKEN_CLOSE, /* ) */
    TOKEN_REDIRECTION
};

enum redirection_kind {
    REDIRECTION_INPUT,    /* < */
    REDIRECTION_OUTPUT,   /* > */
    REDIRECTION_APPEND,   /* >> */
    REDIRECTION_DUPLICATE /* >& and <&: the target is a descriptor */
};

struct token {
    enum token_kind kind;
    size_t start, end; /* its bytes in the text */
    enum redirection_kind redirection;
    int descriptor;      /* that is redirected */
    const char *message; /* of TOKEN_ERROR */
};

struct lexer {
    const char *text;
    size_t length;
    size_t position;
};

struct token lexer_next(struct lexer *lexer);

/* Where the expansion ends that begins with the `$` at text[start]: past the closing bracket of
 * $(...), $((...)) or ${...}. Past `length` if it is unfinished or nested too deep. */
size_t lexer_skip_expansion(const char *text, size_t length, size_t start);
/* As above for the quotes that begin at text[start]. */
size_t lexer_skip_quotes(const char *text, size_t length, size_t start);

#endif
