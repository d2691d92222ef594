/*
 * See export.h. Workers serve; what waits is answered by whichever thread brings its end about.
 */
#include "export.h"

#include <sinter/protocol/file.h>
#include <sinter/protocol/process.h>

#include "host_thread.h"
#include "pipe.h"
#include "session.h"
#include "workers.h"

enum {
    WORKERS = 4, /* one waits while the file of a program does not come */
    EXPORTS = 128,
    KILLED = 137,
};

/* A badge: kind, the place in a table, and which of those that have been there. */
#define BADGE_KIND     UINT64_C(0xff00000000000000)
#define BADGE_PROCESS  UINT64_C(0xa100000000000000)
#define BADGE_FILE     UINT64_C(0xa200000000000000)
#define BADGE_INSTANCE 16 /* shift */
#define BADGE_INDEX    0xffffu

struct exported {
    struct open_file *file; /* null: free */
    uint32_t instance;
};

static struct exported exports[EXPORTS];
static struct server server;
static struct workers workers;

static uint64_t badge(uint64_t kind, uint32_t instance, uint32_t index)
{
    return kind | (uint64_t)instance << BADGE_INSTANCE | index;
}

bool export_is_plain(const struct call *call)
{
    uint64_t kind = call->in.badge & BADGE_KIND;
    return kind != BADGE_PROCESS && kind != BADGE_FILE;
}

static uint32_t badge_instance(uint64_t badge)
{
    return (uint32_t)((badge & ~BADGE_KIND) >> BADGE_INSTANCE);
}

/* ---- processes ------------------------------------------------------------------------------- */

/* Of one whose last endpoint is there, or null. Lock held. */
static struct process *process_of(uint64_t of)
{
    uint32_t index = of & BADGE_INDEX;
    if ((of & BADGE_KIND) != BADGE_PROCESS || index >= PROCESSES) {
        return NULL;
    }
    struct process *process = &host.processes[index];
    return process->held && process->instance == badge_instance(of) ? process : NULL;
}

status_t export_process(struct process *process, handle_t *endpoint)
{
    uint32_t index = (uint32_t)(process - host.processes);
    status_t status =
        port_mint(workers.workers[0].server.port, badge(BADGE_PROCESS, process->instance, index),
                  ENDPOINT_GONE, endpoint);
    process->held = status == STATUS_OK;
    return status;
}

static void answer_wait(struct process *process, status_t status)
{
    status_ignore(process_wait_answer(process->reply, status, process->code, process->reason));
    status_ignore(handle_close(process->reply));
    process->asks = false;
    process->told = status == STATUS_OK;
}

void export_process_ended(struct process *process)
{
    if (process->asks) {
        answer_wait(process, STATUS_OK);
    }
}

static status_t wait(struct call *call, int64_t *code, uint32_t *reason)
{
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    struct process *process = process_of(call->in.badge);
    if (process == NULL) {
        status = STATUS_GONE;
    } else if (process->state == PROCESS_ZOMBIE) {
        *code = process->code;
        *reason = process->reason;
        process->told = true;
    } else if (process->asks) {
        status = STATUS_BUSY;
    } else {
        process->reply = call_take(call);
        process->asks = process->reply != 0;
        status = process->asks ? STATUS_OK : STATUS_NO_KERNEL_MEMORY;
        if (process->asks && reply_is_interrupted(process->reply)) {
            answer_wait(process, STATUS_INTERRUPTED);
        }
    }
    mutex_unlock(&host.lock);
    return status;
}

static status_t kill(struct call *call, int64_t code)
{
    mutex_lock(&host.lock);
    struct process *process = process_of(call->in.badge);
    uint32_t signal = session_signal_of(code);
    if (process != NULL && signal != 0) {
        session_signal_group(process->group, signal);
    } else if (process != NULL) {
        (void)process_obey_family(process->family, code);
    }
    mutex_unlock(&host.lock);
    return process != NULL ? STATUS_OK : STATUS_GONE;
}

static status_t detach(struct call *call)
{
    mutex_lock(&host.lock);
    struct process *process = process_of(call->in.badge);
    if (process != NULL) {
        process->detached = true;
    }
    mutex_unlock(&host.lock);
    return process != NULL ? STATUS_OK : STATUS_GONE;
}

static const struct process_operations process_operations = {
    .wait = wait, .kill = kill, .detach = detach};

/* ---- files ----------------------------------------------------------------------------------- */

status_t export_file(struct open_file *file, handle_t *endpoint)
{
    status_t status = STATUS_FULL;
    mutex_lock(&host.lock);
    for (uint32_t i = 0; i < EXPORTS; i++) {
        struct exported *place = &exports[i];
        if (place->file != NULL) {
            continue;
        }
        status = port_mint(workers.workers[0].server.port,
                           badge(BADGE_FILE, place->instance + 1, i), ENDPOINT_GONE, endpoint);
        if (status == STATUS_OK) {
            place->instance++;
            place->file = open_file_share(file);
        }
        break;
    }
    mutex_unlock(&host.lock);
    return status;
}

/* Lock held. */
static struct exported *export_of(uint64_t of)
{
    uint32_t index = of & BADGE_INDEX;
    if ((of & BADGE_KIND) != BADGE_FILE || index >= EXPORTS) {
        return NULL;
    }
    struct exported *place = &exports[index];
    return place->file != NULL && place->instance == badge_instance(of) ? place : NULL;
}

