/* The shell's expander, arithmetic, patterns and variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arithmetic.h"
#include "expand.h"
#include "variables.h"

static char first[] = "one", second[] = "two words";
static char *parameters[] = {first, second, NULL};

static const char *get_variable(void *context, const char *name)
{
    (void)context;
    if (strcmp(name, "x") == 0) {
        return "value";
    }
    if (strcmp(name, "list") == 0) {
        return "a  b\tc";
    }
    if (strcmp(name, "star") == 0) {
        return "*";
    }
    if (strcmp(name, "n") == 0) {
        return "7";
    }
    if (strcmp(name, "empty") == 0) {
        return "";
    }
    return strcmp(name, "?") == 0 ? "3" : NULL;
}

static char *const *get_positional(void *context, size_t *count)
{
    *count = context != NULL ? 0 : 2;
    return parameters;
}

static const char *run_command(void *context, const char *text, size_t length)
{
    static char result[64];
    (void)context;
    (void)snprintf(result, sizeof(result), "<%.*s>", (int)length, text);
    return result;
}

static void match_names(void *context, const char *pattern, void (*found)(void *, const char *),
                        void *found_context)
{
    static const char *const names[] = {"cat", "cp", "ls"};
    (void)context;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (pattern_match(pattern, names[i])) {
            found(found_context, names[i]);
        }
    }
}

/* The fields of a word, each in brackets; "!MESSAGE" if it fails. no_parameters: $# is 0. */
static void expand(const char *word, bool no_parameters, char *result, size_t size)
{
    struct arena arena = {0};
    struct expand_source source = {get_variable, get_positional, run_command, match_names,
                                   no_parameters ? &arena : NULL};
    struct expansion expansion = {&arena, &source, NULL};
    struct field *fields = NULL;
    size_t used = 0;
    result[0] = '\0';
    if (expand_word(&expansion, word, &fields) == NULL) {
        (void)snprintf(result, size, "!%s", expansion.message);
        fields = NULL;
    }
    for (const struct field *field = fields; field != NULL; field = field->next) {
        used += (size_t)snprintf(result + used, size - used, "[%s]", field->text);
    }
    assert_true(used < size);
    arena_free(&arena);
}

static void check(const char *word, const char *expected)
{
    char result[256];
    expand(word, false, result, sizeof(result));
    assert_string_equal(result, expected);
}

static void quoting(void **state)
{
    (void)state;
    check("plain", "[plain]");
    check("'$x'", "[$x]");
    check("\"$x y\"", "[value y]");
    check("a'b c'\"d\"", "[ab cd]");
    check("''", "[]");
    check("\"\"", "[]");
    check("a\\ b\\$x", "[a b$x]");
    check("\"a\\nb\\\"\\$\"", "[a\\nb\"$]");
    check("a\\\nb", "[ab]");
}

static void variables(void **state)
{
    (void)state;
    check("$x", "[value]");
    check("${x}s", "[values]");
    check("$missing", "");
    check("\"$missing\"", "[]");
    check("a${missing}b", "[ab]");
    check("$list", "[a][b][c]");
    check("\"$list\"", "[a  b\tc]");
    check("1$list-2", "[1a][b][c-2]");
    check("$?", "[3]");
    check("${#x}", "[5]");
    check("${missing:-other word}", "[other][word]");
    check("\"${missing:-$x}\"", "[value]");
    check("${x:-other}", "[value]");
    check("${empty:-other}", "[other]");
    check("${x:+set}", "[set]");
    check("${missing:+set}", "");
    check("cost$", "[cost$]");
    check("${}", "!${...} needs the name of a variable");
    check("${x%y}", "!${...} knows ${name} ${#name} ${name:-word} and ${name:+word}");
}

static void positional(void **state)
{
    char result[64];
    (void)state;
    check("$@", "[one][two][words]");
    check("\"$@\"", "[one][two words]");
    check("\"$*\"", "[one two words]");
    check("a\"$@\"b", "[aone][two wordsb]");
    expand("\"$@\"", true, result, sizeof(result));
    assert_string_equal(result, "");
}

