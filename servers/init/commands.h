/*
 * The commands in progress: init.rc, line by line, and those typed at prompts.
 */
#ifndef INIT_COMMANDS_H
#define INIT_COMMANDS_H

#include "init.h"

struct service_operations;
extern const struct service_operations commands_operations;

/* Reads /boot/init.rc and carries out its first statement. */
void commands_begin(void);
/* Goes on with what has waited long enough; answers when to look again. */
uint64_t commands_tick(uint64_t now);
/* The caller of a waiting command gives up. True: it was one. */
bool commands_cancel(handle_t reply);

#endif
