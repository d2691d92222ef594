/*
 * Words of a script line: separated by blanks, "quoted" with \" and \\ inside, up to a `#` that
 * begins a word. And the values that words stand for.
 */
#ifndef INIT_SCRIPT_WORDS_H
#define INIT_SCRIPT_WORDS_H

#include "script.h"

enum { SCRIPT_WORDS = 40 };

struct script_words {
    uint32_t count;
    uint32_t next;                  /* the word that the parser stands at */
    const char *word[SCRIPT_WORDS]; /* into `text`, each ended by NUL */
    char text[SCRIPT_LINE];
};

/* False: `error` tells why. */
bool script_words_split(struct script_words *words, const char *text, size_t length,
                        char error[SCRIPT_ERROR]);
/* The next word, taken; null at the end. */
const char *script_words_take(struct script_words *words);

/* Writes an error made of pieces; answers false. The last piece is followed by a null pointer. */
bool script_refuse(char error[SCRIPT_ERROR], const char *const pieces[]);
#define SCRIPT_REFUSE(error, ...) script_refuse(error, (const char *const[]){__VA_ARGS__, NULL})

/* Bytes with suffix K, M or G, or pages without; `8M`. */
bool script_size(const char *word, uint64_t *bytes);
/* Nanoseconds of `500ms`, `5s` or `2m`. */
bool script_duration(const char *word, uint64_t *nanoseconds);
/* Letters, digits, `-`, `_` and `.`, not beginning with `.` or `-`. */
bool script_name_is_good(const char *word);

#endif
