/*
 * The shell language as a tree. Grammar (LIST ends at a line end or the end of the text):
 *
 *   LIST     = CHAIN ((";" | "&" | NEWLINE) CHAIN)*
 *   CHAIN    = PIPELINE (("&&" | "||") PIPELINE)*
 *   PIPELINE = ["!"] COMMAND ("|" COMMAND)*
 *   COMMAND  = (WORD | REDIRECTION)+ | COMPOUND REDIRECTION*
 *   COMPOUND = "{" LIST "}" | "(" LIST ")" | "while" LIST "do" LIST "done" | "until" ...
 *            | "if" LIST "then" LIST ("elif" LIST "then" LIST)* ["else" LIST] "fi"
 *            | "for" NAME ["in" WORD*] ";" "do" LIST "done"
 *
 * Words keep their quotes and expansions. Everything made lies in the caller's arena, except the
 * `source` of nodes, which points into the text. No system calls; any bytes may come in.
 */
#ifndef SHELL_PARSER_H
#define SHELL_PARSER_H

#include "arena.h"
#include "lexer.h"

enum node_kind {
    NODE_COMMAND,    /* words, redirections; leading words NAME=VALUE are assignments */
    NODE_PIPELINE,   /* first: its commands, linked by next; at least two */
    NODE_NOT,        /* first */
    NODE_CHAIN,      /* first: linked by next, each joined to what came before it */
    NODE_LIST,       /* first: linked by next */
    NODE_BACKGROUND, /* first & */
    NODE_IF,         /* first: condition, second: then, third: else, `elif` or null */
    NODE_WHILE,      /* first: condition, second: body */
    NODE_UNTIL,
    NODE_FOR,     /* name, words (if listed), first: body */
    NODE_GROUP,   /* { first } */
    NODE_SUBSHELL /* ( first ) */
};

enum node_join {
    JOIN_NONE,
    JOIN_AND, /* && */
    JOIN_OR   /* || */
};

struct word {
    struct word *next;
    const char *text; /* raw */
};

struct redirection {
    struct redirection *next;
    enum redirection_kind kind;
    int descriptor;
    const char *target; /* raw */
};

struct node {
    enum node_kind kind;
    enum node_join join;
    struct node *next;
    struct node *first, *second, *third;
    struct word *words;
    struct redirection *redirections; /* of commands and compounds */
    const char *name;                 /* of the variable of `for` */
    bool listed;                      /* `for NAME in`: false goes through "$@" */
    const char *source;               /* the text of a command, or of the list in a subshell */
    size_t source_length;
};

enum parse_status {
    PARSE_COMMAND,    /* *tree is a LIST */
    PARSE_NOTHING,    /* the text is at its end */
    PARSE_UNFINISHED, /* more text is needed */
    PARSE_ERROR       /* parser.message says what is wrong */
};

#define PARSE_MESSAGE_SIZE 128

struct parser {
    struct lexer lexer;
    struct token token; /* the next one */
    struct arena *arena;
    unsigned depth;
    enum parse_status failure; /* PARSE_COMMAND: none so far */
    char message[PARSE_MESSAGE_SIZE];
};

void parser_start(struct parser *parser, struct arena *arena, const char *text, size_t length);
/* Takes the next LIST, with the end of its line. After a failure it must not be called again. */
enum parse_status parser_next(struct parser *parser, struct node **tree);
/* The line, counted from 1, at which the parser stands. */
size_t parser_line(const struct parser *parser);

/* The length of NAME in a word NAME=VALUE, or 0. */
size_t word_assignment(const char *word);

#endif
