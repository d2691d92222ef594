/* The shell's parts: a line becomes tokens (words.c), which are run as they stand (run.c, in a
 * simple command: command.c). Frames are small, since the stack is one page. */
#pragma once

#include "xv6.h"

#define LINE_MOST   256
#define TOKENS_MOST 96

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_PIPE,
    TOKEN_INPUT,  /* < */
    TOKEN_OUTPUT, /* > */
    TOKEN_APPEND, /* >> */
    TOKEN_NEXT,   /* ; */
    TOKEN_BESIDE, /* & */
    TOKEN_OPEN,
    TOKEN_CLOSE,
};

struct token {
    enum token_kind kind;
    char *text; /* of a word */
};

/* Tokens of `line`, whose words stay in it, in static memory, ended by TOKEN_END; NULL, and a line
 * that says what is wrong, if it has none. */
struct token *sh_tokens(char *line);

/* Runs tokens until `end`; the status of the last pipeline. */
int sh_run(struct token *from, struct token *end);

/* In a process of its own: runs one command of words and redirections, or a list in brackets. */
_Noreturn void sh_command(struct token *from, struct token *end);

/* Those that change the shell itself; true if it was one. */
bool sh_built_in(struct token *from, struct token *end, int *status);
