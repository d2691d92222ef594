/* The compound commands of the shell language: groups, conditions and loops. */
#include "parser_internal.h"

static struct node *parse_condition(struct parser *parser)
{
    parser_advance(parser);
    struct node *node = parser_make_node(parser, NODE_IF, parser_list(parser, false));
    if (parser_expect_word(parser, "then")) {
        node->second = parser_list(parser, false);
    }
    return node;
}

static struct node *parse_if(struct parser *parser)
{
    struct node *node = parse_condition(parser);
    struct node *last = node;
    while (parser->failure == PARSE_COMMAND && parser_at_word(parser, "elif")) {
        last->third = parse_condition(parser);
        last = last->third;
    }
    if (parser->failure == PARSE_COMMAND && parser_at_word(parser, "else")) {
        parser_advance(parser);
        last->third = parser_list(parser, false);
    }
    return parser_expect_word(parser, "fi") ? node : NULL;
}

static struct node *parse_loop(struct parser *parser, enum node_kind kind)
{
    parser_advance(parser);
    struct node *node = parser_make_node(parser, kind, parser_list(parser, false));
    if (!parser_expect_word(parser, "do")) {
        return NULL;
    }
    node->second = parser_list(parser, false);
    return parser_expect_word(parser, "done") ? node : NULL;
}

static void parse_for_words(struct parser *parser, struct node *node)
{
    struct word **words = &node->words;
    if (parser_at_word(parser, "in")) {
        node->listed = true;
        parser_advance(parser);
        while (parser->token.kind == TOKEN_WORD) {
            *words = parser_take_word(parser);
            words = &(*words)->next;
        }
    }
    if (parser->token.kind == TOKEN_SEMICOLON) {
        parser_advance(parser);
    }
    parser_skip_newlines(parser);
}

static struct node *parse_for(struct parser *parser)
{
    parser_advance(parser);
    struct node *node = parser_make_node(parser, NODE_FOR, NULL);
    if (parser->token.kind != TOKEN_WORD) {
        return parser_fail(parser, "the name of a variable");
    }
    node->name = parser_take_word(parser)->text;
    parse_for_words(parser, node);
    if (!parser_expect_word(parser, "do")) {
        return NULL;
    }
    node->first = parser_list(parser, false);
    return parser_expect_word(parser, "done") ? node : NULL;
}

static struct node *parse_subshell(struct parser *parser)
{
    parser_advance(parser);
    size_t start = parser->token.start;
    struct node *node = parser_make_node(parser, NODE_SUBSHELL, parser_list(parser, false));
    if (parser->token.kind != TOKEN_CLOSE) {
        return parser_fail(parser, "`)`");
    }
    node->first->source = parser->lexer.text + start;
    node->first->source_length = parser->token.start - start;
    parser_advance(parser);
    return node;
}

static struct node *parse_group(struct parser *parser)
{
    parser_advance(parser);
    struct node *node = parser_make_node(parser, NODE_GROUP, parser_list(parser, false));
    return parser_expect_word(parser, "}") ? node : NULL;
}

struct node *parser_compound(struct parser *parser)
{
    if (parser->token.kind == TOKEN_OPEN) {
        return parse_subshell(parser);
    }
    if (parser_at_word(parser, "{")) {
        return parse_group(parser);
    }
    if (parser_at_word(parser, "if")) {
        return parse_if(parser);
    }
    if (parser_at_word(parser, "while") || parser_at_word(parser, "until")) {
        return parse_loop(parser, parser_at_word(parser, "while") ? NODE_WHILE : NODE_UNTIL);
    }
    if (parser_at_word(parser, "for")) {
        return parse_for(parser);
    }
    return parser_fail(parser, "a command");
}
