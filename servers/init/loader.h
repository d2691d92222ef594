/*
 * The loader, which init supervises like any server: init makes another instance of it out of the
 * image in the boot set, with the same port and account, when it has died.
 */
#ifndef INIT_LOADER_H
#define INIT_LOADER_H

#include "init.h"

/* Takes the start handles. */
SINTER_MUST_CHECK status_t loader_watch(const struct start_info *info);
handle_t loader_endpoint(void);
/* 0: it has died and could not be restarted. */
handle_t loader_task(void);
handle_t loader_port(void);
handle_t loader_account(void);
/* After INIT_EVENT_LOADER. */
void loader_restart(void);
/* Tries again if that has failed; answers when to look again. */
uint64_t loader_tick(uint64_t now);
/* Ends an instance that hangs; it is then restarted. */
void loader_kill(void);
/* When the loader was last begun, or ended by loader_kill(); 0: it is the first. */
uint64_t loader_since(void);

#endif
