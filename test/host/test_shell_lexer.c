/* The shell's lexer, and paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lexer.h"
#include "path.h"

/* Tokens as text: words in brackets, operators by a letter each. */
static void lex(const char *text, char *result, size_t size)
{
    static const char letters[] = {
        [TOKEN_END] = '.',     [TOKEN_UNFINISHED] = 'U', [TOKEN_ERROR] = 'E',
        [TOKEN_NEWLINE] = 'N', [TOKEN_SEMICOLON] = ';',  [TOKEN_BACKGROUND] = '&',
        [TOKEN_AND] = 'A',     [TOKEN_OR] = 'O',         [TOKEN_PIPE] = '|',
        [TOKEN_OPEN] = '(',    [TOKEN_CLOSE] = ')',      [TOKEN_REDIRECTION] = '>',
    };
    struct lexer lexer = {.text = text, .length = strlen(text)};
    struct token token;
    size_t used = 0;
    do {
        token = lexer_next(&lexer);
        if (token.kind == TOKEN_WORD) {
            used += (size_t)snprintf(result + used, size - used, "[%.*s]",
                                     (int)(token.end - token.start), text + token.start);
        } else {
            used += (size_t)snprintf(result + used, size - used, "%c", letters[token.kind]);
        }
        assert_true(used < size);
    } while (token.kind != TOKEN_END && token.kind != TOKEN_UNFINISHED &&
             token.kind != TOKEN_ERROR);
}

static void check(const char *text, const char *expected)
{
    char result[256];
    lex(text, result, sizeof(result));
    assert_string_equal(result, expected);
}

static void words_and_operators(void **state)
{
    (void)state;
    check("", ".");
    check("echo hi", "[echo][hi].");
    check("a;b&c&&d||e|f", "[a];[b]&[c]A[d]O[e]|[f].");
    check("(a)\nb", "([a])N[b].");
    check("a # comment ; b\nc", "[a]N[c].");
    check("a#b", "[a#b].");
    check("a \\\n b", "[a][b].");
    check("echo\thi\r\n", "[echo][hi]N.");
}

static void quotes(void **state)
{
    (void)state;
    check("'a b'c", "['a b'c].");
    check("\"a 'b\" d", "[\"a 'b\"][d].");
    check("\"a \\\" b\"", "[\"a \\\" b\"].");
    check("a\\ b", "[a\\ b].");
    check("'it", "U");
    check("\"it", "U");
    check("a\\", "U");
}

static void expansions(void **state)
{
    (void)state;
    check("$(a b; c)d", "[$(a b; c)d].");
    check("$(a (b) c)", "[$(a (b) c)].");
    check("$(a ')' b)", "[$(a ')' b)].");
    check("\"$(a \"b c\")\"", "[\"$(a \"b c\")\"].");
    check("${a b}", "[${a b}].");
    check("$((1 + 2))", "[$((1 + 2))].");
    check("$(a", "U");
    check("${a", "U");
    check("$", "[$].");
    check("`a`", "E");
}

static void redirections(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum redirection_kind kind;
        int descriptor;
    } cases[] = {{"<", REDIRECTION_INPUT, 0},      {">", REDIRECTION_OUTPUT, 1},
                 {">>", REDIRECTION_APPEND, 1},    {"2>", REDIRECTION_OUTPUT, 2},
                 {"2>>", REDIRECTION_APPEND, 2},   {"2>&", REDIRECTION_DUPLICATE, 2},
                 {">&", REDIRECTION_DUPLICATE, 1}, {"<&", REDIRECTION_DUPLICATE, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lexer lexer = {.text = cases[i].text, .length = strlen(cases[i].text)};
        struct token token = lexer_next(&lexer);
        assert_int_equal(token.kind, TOKEN_REDIRECTION);
        assert_int_equal(token.redirection, cases[i].kind);
        assert_int_equal(token.descriptor, cases[i].descriptor);
        assert_int_equal(token.end, lexer.length);
    }
    check("a 2>b", "[a]>[b].");
    check("a2>b", "[a2]>[b].");
    check("a<<b", "[a]E");
    check("a;;", "[a]E");
}

static void deep_nesting_ends(void **state)
{
    (void)state;
    char text[401];
    for (size_t i = 0; i < 200; i++) {
        memcpy(text + 2 * i, "$(", 2);
    }
    text[400] = '\0';
    check(text, "U");
}

static void paths(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"/", "a", "/a"},         {"/boot", "a/b", "/boot/a/b"}, {"/boot", "/dev", "/dev"},
        {"/boot", ".", "/boot"},  {"/boot", "..", "/"},          {"/", "..", "/"},
        {"/a/b", "../c", "/a/c"}, {"/", "//a//b//", "/a/b"},     {"/a", "./../../b/.", "/b"},
        {"/a", "...", "/a/..."},
    };
    char result[PATH_SIZE];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(path_absolute(cases[i][0], cases[i][1], result));
        assert_string_equal(result, cases[i][2]);
    }
    assert_false(path_absolute("/", "", result));
}

static void long_paths_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE + 1];
    char result[PATH_SIZE];
    memset(path, 'a', PATH_SIZE);
    path[0] = '/';
    path[PATH_SIZE] = '\0';
    assert_false(path_absolute("/", path, result));
    path[PATH_SIZE - 1] = '\0';
    assert_true(path_absolute("/", path, result));
    assert_int_equal(strlen(result), PATH_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_operators),
        cmocka_unit_test(quotes),
        cmocka_unit_test(expansions),
        cmocka_unit_test(redirections),
        cmocka_unit_test(deep_nesting_ends),
        cmocka_unit_test(paths),
        cmocka_unit_test(long_paths_are_refused),
    };
    return cmocka_run_group_tests_name("shell_lexer", tests, NULL, NULL);
}
