/*
 * test and [: one or three words, with `!` before them, joined by -a and -o. -a binds closer.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtins.h"

struct test {
    char **words;
    int left;
    const char *message; /* null: nothing wrong so far */
};

static bool test_complain(struct test *test, const char *message)
{
    test->message = message;
    return false;
}

static bool test_file(char kind, const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0) {
        return false;
    }
    switch (kind) {
    case 'b':
        return S_ISBLK(found.st_mode);
    case 'c':
        return S_ISCHR(found.st_mode);
    case 'd':
        return S_ISDIR(found.st_mode);
    case 'f':
        return S_ISREG(found.st_mode);
    case 'p':
        return S_ISFIFO(found.st_mode);
    case 's':
        return found.st_size > 0;
    default:
        return true;
    }
}

static bool test_single(struct test *test, char operation, const char *word)
{
    if (operation == 'n' || operation == 'z') {
        return (*word != '\0') == (operation == 'n');
    }
    if (operation == 't') {
        return isatty((int)builtin_number(word)) == 1;
    }
    if (strchr("bcdefps", operation) == NULL) {
        return test_complain(test, "the operator is none of -n -z -t -b -c -d -e -f -p -s");
    }
    return test_file(operation, word);
}

static bool to_number(struct test *test, const char *text, long long *value)
{
    char *rest;
    *value = strtoll(text, &rest, 10);
    return (*text != '\0' && *rest == '\0') || test_complain(test, "a number is expected");
}

static bool test_numbers(struct test *test, const char *left, const char *operation,
                         const char *right)
{
    static const char *const names[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
    long long a;
    long long b;
    if (!to_number(test, left, &a) || !to_number(test, right, &b)) {
        return false;
    }
    const bool results[] = {a == b, a != b, a<b, a <= b, a> b, a >= b};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(operation, names[i]) == 0) {
            return results[i];
        }
    }
    return test_complain(test, "the operator is none of = != -eq -ne -lt -le -gt -ge");
}

static bool is_pair_operator(const char *word)
{
    return strcmp(word, "=") == 0 || strcmp(word, "==") == 0 || strcmp(word, "!=") == 0 ||
           (word[0] == '-' && strlen(word) == 3);
}

static bool test_pair(struct test *test, const char *left, const char *operation, const char *right)
{
    if (operation[0] != '-') {
        return (strcmp(left, right) == 0) == (operation[0] == '=');
    }
    return test_numbers(test, left, operation, right);
}

static void take(struct test *test, int count)
{
    test->words += count;
    test->left -= count;
}

static bool test_primary(struct test *test)
{
    char **words = test->words;
    if (test->left == 0) {
        return test_complain(test, "a word is missing");
    }
    if (test->left >= 3 && is_pair_operator(words[1])) {
        take(test, 3);
        return test_pair(test, words[0], words[1], words[2]);
    }
    if (strcmp(words[0], "!") == 0 && test->left > 1) {
        take(test, 1);
        return !test_primary(test);
    }
    if (words[0][0] == '-' && words[0][1] != '\0' && words[0][2] == '\0' && test->left >= 2) {
        take(test, 2);
        return test_single(test, words[0][1], words[1]);
    }
    take(test, 1);
    return words[0][0] != '\0';
}

static bool test_all(struct test *test)
{
    bool result = test_primary(test);
    while (test->left > 0 && strcmp(test->words[0], "-a") == 0) {
        take(test, 1);
        result = test_primary(test) && result;
    }
    return result;
}

static bool test_any(struct test *test)
{
    bool result = test_all(test);
    while (test->left > 0 && strcmp(test->words[0], "-o") == 0) {
        take(test, 1);
        result = test_all(test) || result;
    }
    return result;
}

int builtin_test(struct shell *shell, int count, char **words, const struct io *io)
{
    struct test test = {words + 1, count - 1, NULL};
    (void)shell;
    if (strcmp(words[0], "[") == 0) {
        if (strcmp(words[count - 1], "]") != 0) {
            shell_complain(io, "[: `]` is missing at the end");
            return STATUS_USAGE;
        }
        test.left--;
    }
    if (test.left == 0) {
        return STATUS_FAILURE;
    }
    bool result = test_any(&test);
    if (test.message == NULL && test.left > 0) {
        test.message = "too many words; -a and -o join tests";
    }
    if (test.message != NULL) {
        shell_complain(io, "%s: %s", words[0], test.message);
        return STATUS_USAGE;
    }
    return result ? 0 : STATUS_FAILURE;
}
