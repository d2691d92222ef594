/* Words of gpio_words.h. */
#include "gpio_words.h"

enum { LINES = 64, DECIMAL = 10 };

bool gpio_words_add(struct gpio_words *words, const char *word, bool valued)
{
    uint32_t line = 0;
    const char *at = word;
    for (; *at >= '0' && *at <= '9' && line < LINES; at++) {
        line = line * DECIMAL + (uint32_t)(*at - '0');
    }
    if (at == word || line >= LINES || (words->lines >> line & 1) != 0) {
        return false;
    }
    bool high = false;
    if (valued) {
        high = at[0] == '=' && at[1] == '1';
        if (at[0] != '=' || (at[1] != '0' && !high)) {
            return false;
        }
        at += 2;
    }
    words->lines |= 1ull << line;
    words->values |= (uint64_t)high << line;
    return *at == '\0';
}
