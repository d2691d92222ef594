/*
 * The graph of servers and their users, and the list of tasks: see graph.h. A user is found by its
 * handles, as for `svc stop`, so what travels in a message at that moment is not seen.
 */
#include "graph.h"

#include "loader.h"
#include "memory.h"
#include "process_table.h"
#include "service.h"

enum {
    GRAPH_TEXT = 24576,
    PROGRAM_NAME = SCRIPT_NAME + 24, /* NAME:PID */
    TASKS = 2 + INIT_SERVICES + INIT_PROCESSES,
};

/* A task that has endpoints. */
struct user {
    const char *name;
    handle_t task;
    const struct service *service; /* null: it is none */
    const struct process *program; /* the same */
};

uint64_t graph_count(handle_t task, handle_t port, uint64_t most)
{
    uint64_t sum = 0;
    uint64_t from = 0;
    do {
        uint64_t count = 0;
        if (task_count_endpoints(task, port, from, &count, &from) != STATUS_OK) {
            return 0;
        }
        sum += count;
    } while (sum < most && from != 0);
    return sum;
}

static void put_node(struct text *text, const char *name, const char *kind, const char *state)
{
    TEXT_PUT(text, "node\t", name, "\t", kind, "\t", state, "\n");
}

static void put_edge(struct text *text, const struct user *user, const char *server, handle_t port,
                     const char *protocols)
{
    uint64_t count = port == 0 ? 0 : graph_count(user->task, port, UINT64_MAX);
    if (count != 0) {
        TEXT_PUT(text, "edge\t", user->name, "\t", server, "\t");
        text_put_number(text, count);
        TEXT_PUT(text, "\t", protocols, "\n");
    }
}

static void put_edges(struct text *text, const struct user *user)
{
    bool commands = user->program != NULL && user->program->service != 0;
    put_edge(text, user, "init", init.port,
             user->program == NULL ? "supervisor"
             : commands            ? "process service"
                                   : "process");
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        const struct service *server = &services[i];
        if (server->used && server != user->service) {
            put_edge(text, user, server->name, server->port, server->object->note->provides);
        }
    }
}

static void put_services(struct text *text)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        const struct service *service = &services[i];
        bool drives = service->object != NULL && service->object->note->kind == KIND_DRIVER;
        if (service->used) {
            put_node(text, service->name, drives ? "driver" : "service",
                     service_state_text(service));
        }
        if (service->used && service->instance.task != 0) {
            put_edges(text, &(struct user){service->name, service->instance.task, service, NULL});
        }
    }
}

static void put_programs(struct text *text)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        const struct process *process = &processes[i];
        if (process->state != PROCESS_RUNNING) {
            continue;
        }
        char name[PROGRAM_NAME];
        struct text full = text_in(name, sizeof(name));
        TEXT_PUT(&full, process->name, ":");
        text_put_number(&full, process->pid);
        put_node(text, name, "program", process_state_name(process));
        put_edges(text, &(struct user){name, process->instance.task, NULL, process});
    }
}

status_t graph_serve(struct call *call, uint64_t *length)
{
    static char buffer[GRAPH_TEXT];
    struct text text = text_in(buffer, sizeof(buffer));
    if (badge_kind(call->in.badge) != BADGE_SERVICE) {
        return STATUS_BAD_METHOD;
    }
    put_node(&text, "init", "service", "running");
    put_node(&text, "loader", "service", "running");
    text_put(&text, "edge\tinit\tloader\t1\tloader\n");
    put_services(&text);
    put_programs(&text);
    *length = text.used;
    return text.full || call_lease_length(call, 0) < text.used
               ? STATUS_TOO_LARGE
               : call_write(call, 0, 0, buffer, text.used);
}

/* ---- tasks ---------------------------------------------------------------------------------- */

static uint64_t identity(handle_t handle)
{
    uint64_t number = 0;
    if (handle != 0) {
        status_ignore(handle_info(handle, NULL, NULL, &number));
    }
    return number;
}

static struct task_entry describe(const char *name, const char *state, handle_t task, handle_t port,
                                  handle_t account)
{
    struct task_entry entry = {.task = identity(task), .port = identity(port)};
    if (task != 0) {
        status_ignore(task_info(task, NULL, NULL, NULL, NULL, NULL, &entry.cpu_time));
    }
    if (account != 0) {
        status_ignore(account_info(account, &entry.pages, NULL, NULL, NULL, NULL));
    }
    text_copy(entry.state, sizeof(entry.state), state);
    text_copy(entry.name, sizeof(entry.name), name);
    return entry;
}

static uint32_t describe_all(struct task_entry *entries)
{
    uint32_t count = 0;
    const struct start_handle *own = start_handle_find(init.server.info, "task");
    entries[count++] =
        describe("init", "running", own == NULL ? 0 : own->handle, init.port, init.account);
    entries[count++] =
        describe("loader", "running", loader_task(), loader_port(), loader_account());
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        const struct service *service = &services[i];
        if (service->used && (service->instance.task != 0 || service->port != 0)) {
            entries[count++] = describe(service->name, service_state_name(service->state),
                                        service->instance.task, service->port, service->account);
        }
    }
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        const struct process *process = &processes[i];
        if (process->state != PROCESS_FREE) {
            entries[count] = describe(process->name, process_state_name(process),
                                      process->instance.task, 0, process->account);
            entries[count++].pid = process->pid;
        }
    }
    return count;
}

status_t graph_serve_tasks(struct call *call, uint64_t *length)
{
    static struct task_entry entries[TASKS];
    *length = describe_all(entries) * sizeof(entries[0]);
    return call_lease_length(call, 0) < *length ? STATUS_TOO_LARGE
                                                : call_write(call, 0, 0, entries, *length);
}
