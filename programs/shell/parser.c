/*
 * The parser: recursive descent with one token ahead. A function that fails sets parser->failure
 * and answers null; callers check the failure before they use what they got.
 */
#include "parser_internal.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_LIMIT 60

static const char *const reserved_words[] = {"!",     "{",    "}",    "if",   "then",
                                             "elif",  "else", "fi",   "for",  "while",
                                             "until", "do",   "done", "case", "function"};

void parser_advance(struct parser *parser)
{
    parser->token = lexer_next(&parser->lexer);
}

/* Names the token that stands in the way, and what would do. */
void *parser_fail(struct parser *parser, const char *expected)
{
    const struct token *token = &parser->token;
    if (parser->failure != PARSE_COMMAND) {
        return NULL;
    }
    parser->failure = PARSE_ERROR;
    if (token->kind == TOKEN_UNFINISHED) {
        parser->failure = PARSE_UNFINISHED;
        (void)snprintf(parser->message, sizeof(parser->message),
                       "the text ends in quotes or in an expansion");
    } else if (token->kind == TOKEN_END) {
        parser->failure = PARSE_UNFINISHED;
        (void)snprintf(parser->message, sizeof(parser->message), "the text ends; expected %s",
                       expected);
    } else if (token->kind == TOKEN_ERROR) {
        (void)snprintf(parser->message, sizeof(parser->message), "%s", token->message);
    } else if (token->kind == TOKEN_NEWLINE) {
        (void)snprintf(parser->message, sizeof(parser->message), "the line ends; expected %s",
                       expected);
    } else {
        int length = (int)(token->end - token->start);
        (void)snprintf(parser->message, sizeof(parser->message), "`%.*s` is misplaced; expected %s",
                       length < 32 ? length : 32, parser->lexer.text + token->start, expected);
    }
    return NULL;
}

bool parser_at_word(const struct parser *parser, const char *word)
{
    size_t length = strlen(word);
    return parser->token.kind == TOKEN_WORD && parser->token.end - parser->token.start == length &&
           memcmp(parser->lexer.text + parser->token.start, word, length) == 0;
}

static bool at_reserved(const struct parser *parser)
{
    for (size_t i = 0; i < sizeof(reserved_words) / sizeof(reserved_words[0]); i++) {
        if (parser_at_word(parser, reserved_words[i])) {
            return true;
        }
    }
    return false;
}

bool parser_expect_word(struct parser *parser, const char *word)
{
    char expected[16];
    if (parser->failure == PARSE_COMMAND && parser_at_word(parser, word)) {
        parser_advance(parser);
        return true;
    }
    (void)snprintf(expected, sizeof(expected), "`%s`", word);
    (void)parser_fail(parser, expected);
    return false;
}

void parser_skip_newlines(struct parser *parser)
{
    while (parser->token.kind == TOKEN_NEWLINE) {
        parser_advance(parser);
    }
}

struct node *parser_make_node(struct parser *parser, enum node_kind kind, struct node *first)
{
    struct node *node = arena_allocate(parser->arena, sizeof(*node));
    node->kind = kind;
    node->first = first;
    return node;
}

struct word *parser_take_word(struct parser *parser)
{
    struct word *word = arena_allocate(parser->arena, sizeof(*word));
    word->text = arena_text(parser->arena, parser->lexer.text + parser->token.start,
                            parser->token.end - parser->token.start);
    parser_advance(parser);
    return word;
}

/* Appends the redirection at the token to the list that ends at *end. */
static struct redirection **take_redirection(struct parser *parser, struct redirection **end)
{
    struct redirection *redirection = arena_allocate(parser->arena, sizeof(*redirection));
    redirection->kind = parser->token.redirection;
    redirection->descriptor = parser->token.descriptor;
    if (redirection->descriptor > 2) {
        return parser_fail(parser, "a descriptor from 0 to 2");
    }
    parser_advance(parser);
    if (parser->token.kind != TOKEN_WORD) {
        return parser_fail(parser, "a file name after the redirection");
    }
    redirection->target = parser_take_word(parser)->text;
    *end = redirection;
    return &redirection->next;
}

static struct node *parse_simple(struct parser *parser)
{
    struct node *node = parser_make_node(parser, NODE_COMMAND, NULL);
    struct word **words = &node->words;
    struct redirection **redirections = &node->redirections;
    while (redirections != NULL) {
        if (parser->token.kind == TOKEN_WORD) {
            *words = parser_take_word(parser);
            words = &(*words)->next;
        } else if (parser->token.kind == TOKEN_REDIRECTION) {
            redirections = take_redirection(parser, redirections);
        } else {
            break;
        }
    }
    if (node->words == NULL && node->redirections == NULL) {
        return parser_fail(parser, "a command");
    }
    if (parser->token.kind == TOKEN_OPEN) {
        return parser_fail(parser, "a word (functions are not supported)");
    }
    return node;
}

/* The node's text: from `start` to the end of the last token that was taken. */
static void set_source(const struct parser *parser, struct node *node, size_t start)
{
    size_t end = parser->token.start;
    while (end > start && strchr(" \t\r\n", parser->lexer.text[end - 1]) != NULL) {
        end--;
    }
    node->source = parser->lexer.text + start;
    node->source_length = end - start;
}

