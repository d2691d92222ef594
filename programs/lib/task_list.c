/* The supervisor's list of tasks: see task_list.h. */
#include "task_list.h"

#include <sinter/protocol/process.h>

#include "program.h"

status_t task_list_read(struct task_list *list)
{
    uint64_t length = 0;
    status_t status =
        process_tasks(program_handle("process"), list->entries, sizeof(list->entries), &length);
    list->count = status == STATUS_OK ? (size_t)(length / sizeof(list->entries[0])) : 0;
    if (list->count > TASK_LIST_LIMIT) {
        list->count = 0;
        return STATUS_BAD_FORMAT;
    }
    for (size_t i = 0; i < list->count; i++) { /* whoever filled them in */
        struct task_entry *entry = &list->entries[i];
        entry->state[sizeof(entry->state) - 1] = '\0';
        entry->name[sizeof(entry->name) - 1] = '\0';
    }
    return status;
}

const struct task_entry *task_list_find(const struct task_list *list, uint64_t task)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].task == task) {
            return &list->entries[i];
        }
    }
    return NULL;
}