static status_t transfer(struct call *call, uint32_t flags, bool write)
{
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    struct exported *place = export_of(call->in.badge);
    if (place == NULL) {
        status = STATUS_GONE;
    } else if (write ? !place->file->writable : !place->file->readable) {
        status = STATUS_NO_RIGHT;
    } else {
        const struct remote_request request = {.length = call_lease_length(call, 0),
                                               .badge = call->in.badge,
                                               .write = write,
                                               .reply = call_take(call)};
        if (request.reply != 0) {
            pipe_remote(place->file->pipe, &request, (flags & FILE_NONBLOCK) != 0);
        } else {
            status = STATUS_NO_KERNEL_MEMORY;
        }
    }
    mutex_unlock(&host.lock);
    return status;
}

static status_t read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    *count = 0;
    return transfer(call, flags, false);
}

static status_t write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    *count = 0;
    return transfer(call, flags, true);
}

static status_t look(const struct call *call)
{
    mutex_lock(&host.lock);
    bool there = export_of(call->in.badge) != NULL;
    mutex_unlock(&host.lock);
    return there ? STATUS_OK : STATUS_GONE;
}

static status_t attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)flags;
    *kind = FILE_KIND_PIPE;
    return look(call);
}

static status_t stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    *kind = FILE_KIND_PIPE;
    *size = 0;
    *block_size = PIPE_BYTES;
    return look(call);
}

static const struct file_operations file_operations = {
    .attach = attach, .read = read, .write = write, .stat = stat};

/* ---- what comes from the port besides calls -------------------------------------------------- */

static void on_closed(struct server *at, uint64_t of)
{
    (void)at;
    mutex_lock(&host.lock);
    struct exported *place = export_of(of);
    struct process *process = process_of(of);
    if (place != NULL) {
        struct open_file *file = place->file;
        place->file = NULL;
        pipe_forget(of);
        open_file_release(file);
    }
    if (process != NULL) {
        process->held = false;
        if (process->asks) {
            answer_wait(process, STATUS_INTERRUPTED);
        }
        if (process->state == PROCESS_ZOMBIE && process->parent == NULL) {
            process->state = PROCESS_FREE;
        } else if (!process->detached) {
            process_end_family(process->family, KILLED);
        }
    }
    mutex_unlock(&host.lock);
}

static void on_cancel(struct server *at, handle_t reply)
{
    (void)at;
    mutex_lock(&host.lock);
    if (reply_is_interrupted(reply)) { /* and has not been answered, and given to the next call */
        pipe_cancel(reply, STATUS_INTERRUPTED);
        for (uint32_t i = 0; i < PROCESSES; i++) {
            struct process *process = &host.processes[i];
            if (process->asks && process->reply == reply) {
                answer_wait(process, STATUS_INTERRUPTED);
            }
        }
    }
    mutex_unlock(&host.lock);
}

/* A thread that keeps the lock keeps everybody, and then this one too. Many that take it in turn
 * may leave this one out for long. */
static void on_ping(struct server *at)
{
    static uint32_t turns;
    (void)at;
    if (!mutex_goes_on(&host.lock, &turns)) {
        mutex_lock(&host.lock);
        mutex_unlock(&host.lock);
    }
    workers_look_after(&workers);
}

/* ---- the server ------------------------------------------------------------------------------ */

/* Its processes end with the server; who waits for one is told before. */
static void end_all(void)
{
    mutex_lock(&host.lock);
    host.stopping = true;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &host.processes[i];
        if (process->asks) {
            process->code = KILLED;
            process->reason = EXIT_KILLED;
            answer_wait(process, STATUS_OK);
        }
    }
    mutex_unlock(&host.lock);
}

static status_t begin(void)
{
    status_t status = server_add(&server, personality_protocol(&export_programs));
    if (status == STATUS_OK) {
        status = server_add(&server, process_protocol(&process_operations));
    }
    if (status == STATUS_OK) {
        status = server_add(&server, file_protocol(&file_operations));
    }
    if (status == STATUS_OK) {
        status = mutex_init(&host.lock, host.account);
    }
    if (status == STATUS_OK) {
        status = host_threads_make();
    }
    if (status == STATUS_OK) {
        workers.stacks_are_whole = true;
        status = workers_begin(&workers, &server, WORKERS);
    }
    return status;
}

int export_run(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    host.info = info;
    host.account = server.account;
    host.spawner = server_handle(&server, "process");
    host.names.root = server_handle(&server, "root");
    host.names.own = host.names.root != 0;
    if (!host.names.own) {
        host.names.root = server_handle(&server, "namespace");
    } else {
        host.names.part = host.abi->name_part;
    }
    if (host.names.root == 0) {
        return server_refuse(&server, "no names: neither a root nor the names of the system");
    }
    server.closes_at_once = true; /* a program ends with who started it */
    server.on_closed = on_closed;
    server.on_cancel = on_cancel;
    server.on_ping = on_ping;
    status_t status = personality_set_up();
    if (status == STATUS_OK) {
        status = begin();
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "no memory, threads or objects: %s", status_text(status));
    }
    status = server_ready(&server);
    int code = status == STATUS_OK ? workers_run(&workers) : 1;
    end_all();
    return code;
}
