/*
 * What the boot before has left in memory that a reset does not clear: the kernel's log as it was
 * at the end, and the reports of crashes, to which this boot adds its own. Main thread.
 */
#ifndef INIT_KEPT_H
#define INIT_KEPT_H

#include "crash_store.h"
#include "kept_log.h"
#include "text.h"

struct start_info;

struct kept {
    struct kept_log_text log;
    struct crash_store crashes;
};

extern struct kept kept;

/* Finds it, and says in the log what people should look at. */
void kept_begin(const struct start_info *info);
/* A crash has been reported. */
void kept_add(const char *name, uint64_t time, const char *what, const char *text);
/* What `svc crashes` prints: a table, or with a name the reports of that service; newest first. */
void kept_text(struct text *text, const char *name, bool earlier_boots_only);

#endif
