/* What the two halves of the parser share. Functions that fail set parser->failure. */
#ifndef SHELL_PARSER_INTERNAL_H
#define SHELL_PARSER_INTERNAL_H

#include "parser.h"

void parser_advance(struct parser *parser);
void parser_skip_newlines(struct parser *parser);
/* Says that the token stands in the way of what was expected; always null. */
void *parser_fail(struct parser *parser, const char *expected);
bool parser_at_word(const struct parser *parser, const char *word);
/* Takes the reserved word, or fails. */
bool parser_expect_word(struct parser *parser, const char *word);
struct node *parser_make_node(struct parser *parser, enum node_kind kind, struct node *first);
/* Takes the word at the token. */
struct word *parser_take_word(struct parser *parser);
/* top: the list ends with its line. Never null. */
struct node *parser_list(struct parser *parser, bool top);
struct node *parser_compound(struct parser *parser);

#endif
