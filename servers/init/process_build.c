/*
 * Making the task of a program, on the worker, and answering who asked for it: see process.h.
 */
#include <sinter/object.h>
#include <sinter/protocol/process.h>

#include "grant.h"
#include "memory.h"
#include "process_table.h"

enum {
    PRIORITY = 8,
    PRIORITY_MOST = 16,
    PAGES = 16384, /* limit of a program whose note says nothing */
    KERNEL_BYTES = 4 << 20,
};

struct object_note process_note;

enum { COMMON = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT };

/* On the worker. */

static void give_files(const struct process *process, struct instance_plan *plan)
{
    static const char *const names[] = {"input", "output", "error"};
    for (int i = 0; i < 3; i++) {
        instance_give(plan, names[i], process->files[i], COMMON | RIGHT_ENDPOINT_CALL,
                      process->file_kind, 0);
    }
}

static uint32_t priority_of(const struct object_note *note)
{
    uint32_t priority = note->priority != 0 ? note->priority : PRIORITY;
    return priority < PRIORITY_MOST ? priority : PRIORITY_MOST;
}

static status_t build(struct process *process)
{
    static struct instance_plan plan; /* the worker does one job at a time */
    status_t status = instance_note(process->file, process->line);
    if (status != STATUS_OK) {
        return status;
    }
    const struct object_note *note = process->file->note;
    if (note->kind != KIND_PROGRAM) {
        struct text text = text_in(process->line, INSTANCE_LINE);
        TEXT_PUT(&text, process->file->name,
                 ": refused: is a server, not a program; `svc start` starts it");
        return STATUS_REFUSED;
    }
    status =
        grant_account(note->memory != 0 ? note->memory : PAGES, KERNEL_BYTES, &process->account);
    if (status != STATUS_OK) {
        text_copy(process->line, INSTANCE_LINE, status_text(status));
        return status;
    }
    memset(&plan, 0, sizeof(plan));
    plan.file = process->file;
    plan.name = process->name;
    plan.account = process->account;
    plan.fault_endpoint = process->fault_endpoint;
    plan.priority = priority_of(note);
    plan.argument_count = process->argument_count;
    plan.environment_count = process->environment_count;
    plan.texts = process->spawn_reply == 0 ? process->texts : NULL;
    plan.texts_reply = process->spawn_reply;
    plan.texts_at = process->texts_at;
    plan.text_bytes = process->text_bytes;
    grant_program(note, process->allow, &plan);
    instance_give(&plan, "service", process->service, COMMON | RIGHT_ENDPOINT_CALL, 0, 0);
    instance_give(&plan, "process", process->spawner, COMMON | RIGHT_ENDPOINT_CALL, process->pid,
                  0);
    give_files(process, &plan);
    return instance_build(&process->instance, &plan, process->line);
}

static struct process *of_job(struct job *job)
{
    return (struct process *)(void *)((char *)job - offsetof(struct process, job));
}

static void run_build(struct job *job)
{
    struct process *process = of_job(job);
    process->line[0] = '\0';
    process->built = build(process);
}

/* On the main thread again. */

/* Writes the refusal's line behind what was lent; what does not fit is cut. */
static void write_refusal(const struct process *process)
{
    uint64_t absent;
    uint64_t length = text_length(process->line) + 1;
    length = length < process->refusal_room ? length : process->refusal_room;
    if (length > 0) {
        status_ignore(lease_transfer(process->spawn_reply, 0, process->refusal_at,
                                     (void *)(uintptr_t)process->line, length, LEASE_WRITE,
                                     &absent));
    }
}

static void answer_spawn(struct process *process, status_t status)
{
    handle_t endpoint = 0;
    handle_t reply = process->spawn_reply;
    if (status == STATUS_OK) {
        status = init_mint(BADGE_PROCESS, process->generation, process_slot(process), &endpoint);
        if (status != STATUS_OK) { /* nobody would hold it */
            process_end(process, 0);
        }
    }
    if (status != STATUS_OK) {
        write_refusal(process);
        server_answer(&init.server, reply, status);
        return;
    }
    process->held = true;
    status = process_spawn_answer(reply, STATUS_OK, process->pid, endpoint);
    status_ignore(handle_close(endpoint)); /* if nobody has it, CLOSED comes */
    if (status == STATUS_OK) {
        server_reply_done(&init.server, reply);
    } else {
        server_answer(&init.server, reply, status);
    }
}

static void tell(struct process *process, status_t status)
{
    if (process->spawn_reply != 0) {
        answer_spawn(process, status);
        process->spawn_reply = 0;
    } else if (process->told != NULL && status != STATUS_OK) {
        process->told(process->context, status, process->line);
    }
}

static void finish_build(struct job *job)
{
    struct process *process = of_job(job);
    status_t status = process->built;
    process_close_files(process);
    if (status == STATUS_OK) {
        status = process->doomed
                     ? STATUS_INTERRUPTED
                     : instance_begin(&process->instance, INIT_SERVICES + process_slot(process));
        text_copy(process->line, INSTANCE_LINE, status_text(status));
    }
    process->state = PROCESS_RUNNING;
    tell(process, status);
    if (status != STATUS_OK) {
        process_release(process);
    }
}

status_t process_submit(struct process *process)
{
    uint32_t slot = process_slot(process);
    status_t status =
        init_mint(BADGE_FAULT, process->generation, INIT_SERVICES + slot, &process->fault_endpoint);
    if (status == STATUS_OK) {
        status = init_mint(BADGE_SPAWNER, process->generation, slot, &process->spawner);
    }
    if (status == STATUS_OK && (process->allow & SCRIPT_ALLOW_SERVICE) != 0) {
        status = init_mint(BADGE_SERVICE, process->generation, slot, &process->service);
    }
    if (status == STATUS_OK) {
        process->job.run = run_build;
        process->job.done = finish_build;
        worker_submit(&process->job);
    }
    return status;
}
