/* See process.h. */
#include "process.h"

#include "c_string.h"

#include "export.h"
#include "host_thread.h"
#include "process_terminal.h"
#include "session.h"

#include <stdatomic.h>

#define FOR_EVER UINT64_MAX

/* ---- waiting --------------------------------------------------------------------------------- */

static void take_out(struct wait_queue *queue, struct process *process)
{
    struct process **at = &queue->first;
    while (*at != NULL && *at != process) {
        at = &(*at)->next_sleeper;
    }
    if (*at != NULL) {
        *at = process->next_sleeper;
    }
    process->asleep = false;
}

static status_t sleep(struct process *process, struct wait_queue *queue, uint64_t deadline,
                      bool pokes)
{
    status_t status = STATUS_OK;
    uint64_t bits;
    if (process->killed || (pokes && process->poked)) {
        return STATUS_INTERRUPTED;
    }
    process->next_sleeper = queue->first;
    queue->first = process;
    process->asleep = true;
    mutex_unlock(&host.lock);
    status =
        event_wait(process->thread->event, HOST_THREAD_WAKE | HOST_THREAD_KILL, deadline, &bits);
    mutex_lock(&host.lock);
    if (process->asleep) {
        take_out(queue, process);
    }
    if (process->killed || (pokes && process->poked)) {
        return STATUS_INTERRUPTED;
    }
    return status == STATUS_INTERRUPTED ? STATUS_OK : status;
}

status_t process_sleep(struct process *process, struct wait_queue *queue, uint64_t deadline)
{
    return sleep(process, queue, deadline, !process->shielded);
}

void wait_queue_wake(struct wait_queue *queue)
{
    while (queue->first != NULL) {
        struct process *process = queue->first;
        queue->first = process->next_sleeper;
        process->asleep = false;
        status_ignore(event_signal(process->thread->event, HOST_THREAD_WAKE));
    }
}

/* ---- the table ------------------------------------------------------------------------------- */

static struct process *find_pid(uint32_t pid)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &host.processes[i];
        if (process->state != PROCESS_FREE && process->pid == pid) {
            return process;
        }
    }
    return NULL;
}

/* Also of a group or session whose first process has gone. */
static bool is_in_use(uint32_t id)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        const struct process *at = &host.processes[i];
        if (at->state != PROCESS_FREE && (at->pid == id || at->group == id || at->session == id)) {
            return true;
        }
    }
    return false;
}

static uint32_t next_pid(void)
{
    do {
        host.last_pid = host.last_pid < INT32_MAX ? host.last_pid + 1 : 1;
    } while (is_in_use(host.last_pid));
    return host.last_pid;
}

struct process *process_take(struct process *parent)
{
    if (host.stopping || (parent != NULL && parent->killed)) {
        return NULL;
    }
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &host.processes[i];
        if (process->state == PROCESS_FREE) {
            uint32_t instance = process->instance + 1;
            memset(process, 0, sizeof(*process));
            process->instance = instance;
            process->pid = next_pid();
            process->state = PROCESS_RUNS;
            process->parent = parent;
            process->family = parent != NULL ? parent->family : process->pid;
            process->group = parent != NULL ? parent->group : process->pid;
            process->session = parent != NULL ? parent->session : process->pid;
            process->outside = true;
            process->stopped = parent != NULL && parent->stopped;
            process->stop_untold = process->stopped;
            process->stop_signal = process->stopped ? parent->stop_signal : 0;
            process->halts = process->stopped;
            if (host.abi->begin != NULL) {
                host.abi->begin(process, parent);
            }
            return process;
        }
    }
    return NULL;
}

void process_close_files(struct process *process)
{
    for (uint32_t i = 0; i < DESCRIPTORS; i++) {
        if (process->files[i] != NULL) {
            open_file_release(process->files[i]);
            process->files[i] = NULL;
        }
    }
    console_release(process->console);
    process->console = NULL;
}

static void let_abi_end(struct process *process)
{
    if (host.abi->end != NULL) {
        host.abi->end(process);
    }
}

void process_drop(struct process *process)
{
    let_abi_end(process);
    process_close_files(process);
    working_directory_close(&process->directory);
    process->state = PROCESS_FREE;
}

/* Nobody waits for it any more. */
static bool is_forgotten(const struct process *process)
{
    return process->parent == NULL && !process->held;
}

