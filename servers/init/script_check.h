/*
 * Checking a script before it is used: what the parser refuses, names that no line before
 * declares, objects that a script cannot have, and services that start one another in a circle when
 * they fail. Pure; for `svc check` and the host's tool `sinter-script`.
 */
#ifndef INIT_SCRIPT_CHECK_H
#define INIT_SCRIPT_CHECK_H

#include "script.h"

/*
 * Reports each error with its line, not always in the order of the lines; answers how many there
 * are. `statements`: room for SCRIPT_STATEMENTS.
 */
size_t script_check(const char *text, size_t length, struct script_statement *statements,
                    script_report *report, void *context);

#endif
