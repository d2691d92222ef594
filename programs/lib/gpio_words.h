/* Lines of a GPIO controller as words of a command, into masks. */
#ifndef GPIO_WORDS_H
#define GPIO_WORDS_H

#include <stdbool.h>
#include <stdint.h>

struct gpio_words {
    uint64_t lines;
    uint64_t values; /* of those lines */
};

/* Adds `LINE`, or with `valued` `LINE=0` or `LINE=1`, lines being 0 to 63 in decimal. False if the
 * word is anything else, or gives a line that is there already. */
bool gpio_words_add(struct gpio_words *words, const char *word, bool valued);

#endif