static void commands(void **state)
{
    (void)state;
    check("$(a b)", "[<a][b>]");
    check("\"$(a b)\"", "[<a b>]");
    check("x$(echo ')')y", "[x<echo][')'>y]");
}

static void arithmetic(void **state)
{
    (void)state;
    check("$((1+2*3))", "[7]");
    check("$(( (1+2) * 3 ))", "[9]");
    check("$((n * n))", "[49]");
    check("$(($n - 10))", "[-3]");
    check("$((-7 / 2)) $((-7 % 2))", "[-3 -1]");
    check("$((1 < 2 && 3 != 3))", "[0]");
    check("$((!5 || 0x10 == 16))", "[1]");
    check("$((10 - 3 - 2))", "[5]");
    check("$((missing))", "[0]");
    check("$((1/0))", "!division by zero");
    check("$((1 +))", "!a number or a name is missing");
    check("$((1 2))", "!an operator is missing");
    check("$((12x))", "!a malformed number");
    check("$((-9223372036854775807 - 1))", "[-9223372036854775808]");
}

static void patterns(void **state)
{
    (void)state;
    check("c*", "[cat][cp]");
    check("??", "[cp][ls]");
    check("'c*'", "[c*]");
    check("c\\*", "[c*]");
    check("none*", "[none*]");
    check("$star", "[cat][cp][ls]");
    check("\"$star\"", "[*]");
    assert_true(pattern_match("a*b*c", "axxbyyc"));
    assert_false(pattern_match("a*b*c", "axxbyy"));
    assert_true(pattern_match("\\*", "*"));
    assert_false(pattern_match("\\*", "a"));
    assert_true(pattern_match("*", ""));
    assert_false(pattern_match("?", ""));
}

static void text_is_not_split(void **state)
{
    struct arena arena = {0};
    struct expand_source source = {get_variable, get_positional, run_command, match_names, NULL};
    struct expansion expansion = {&arena, &source, NULL};
    (void)state;
    assert_string_equal(expand_text(&expansion, "$list*"), "a  b\tc*");
    assert_string_equal(expand_text(&expansion, ""), "");
    assert_null(expand_text(&expansion, "${}"));
    arena_free(&arena);
}

static void nesting_is_limited(void **state)
{
    (void)state;
    char word[1024] = "";
    for (size_t i = 0; i < 30; i++) {
        strcat(word, "${a:-");
    }
    for (size_t i = 0; i < 30; i++) {
        strcat(word, "}");
    }
    check(word, "!expansions are nested too deep");
}

static void variable_list(void **state)
{
    struct variables list = {NULL};
    struct arena arena = {0};
    char texts[][8] = {"B=2", "A=1=1", "broken", "=none"};
    char *environment[] = {texts[0], texts[1], texts[2], texts[3], NULL};
    (void)state;
    variables_import(&list, environment);
    variables_set(&list, "C", "3");
    variables_set(&list, "B", variables_get(&list, "C"));
    char **exported = variables_environment(&list, false, &arena);
    assert_string_equal(exported[0], "A=1=1");
    assert_string_equal(exported[1], "B=3");
    assert_null(exported[2]);
    assert_string_equal(variables_environment(&list, true, &arena)[2], "C=3");
    variables_unset(&list, "A");
    variables_unset(&list, "never");
    assert_null(variables_get(&list, "A"));
    variables_unset(&list, "B");
    variables_unset(&list, "C");
    assert_null(list.first);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoting),           cmocka_unit_test(variables),
        cmocka_unit_test(positional),        cmocka_unit_test(commands),
        cmocka_unit_test(arithmetic),        cmocka_unit_test(patterns),
        cmocka_unit_test(text_is_not_split), cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(variable_list),
    };
    return cmocka_run_group_tests_name("shell_expand", tests, NULL, NULL);
}