static void tell_parent(const struct process *process, enum child_event event)
{
    struct process *parent = process->parent;
    if (parent != NULL) {
        wait_queue_wake(&parent->children);
        if (host.abi->child != NULL) {
            host.abi->child(parent, process, event);
        }
    }
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void orphan_children(struct process *process)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *child = &host.processes[i];
        if (child->state != PROCESS_FREE && child->parent == process) {
            child->parent = NULL;
            if (child->state == PROCESS_ZOMBIE && is_forgotten(child)) {
                child->state = PROCESS_FREE;
            }
            session_lost_parent(child, process);
        }
    }
}

bool process_ended(struct process *process)
{
    image_destroy(&process->image);
    image_destroy(&process->next_image);
    process_terminal_end(process);
    mutex_lock(&host.lock);
    let_abi_end(process);
    process_close_files(process);
    working_directory_close(&process->directory);
    orphan_children(process);
    bool kicked = process->kicked;
    process->thread = NULL;
    process->state = PROCESS_ZOMBIE;
    session_lost_parent(process, process->parent);
    export_process_ended(process);
    tell_parent(process, CHILD_ENDED);
    if (is_forgotten(process)) {
        process->state = PROCESS_FREE;
    }
    mutex_unlock(&host.lock);
    return kicked;
}

void process_exit(struct process *process, int64_t code, uint32_t reason)
{
    process->code = code;
    process->reason = reason;
    process->leaves = true;
}

/* A signal is no reason to forget a kill that has not been passed on yet. */
static void pass_on(struct process *process, int64_t code)
{
    if (!process->passes || session_signal_of(code) == 0) {
        process->pass_code = code;
    }
    process->passes = true;
}

/* What is being executed may survive a signal, but not a kill that comes after it. */
static bool is_news(const struct process *process, int64_t code)
{
    bool kills = session_signal_of(code) == 0;
    if (process->state == PROCESS_FOREIGN) {
        return kills && !process->killed;
    }
    return !process->killed || (kills && session_signal_of(process->kill_code) != 0);
}

static void kick(struct process *process)
{
    if (process->image.guest != 0) {
        process->kicked = true;
        status_ignore(guest_kick(process->image.guest));
    }
}

void process_end(struct process *process, int64_t code)
{
    bool is_foreign = process->state == PROCESS_FOREIGN;
    if (process->state != PROCESS_RUNS && !is_foreign) {
        return;
    }
    if (is_foreign) {
        pass_on(process, code);
    }
    if (is_news(process, code)) {
        process->kill_code = code;
        process->killed = true;
        process->halts = true;
    }
    if (process->thread != NULL) {
        status_ignore(event_signal(process->thread->event, HOST_THREAD_KILL));
    }
    kick(process);
}

void process_end_family(uint32_t family, int64_t code)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (host.processes[i].family == family) {
            process_end(&host.processes[i], code);
        }
    }
}

/* ---- stops ----------------------------------------------------------------------------------- */

void process_tell_stop(struct process *process)
{
    if (process->stop_untold) {
        process->stop_untold = false;
        process->news = CHILD_STOPPED;
        tell_parent(process, CHILD_STOPPED);
    }
}

bool process_stop(struct process *process, uint32_t signal)
{
    if (process->state != PROCESS_RUNS || process->killed) {
        return false;
    }
    if (process->stopped) {
        return true;
    }
    process->stopped = true;
    process->stop_untold = true;
    process->stop_signal = signal;
    process->halts = true;
    atomic_thread_fence(memory_order_seq_cst);
    /* A kick would end what it waits for. It looks by itself before its guest goes on. */
    if (process->outside) {
        process_tell_stop(process);
    } else if (process->image.guest != 0) {
        status_ignore(guest_kick(process->image.guest));
    }
    return true;
}

bool process_continue(struct process *process)
{
    if (process->state != PROCESS_RUNS || process->killed) {
        return false;
    }
    if (process->stopped) {
        process->stopped = false;
        process->stop_untold = false;
        process->news = CHILD_CONTINUED;
        wait_queue_wake(&process->continues);
        tell_parent(process, CHILD_CONTINUED);
    }
    return true;
}

status_t process_pause(struct process *process)
{
    status_t status = STATUS_OK;
    while (process->stopped && status == STATUS_OK) {
        process_tell_stop(process);
        status = sleep(process, &process->continues, FOR_EVER, false);
    }
    process->halts = process->killed || process->poked;
    return status;
}

/* ---- pokes ----------------------------------------------------------------------------------- */

