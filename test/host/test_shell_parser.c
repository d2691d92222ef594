/* The shell's parser: trees printed as text, and what it says of malformed text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parser.h"

struct printer {
    char text[1024];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void put(struct printer *printer, const char *format,
                                                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    printer->used += (size_t)vsnprintf(printer->text + printer->used,
                                       sizeof(printer->text) - printer->used, format, arguments);
    va_end(arguments);
    assert_true(printer->used < sizeof(printer->text));
}

static void put_node(struct printer *printer, const struct node *node);

static void put_sequence(struct printer *printer, const char *name, const struct node *first)
{
    put(printer, "%s(", name);
    for (const struct node *node = first; node != NULL; node = node->next) {
        put(printer, "%s", node->join == JOIN_AND ? "&&" : node->join == JOIN_OR ? "||" : "");
        put_node(printer, node);
        put(printer, node->next != NULL ? "," : "");
    }
    put(printer, ")");
}

static void put_words(struct printer *printer, const struct word *word)
{
    for (; word != NULL; word = word->next) {
        put(printer, "%s%s", word->text, word->next != NULL ? " " : "");
    }
}

static void put_redirections(struct printer *printer, const struct redirection *redirection)
{
    static const char *const names[] = {"<", ">", ">>", ">&"};
    for (; redirection != NULL; redirection = redirection->next) {
        put(printer, "{%d%s%s}", redirection->descriptor, names[redirection->kind],
            redirection->target);
    }
}

static void put_parts(struct printer *printer, const char *name, const struct node *node)
{
    const struct node *parts[] = {node->first, node->second, node->third};
    put(printer, "%s(", name);
    for (size_t i = 0; i < 3 && parts[i] != NULL; i++) {
        put(printer, i > 0 ? "," : "");
        put_node(printer, parts[i]);
    }
    put(printer, ")");
}

static void put_node(struct printer *printer, const struct node *node)
{
    static const char *const names[] = {
        [NODE_PIPELINE] = "pipe", [NODE_NOT] = "not",     [NODE_CHAIN] = "chain",
        [NODE_LIST] = "list",     [NODE_IF] = "if",       [NODE_BACKGROUND] = "background",
        [NODE_WHILE] = "while",   [NODE_UNTIL] = "until", [NODE_GROUP] = "group",
        [NODE_SUBSHELL] = "sub"};
    if (node->kind == NODE_COMMAND) {
        put(printer, "[");
        put_words(printer, node->words);
        put(printer, "]");
    } else if (node->kind == NODE_FOR) {
        put(printer, "for(%s%s", node->name, node->listed ? " in " : "");
        put_words(printer, node->words);
        put(printer, ",");
        put_node(printer, node->first);
        put(printer, ")");
    } else if (node->kind == NODE_PIPELINE || node->kind == NODE_CHAIN || node->kind == NODE_LIST) {
        put_sequence(printer, names[node->kind], node->first);
    } else {
        put_parts(printer, names[node->kind], node);
    }
    put_redirections(printer, node->redirections);
}

static void check(const char *text, const char *expected)
{
    struct arena arena = {0};
    struct parser parser;
    struct node *tree;
    struct printer printer = {.used = 0};
    parser_start(&parser, &arena, text, strlen(text));
    assert_int_equal(parser_next(&parser, &tree), PARSE_COMMAND);
    put_node(&printer, tree);
    assert_string_equal(printer.text, expected);
    arena_free(&arena);
}

static void check_failure(const char *text, enum parse_status expected, const char *message)
{
    struct arena arena = {0};
    struct parser parser;
    struct node *tree;
    enum parse_status status;
    parser_start(&parser, &arena, text, strlen(text));
    do {
        status = parser_next(&parser, &tree);
    } while (status == PARSE_COMMAND);
    assert_int_equal(status, expected);
    if (message != NULL) {
        assert_string_equal(parser.message, message);
    }
    arena_free(&arena);
}

static void commands(void **state)
{
    (void)state;
    check("echo hi", "list([echo hi])");
    check("a; b & c", "list([a],background([b]),[c])");
    check("a && b || c", "list(chain([a],&&[b],||[c]))");
    check("a | b | c", "list(pipe([a],[b],[c]))");
    check("! a | b", "list(not(pipe([a],[b])))");
    check("a |\n b", "list(pipe([a],[b]))");
    check("X=1 a >f 2>&1 b <g", "list([X=1 a b]{1>f}{2>&1}{0<g})");
    check("a;", "list([a])");
    check("a &", "list(background([a]))");
    check("a | b &", "list(background(pipe([a],[b])))");
}

static void compounds(void **state)
{
    (void)state;
    check("{ a; b; }", "list(group(list([a],[b])))");
    check("(a; b) > f", "list(sub(list([a],[b])){1>f})");
    check("if a; then b; fi", "list(if(list([a]),list([b])))");
    check("if a\nthen b\nelif c; then d; else e; fi",
          "list(if(list([a]),list([b]),if(list([c]),list([d]),list([e]))))");
    check("while a; do b; done", "list(while(list([a]),list([b])))");
    check("until a; do b; done | c", "list(pipe(until(list([a]),list([b])),[c]))");
    check("for x in 1 2 3; do echo $x; done", "list(for(x in 1 2 3,list([echo $x])))");
    check("for x; do a; done", "list(for(x,list([a])))");
    check("for x in; do a; done", "list(for(x in ,list([a])))");
    check("echo if then", "list([echo if then])");
}

static void several_lines(void **state)
{
    (void)state;
    const char *text = "\n\na\nb; c\n";
    struct arena arena = {0};
    struct parser parser;
    struct node *tree;
    parser_start(&parser, &arena, text, strlen(text));
    assert_int_equal(parser_next(&parser, &tree), PARSE_COMMAND);
    assert_int_equal(parser_line(&parser), 3);
    assert_int_equal(parser_next(&parser, &tree), PARSE_COMMAND);
    assert_non_null(tree->first->next);
    assert_int_equal(parser_next(&parser, &tree), PARSE_NOTHING);
    arena_free(&arena);
}

static void sources(void **state)
{
    (void)state;
    const char *text = "(a; b)  | { c; } ; d";
    struct arena arena = {0};
    struct parser parser;
    struct node *tree;
    parser_start(&parser, &arena, text, strlen(text));
    assert_int_equal(parser_next(&parser, &tree), PARSE_COMMAND);
    const struct node *pipeline = tree->first;
    assert_int_equal(pipeline->source_length, strlen("(a; b)  | { c; }"));
    assert_memory_equal(pipeline->first->source, "(a; b)", pipeline->first->source_length);
    assert_int_equal(pipeline->first->source_length, strlen("(a; b)"));
    const struct node *inner = pipeline->first->first;
    assert_int_equal(inner->source_length, strlen("a; b"));
    assert_memory_equal(inner->source, "a; b", inner->source_length);
    assert_memory_equal(pipeline->first->next->source, "{ c; }", strlen("{ c; }"));
    arena_free(&arena);
}

static void unfinished(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "if a; then b", "while a; do",        "{ a;",     "(a",  "a &&", "a |", "echo 'hi",
        "for x in 1",   "if a; then b; else", "echo $(b", "for", "a >"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_failure(texts[i], PARSE_UNFINISHED, NULL);
    }
}

static void errors(void **state)
{
    (void)state;
    check_failure("fi", PARSE_ERROR, "`fi` is misplaced; expected a command");
    check_failure("a )", PARSE_ERROR, "`)` is misplaced; expected `;`, `&` or the end of the line");
    check_failure("a | | b", PARSE_ERROR, "`|` is misplaced; expected a command");
    check_failure("if a; fi", PARSE_ERROR, "`fi` is misplaced; expected `then`");
    check_failure("a >\n", PARSE_ERROR,
                  "the line ends; expected a file name after the redirection");
    check_failure("a 3>b", PARSE_ERROR, "`3>` is misplaced; expected a descriptor from 0 to 2");
    check_failure("f() { a; }", PARSE_ERROR,
                  "`(` is misplaced; expected a word (functions are not supported)");
    check_failure("case", PARSE_ERROR, "`case` is misplaced; expected a command");
    check_failure("echo ${", PARSE_UNFINISHED, "the text ends in quotes or in an expansion");
    check_failure("if a", PARSE_UNFINISHED, "the text ends; expected `then`");
    check_failure("a << b", PARSE_ERROR, "here-documents (<<) are not supported");
}

static void nesting_is_limited(void **state)
{
    (void)state;
    char text[2001];
    memset(text, '(', 2000);
    text[2000] = '\0';
    check_failure(text, PARSE_ERROR, "commands are nested more than 60 deep");
}

static void assignments(void **state)
{
    (void)state;
    assert_int_equal(word_assignment("a=b"), 1);
    assert_int_equal(word_assignment("_x9="), 3);
    assert_int_equal(word_assignment("9x=1"), 0);
    assert_int_equal(word_assignment("a"), 0);
    assert_int_equal(word_assignment("=a"), 0);
    assert_int_equal(word_assignment("a-b=c"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),    cmocka_unit_test(compounds),
        cmocka_unit_test(sources),     cmocka_unit_test(several_lines),
        cmocka_unit_test(unfinished),  cmocka_unit_test(errors),
        cmocka_unit_test(assignments), cmocka_unit_test(nesting_is_limited),
    };
    return cmocka_run_group_tests_name("shell_parser", tests, NULL, NULL);
}
