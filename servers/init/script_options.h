/*
 * The options of a statement: pairs of words, at last `args` with all that follows.
 */
#ifndef INIT_SCRIPT_OPTIONS_H
#define INIT_SCRIPT_OPTIONS_H

#include "script_words.h"

/* Takes all remaining words. False: `error` tells why. */
bool script_options_parse(struct script_words *words, struct script_options *options,
                          char error[SCRIPT_ERROR]);
/* Takes all remaining words as arguments. */
bool script_arguments_parse(struct script_words *words, struct script_arguments *arguments,
                            char error[SCRIPT_ERROR]);

#endif
