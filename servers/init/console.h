/*
 * Consoles: a program on a device, started again whenever it ends.
 */
#ifndef INIT_CONSOLE_H
#define INIT_CONSOLE_H

#include "init.h"
#include "script.h"

/* Of a `console` statement. False: `why` tells. */
bool console_add(const struct script_statement *statement, char why[SCRIPT_ERROR]);
/* Starts what is not running and due; answers when to look again. */
uint64_t console_tick(uint64_t now);

#endif
