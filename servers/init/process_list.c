/*
 * The list of `ps`: programs with their pid, servers with a dash.
 */
#include "process_table.h"
#include "service.h"

enum { COLUMN_STATE = 6, COLUMN_CPU = 18, COLUMN_PAGES = 30, COLUMN_NAME = 38 };

static void put_heading(struct text *text)
{
    text_put(text, "PID");
    text_put_column(text, COLUMN_STATE);
    text_put(text, "STATE");
    text_put_column(text, COLUMN_CPU);
    text_put(text, "CPU");
    text_put_column(text, COLUMN_PAGES);
    text_put(text, "PAGES");
    text_put_column(text, COLUMN_NAME);
    text_put(text, "NAME\n");
}

static void put_task(struct text *text, const char *state, handle_t task, handle_t account,
                     const char *name)
{
    uint64_t cpu_time = 0;
    uint64_t pages = 0;
    if (task != 0) {
        status_ignore(task_info(task, NULL, NULL, NULL, NULL, NULL, &cpu_time));
    }
    if (account != 0) {
        status_ignore(account_info(account, &pages, NULL, NULL, NULL, NULL));
    }
    text_put_column(text, COLUMN_STATE);
    text_put(text, state);
    text_put_column(text, COLUMN_CPU);
    text_put_seconds(text, cpu_time);
    text_put_column(text, COLUMN_PAGES);
    text_put_number(text, pages);
    text_put_column(text, COLUMN_NAME);
    TEXT_PUT(text, name, "\n");
}

const char *process_state_name(const struct process *process)
{
    static const char *const states[] = {
        [PROCESS_FREE] = "",
        [PROCESS_LOADING] = "loading",
        [PROCESS_RUNNING] = "running",
        [PROCESS_ENDED] = "ended",
    };
    return states[process->state];
}

void process_table_text(struct text *text)
{
    put_heading(text);
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        const struct service *service = &services[i];
        if (service->used && service->instance.task != 0) {
            text_put(text, "-");
            put_task(text, service_state_name(service->state), service->instance.task,
                     service->account, service->name);
        }
    }
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        const struct process *process = &processes[i];
        if (process->state != PROCESS_FREE) {
            text_put_number(text, process->pid);
            put_task(text, process_state_name(process), process->instance.task, process->account,
                     process->name);
        }
    }
}