static struct node *parse_command(struct parser *parser)
{
    size_t start = parser->token.start;
    struct node *node;
    if (parser->token.kind == TOKEN_OPEN || at_reserved(parser)) {
        node = parser_compound(parser);
        struct redirection **redirections = node != NULL ? &node->redirections : NULL;
        while (redirections != NULL && parser->token.kind == TOKEN_REDIRECTION) {
            redirections = take_redirection(parser, redirections);
        }
    } else {
        node = parse_simple(parser);
    }
    if (node != NULL) {
        set_source(parser, node, start);
    }
    return node;
}

static struct node *parse_pipeline(struct parser *parser)
{
    bool negated = parser_at_word(parser, "!");
    if (negated) {
        parser_advance(parser);
    }
    size_t start = parser->token.start;
    struct node *node = parse_command(parser);
    if (node != NULL && parser->token.kind == TOKEN_PIPE) {
        struct node *last = node;
        node = parser_make_node(parser, NODE_PIPELINE, node);
        while (last != NULL && parser->token.kind == TOKEN_PIPE) {
            parser_advance(parser);
            parser_skip_newlines(parser);
            last->next = parse_command(parser);
            last = last->next;
        }
        set_source(parser, node, start);
    }
    return negated ? parser_make_node(parser, NODE_NOT, node) : node;
}

static struct node *parse_chain(struct parser *parser)
{
    size_t start = parser->token.start;
    struct node *last = parse_pipeline(parser);
    struct node *node = last;
    if (parser->token.kind == TOKEN_AND || parser->token.kind == TOKEN_OR) {
        node = parser_make_node(parser, NODE_CHAIN, node);
    }
    while (parser->failure == PARSE_COMMAND &&
           (parser->token.kind == TOKEN_AND || parser->token.kind == TOKEN_OR)) {
        enum node_join join = parser->token.kind == TOKEN_AND ? JOIN_AND : JOIN_OR;
        parser_advance(parser);
        parser_skip_newlines(parser);
        last->next = parse_pipeline(parser);
        last = last->next;
        if (last != NULL) {
            last->join = join;
        }
    }
    if (node != NULL) {
        set_source(parser, node, start);
    }
    return node;
}

static bool at_list_end(const struct parser *parser)
{
    static const char *const ends[] = {"then", "elif", "else", "fi", "do", "done", "}"};
    if (parser->token.kind == TOKEN_END || parser->token.kind == TOKEN_CLOSE) {
        return true;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (parser_at_word(parser, ends[i])) {
            return true;
        }
    }
    return false;
}

/* After one element of a list: true if another may follow. top: the line end ends the list. */
static bool take_separator(struct parser *parser, bool top)
{
    if (parser->token.kind == TOKEN_SEMICOLON || parser->token.kind == TOKEN_BACKGROUND) {
        parser_advance(parser);
    } else if (parser->token.kind != TOKEN_NEWLINE) {
        return false;
    }
    if (top) {
        return parser->token.kind != TOKEN_NEWLINE && parser->token.kind != TOKEN_END;
    }
    parser_skip_newlines(parser);
    return !at_list_end(parser);
}

struct node *parser_list(struct parser *parser, bool top)
{
    struct node *list = parser_make_node(parser, NODE_LIST, NULL);
    struct node **end = &list->first;
    if (++parser->depth > DEPTH_LIMIT) {
        parser->failure = PARSE_ERROR;
        (void)snprintf(parser->message, sizeof(parser->message),
                       "commands are nested more than %d deep", DEPTH_LIMIT);
        return list;
    }
    if (!top) {
        parser_skip_newlines(parser);
    }
    bool more = true;
    while (more) {
        struct node *element = parse_chain(parser);
        if (parser->failure != PARSE_COMMAND) {
            break;
        }
        bool background = parser->token.kind == TOKEN_BACKGROUND;
        *end = background ? parser_make_node(parser, NODE_BACKGROUND, element) : element;
        end = &(*end)->next;
        more = take_separator(parser, top);
    }
    parser->depth--;
    return list;
}

void parser_start(struct parser *parser, struct arena *arena, const char *text, size_t length)
{
    *parser = (struct parser){.lexer = {.text = text, .length = length}, .arena = arena};
    parser_advance(parser);
}

enum parse_status parser_next(struct parser *parser, struct node **tree)
{
    parser_skip_newlines(parser);
    if (parser->token.kind == TOKEN_END) {
        return PARSE_NOTHING;
    }
    *tree = parser_list(parser, true);
    if (parser->failure == PARSE_COMMAND && parser->token.kind != TOKEN_NEWLINE &&
        parser->token.kind != TOKEN_END) {
        (void)parser_fail(parser, "`;`, `&` or the end of the line");
    }
    return parser->failure;
}

size_t parser_line(const struct parser *parser)
{
    size_t line = 1;
    for (size_t i = 0; i < parser->token.start && i < parser->lexer.length; i++) {
        line += parser->lexer.text[i] == '\n';
    }
    return line;
}

size_t word_assignment(const char *word)
{
    size_t length = 0;
    while ((word[length] >= 'a' && word[length] <= 'z') ||
           (word[length] >= 'A' && word[length] <= 'Z') || word[length] == '_' ||
           (length > 0 && word[length] >= '0' && word[length] <= '9')) {
        length++;
    }
    return word[length] == '=' ? length : 0;
}