bool process_poke(struct process *process)
{
    if (process->state != PROCESS_RUNS || process->killed) {
        return false;
    }
    process->poked = true;
    process->halts = true;
    atomic_thread_fence(memory_order_seq_cst);
    if (!process->shielded) {
        if (process->thread != NULL) {
            status_ignore(event_signal(process->thread->event, HOST_THREAD_WAKE));
        }
        kick(process);
    }
    return true;
}

bool process_take_poke(struct process *process)
{
    bool poked = process->poked && !process->killed;
    process->poked = false;
    process->halts = process->killed || process->stopped;
    return poked;
}

/* The kick of a poke that came before is not to end a wait in between. */
void process_shield(struct process *process)
{
    mutex_lock(&host.lock);
    process->shielded = true;
    bool poked = process->poked && !process->killed;
    mutex_unlock(&host.lock);
    if (poked) {
        host_thread_take_kick(process->thread);
    }
}

void process_unshield(struct process *process)
{
    mutex_lock(&host.lock);
    process->shielded = false;
    mutex_unlock(&host.lock);
}

/* ---- what kill asks for ---------------------------------------------------------------------- */

bool process_obey(struct process *process, int64_t code)
{
    if (host.abi->obey != NULL && host.abi->obey(process, code)) {
        return true;
    }
    switch (code - SESSION_KILLED_BY) {
    case SESSION_STOP:
        return process_stop(process, SESSION_STOP);
    case SESSION_CONTINUE:
        return process_continue(process);
    default:
        process_end(process, code);
        return true;
    }
}

bool process_obey_family(uint32_t family, int64_t code)
{
    bool obeyed = false;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (host.processes[i].family == family) {
            obeyed = process_obey(&host.processes[i], code) || obeyed;
        }
    }
    return obeyed;
}

status_t process_obey_pid(uint32_t pid, int64_t code)
{
    mutex_lock(&host.lock);
    struct process *process = find_pid(pid);
    bool obeyed = process != NULL && process_obey(process, code);
    mutex_unlock(&host.lock);
    return obeyed ? STATUS_OK : STATUS_NOT_FOUND;
}

/* ---- children -------------------------------------------------------------------------------- */

static bool is_chosen(const struct process *child, const struct child_choice *choice)
{
    return (choice->pid == 0 || child->pid == choice->pid) &&
           (choice->group == 0 || child->group == choice->group) &&
           (child->state != PROCESS_ZOMBIE || (choice->events & CHILD_ENDED) != 0);
}

/* Null: there are none yet. `any`: there may be some. */
static const struct process *find_news(const struct process *process,
                                       const struct child_choice *choice, bool *any)
{
    *any = false;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        const struct process *child = &host.processes[i];
        if (child->state != PROCESS_FREE && child->parent == process && is_chosen(child, choice)) {
            *any = true;
            if (child->state == PROCESS_ZOMBIE || (child->news & choice->events) != 0) {
                return child;
            }
        }
    }
    return NULL;
}

static struct child_news news_of(const struct process *child)
{
    if (child->state == PROCESS_ZOMBIE) {
        return (struct child_news){child->pid, CHILD_ENDED, child->code, child->reason};
    }
    int64_t signal = child->news == CHILD_STOPPED ? child->stop_signal : SESSION_CONTINUE;
    return (struct child_news){child->pid, (enum child_event)child->news, signal, 0};
}

status_t process_await_child(struct process *process, const struct child_choice *choice,
                             struct child_news *news)
{
    status_t status = STATUS_OK;
    const struct process *child;
    bool any;
    mutex_lock(&host.lock);
    while ((child = find_news(process, choice, &any)) == NULL && any && status == STATUS_OK) {
        status =
            choice->poll ? STATUS_TIMED_OUT : process_sleep(process, &process->children, FOR_EVER);
    }
    host_threads_bury();
    if (child != NULL) {
        *news = news_of(child);
        status = STATUS_OK;
    } else if (!any) {
        status = STATUS_NOT_FOUND;
    }
    mutex_unlock(&host.lock);
    return status;
}

void process_child_told(struct process *process, const struct child_news *news)
{
    mutex_lock(&host.lock);
    struct process *child = find_pid(news->pid);
    if (child != NULL && child->parent == process) {
        if (news->event != CHILD_ENDED) {
            child->news = child->news == (uint32_t)news->event ? 0 : child->news;
        } else {
            child->parent = NULL;
            if (is_forgotten(child)) {
                child->state = PROCESS_FREE;
            }
        }
    }
    mutex_unlock(&host.lock);
}
