/*
 * Orderly stopping: see stop.h.
 */
#include "stop.h"

#include "graph.h"
#include "mounts.h"

enum { EXIT_CODE = 143 };            /* of programs at the end: 128 + SIGTERM, as `kill` gives */
#define RESET_TIME (5 * INIT_SECOND) /* that a power driver has to end the machine */

static struct {
    bool begun;
    uint32_t kind;
    uint64_t services; /* that still run */
    uint64_t asked;    /* those of them that have been told */
    handle_t reply;
    uint64_t deadline; /* all have ended: when init tries itself; 0: not yet */
} end;

/* ---- users ---------------------------------------------------------------------------------- */

static bool uses(handle_t task, handle_t port)
{
    return graph_count(task, port, 1) != 0;
}

static void put_service(struct text *text, const struct service *user)
{
    TEXT_PUT(text, text->used == 0 ? "" : ", ", user->name, " (service)");
}

static void put_program(struct text *text, const struct process *user)
{
    TEXT_PUT(text, text->used == 0 ? "" : ", ", user->name, " (pid ");
    text_put_number(text, user->pid);
    text_put(text, ")");
}

void stop_users(struct text *text, const struct service *service, const struct process *but,
                bool programs_only)
{
    if (service->port == 0) {
        return;
    }
    if (mounts_path(service) != NULL && !programs_only) {
        TEXT_PUT(text, "the mount at /", mounts_path(service));
    }
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        const struct process *user = &processes[i];
        if (user->state == PROCESS_RUNNING && user != but &&
            uses(user->instance.task, service->port)) {
            put_program(text, user);
        }
    }
    for (uint32_t i = 0; i < INIT_SERVICES && !programs_only; i++) {
        const struct service *user = &services[i];
        if (user->used && user != service && user->instance.task != 0 && !mounts_is_names(user) &&
            uses(user->instance.task, service->port)) {
            put_service(text, user);
        }
    }
}

/* ---- order ---------------------------------------------------------------------------------- */

bool stop_in_turn(uint64_t *set, uint64_t *asked)
{
    for (uint32_t i = INIT_SERVICES; i-- > 0;) {
        uint64_t bit = 1ull << i;
        if ((*set & bit) == 0) {
            continue;
        }
        if ((*asked & bit) == 0) {
            *asked |= bit;
            service_stop(&services[i]);
        }
        if (!service_is_settled(&services[i])) {
            return false;
        }
        *set &= ~bit;
    }
    return true;
}

/* ---- the end -------------------------------------------------------------------------------- */

bool stop_is_final(void)
{
    return end.begun;
}

status_t stop_system(struct service *but, uint32_t kind, handle_t reply)
{
    if (end.begun) {
        return STATUS_BUSY;
    }
    end.begun = true;
    end.kind = kind;
    end.reply = reply;
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        if (services[i].used && &services[i] != but) {
            end.services |= 1ull << i;
        }
    }
    if (but != NULL) {
        but->next_ping = INIT_NEVER; /* it waits for this to end */
    }
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        process_end(&processes[i], EXIT_CODE);
    }
    init_look_again();
    return STATUS_OK;
}

static bool programs_have_ended(void)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        if (processes[i].state == PROCESS_RUNNING) {
            return false;
        }
    }
    return true;
}

static void reset_machine(void)
{
    status_t status = system_reset(init.machine, end.kind);
    log_line("everything has ended, but the firmware cannot end the machine: %s",
             status_text(status));
}

uint64_t stop_tick(uint64_t now)
{
    if (!end.begun || !programs_have_ended() || !stop_in_turn(&end.services, &end.asked)) {
        return INIT_NEVER;
    }
    if (end.deadline == 0) {
        end.deadline = end.reply != 0 ? now + RESET_TIME : now;
        if (end.reply != 0) {
            server_answer(&init.server, end.reply, STATUS_OK);
        }
    }
    if (end.deadline <= now) {
        end.deadline = INIT_NEVER;
        reset_machine();
    }
    return end.deadline;
}
