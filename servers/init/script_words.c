/*
 * Words of a script line and their values: see script_words.h.
 */
#include "script_words.h"

#include "text.h"

enum { KIBI = 1024, MILLISECOND = 1000000, SECOND = 1000 * MILLISECOND, MINUTE = 60 };

struct source {
    const char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_printable(char c)
{
    return (unsigned char)c >= ' ' && c != '\177';
}

bool script_refuse(char error[SCRIPT_ERROR], const char *const pieces[])
{
    struct text text = text_in(error, SCRIPT_ERROR);
    text_put_pieces(&text, pieces);
    return false;
}

/* Copies one word without its quotes; null: `error` tells why. */
static char *copy_word(struct source *from, char *to, char error[SCRIPT_ERROR])
{
    bool quoted = false;
    for (; from->at < from->end && (quoted || !is_blank(*from->at)); from->at++) {
        if (!is_printable(*from->at) && *from->at != '\t') {
            SCRIPT_REFUSE(error, "a control character; write text only");
            return NULL;
        }
        if (*from->at == '"') {
            quoted = !quoted;
            continue;
        }
        bool escape = quoted && *from->at == '\\' && from->at + 1 < from->end;
        if (escape && (from->at[1] == '"' || from->at[1] == '\\')) {
            from->at++;
        }
        *to++ = *from->at;
    }
    if (quoted) {
        SCRIPT_REFUSE(error, "a quote \" is not closed on its line");
        return NULL;
    }
    *to++ = '\0';
    return to;
}

bool script_words_split(struct script_words *words, const char *text, size_t length,
                        char error[SCRIPT_ERROR])
{
    struct source from = {text, text + length};
    char *to = words->text;
    words->count = 0;
    words->next = 0;
    if (length >= SCRIPT_LINE / 2) { /* every word adds one byte, and has one and a blank */
        return SCRIPT_REFUSE(error, "the line is too long; at most 511 bytes");
    }
    for (;;) {
        while (from.at < from.end && is_blank(*from.at)) {
            from.at++;
        }
        if (from.at == from.end || *from.at == '#') {
            return true;
        }
        if (words->count == SCRIPT_WORDS) {
            return SCRIPT_REFUSE(error, "too many words; at most 40");
        }
        words->word[words->count++] = to;
        to = copy_word(&from, to, error);
        if (to == NULL) {
            return false;
        }
    }
}

const char *script_words_take(struct script_words *words)
{
    return words->next < words->count ? words->word[words->next++] : NULL;
}

/* A number and what follows it; false: no digits, or too large to be multiplied by `2^40`. */
static bool number_and_unit(const char *word, uint64_t *number, const char **unit)
{
    size_t digits = 0;
    while (word[digits] >= '0' && word[digits] <= '9') {
        digits++;
    }
    *unit = word + digits;
    return text_to_number(word, digits, number) && *number < ((uint64_t)1 << 24);
}

struct unit {
    const char *name;
    uint64_t factor;
};

static bool scaled(const char *word, const struct unit *units, uint64_t *value)
{
    uint64_t number;
    const char *name;
    if (!number_and_unit(word, &number, &name)) {
        return false;
    }
    for (; units->name != NULL; units++) {
        if (text_same(units->name, name)) {
            *value = number * units->factor;
            return true;
        }
    }
    return false;
}

bool script_size(const char *word, uint64_t *bytes)
{
    static const struct unit units[] = {
        {"K", KIBI},
        {"M", KIBI * KIBI},
        {"G", (uint64_t)KIBI * KIBI * KIBI},
        {NULL, 0},
    };
    return scaled(word, units, bytes) && *bytes > 0;
}

bool script_duration(const char *word, uint64_t *nanoseconds)
{
    static const struct unit units[] = {
        {"ms", MILLISECOND},
        {"s", SECOND},
        {"m", (uint64_t)MINUTE * SECOND},
        {NULL, 0},
    };
    return scaled(word, units, nanoseconds);
}

bool script_name_is_good(const char *word)
{
    if (*word == '\0' || *word == '.' || *word == '-') {
        return false;
    }
    for (; *word != '\0'; word++) {
        char c = *word;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_' && c != '.') {
            return false;
        }
    }
    return true;
}
