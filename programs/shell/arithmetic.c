/* Evaluation by precedence climbing. Every operator is evaluated; `&&` and `||` have no effects to
 * leave out. */
#include "arithmetic.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE   64
#define DEPTH_LIMIT 60

struct evaluation {
    const struct arithmetic *source;
    const char *at;
    const char *end;
    const char *message; /* null: nothing wrong so far */
    unsigned depth;
};

enum operation {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    REST,
    LESS,
    LESS_EQUAL,
    MORE,
    MORE_EQUAL,
    EQUAL,
    UNEQUAL,
    BOTH,
    EITHER
};

/* Longer operators before those they begin with. */
static const struct {
    const char *text;
    enum operation operation;
    int binding; /* higher binds closer */
} operators[] = {
    {"||", EITHER, 1},     {"&&", BOTH, 2},       {"==", EQUAL, 3},   {"!=", UNEQUAL, 3},
    {"<=", LESS_EQUAL, 4}, {">=", MORE_EQUAL, 4}, {"<", LESS, 4},     {">", MORE, 4},
    {"+", ADD, 5},         {"-", SUBTRACT, 5},    {"*", MULTIPLY, 6}, {"/", DIVIDE, 6},
    {"%", REST, 6},
};

static int64_t evaluate_binary(struct evaluation *evaluation, int lowest);

static int64_t complain(struct evaluation *evaluation, const char *message)
{
    if (evaluation->message == NULL) {
        evaluation->message = message;
    }
    return 0;
}

static void skip_space(struct evaluation *evaluation)
{
    while (evaluation->at < evaluation->end && isspace((unsigned char)*evaluation->at)) {
        evaluation->at++;
    }
}

static char next_character(struct evaluation *evaluation)
{
    skip_space(evaluation);
    return evaluation->at < evaluation->end ? *evaluation->at : '\0';
}

static int64_t evaluate_name(struct evaluation *evaluation)
{
    char name[NAME_SIZE];
    size_t length = 0;
    while (evaluation->at < evaluation->end && length < NAME_SIZE - 1 &&
           (isalnum((unsigned char)*evaluation->at) || *evaluation->at == '_')) {
        name[length++] = *evaluation->at++;
    }
    name[length] = '\0';
    const char *value = evaluation->source->variable(evaluation->source->context, name);
    return value != NULL ? (int64_t)strtoll(value, NULL, 0) : 0;
}

static int64_t evaluate_number(struct evaluation *evaluation)
{
    char digits[NAME_SIZE];
    size_t length = 0;
    while (evaluation->at < evaluation->end && length < NAME_SIZE - 1 &&
           isalnum((unsigned char)*evaluation->at)) {
        digits[length++] = *evaluation->at++;
    }
    digits[length] = '\0';
    char *rest;
    bool hexadecimal = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    unsigned long long value = strtoull(digits, &rest, hexadecimal ? 16 : 10);
    return *rest == '\0' ? (int64_t)value : complain(evaluation, "a malformed number");
}

static int64_t evaluate_brackets(struct evaluation *evaluation)
{
    evaluation->at++;
    int64_t value = evaluate_binary(evaluation, 0);
    if (next_character(evaluation) != ')') {
        return complain(evaluation, "`)` is missing");
    }
    evaluation->at++;
    return value;
}

static int64_t evaluate_value(struct evaluation *evaluation)
{
    char first = next_character(evaluation);
    int64_t value = 0;
    if (++evaluation->depth > DEPTH_LIMIT) {
        return complain(evaluation, "nested too deep");
    }
    if (first == '(') {
        value = evaluate_brackets(evaluation);
    } else if (first == '-' || first == '+' || first == '!') {
        evaluation->at++;
        value = evaluate_value(evaluation);
        value = first == '-' ? (int64_t)-(uint64_t)value : first == '!' ? !value : value;
    } else if (first == '$' || isalpha((unsigned char)first) || first == '_') {
        evaluation->at += first == '$';
        value = evaluate_name(evaluation);
    } else if (isdigit((unsigned char)first)) {
        value = evaluate_number(evaluation);
    } else {
        value = complain(evaluation, "a number or a name is missing");
    }
    evaluation->depth--;
    return value;
}

static int64_t divide(struct evaluation *evaluation, int64_t left, int64_t right, bool rest)
{
    if (right == 0) {
        return complain(evaluation, "division by zero");
    }
    if (right == -1) { /* INT64_MIN / -1 traps on some machines */
        return rest ? 0 : (int64_t)-(uint64_t)left;
    }
    return rest ? left % right : left / right;
}

static int64_t apply(struct evaluation *evaluation, enum operation operation, int64_t left,
                     int64_t right)
{
    switch (operation) {
    case ADD:
        return (int64_t)((uint64_t)left + (uint64_t)right);
    case SUBTRACT:
        return (int64_t)((uint64_t)left - (uint64_t)right);
    case MULTIPLY:
        return (int64_t)((uint64_t)left * (uint64_t)right);
    case DIVIDE:
        return divide(evaluation, left, right, false);
    case REST:
        return divide(evaluation, left, right, true);
    case LESS:
        return left < right;
    case LESS_EQUAL:
        return left <= right;
    case MORE:
        return left > right;
    case MORE_EQUAL:
        return left >= right;
    case EQUAL:
        return left == right;
    case UNEQUAL:
        return left != right;
    case BOTH:
        return left && right;
    case EITHER:
        return left || right;
    }
    return 0;
}

/* The index of the operator that comes next, or -1. */
static int find_operator(struct evaluation *evaluation)
{
    skip_space(evaluation);
    size_t left = (size_t)(evaluation->end - evaluation->at);
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t length = strlen(operators[i].text);
        if (length <= left && memcmp(evaluation->at, operators[i].text, length) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int64_t evaluate_binary(struct evaluation *evaluation, int lowest)
{
    int64_t left = evaluate_value(evaluation);
    int found = find_operator(evaluation);
    while (evaluation->message == NULL && found >= 0 && operators[found].binding > lowest) {
        evaluation->at += strlen(operators[found].text);
        int64_t right = evaluate_binary(evaluation, operators[found].binding);
        left = apply(evaluation, operators[found].operation, left, right);
        found = find_operator(evaluation);
    }
    return left;
}

bool arithmetic_evaluate(const struct arithmetic *source, const char *text, size_t length,
                         int64_t *value, const char **message)
{
    struct evaluation evaluation = {.source = source, .at = text, .end = text + length};
    *value = evaluate_binary(&evaluation, 0);
    if (evaluation.message == NULL && next_character(&evaluation) != '\0') {
        evaluation.message = "an operator is missing";
    }
    *message = evaluation.message;
    return evaluation.message == NULL;
}
