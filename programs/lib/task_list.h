/* The supervisor's list of tasks. */
#ifndef TASK_LIST_H
#define TASK_LIST_H

#include <sinter/system.h>
#include <stddef.h>

enum { TASK_LIST_LIMIT = 256 };

struct task_list {
    size_t count;
    struct task_entry entries[TASK_LIST_LIMIT];
};

/* Asks for it anew. TOO_LARGE: there are more than TASK_LIST_LIMIT. */
status_t task_list_read(struct task_list *list);
/* The entry with that `task`; null: none. */
const struct task_entry *task_list_find(const struct task_list *list, uint64_t task);

#endif
