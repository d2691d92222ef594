/* See process.h. */
#include "process.h"

#include "c_string.h"

#include "console_terminal.h"
#include "exec.h"
#include "export.h"
#include "guest_registers.h"
#include "pipe.h"
#include "process_terminal.h"
#include "side_thread.h"
#include "terminal_pair.h"

enum {
    TABLE_PLACES = 200,
    STACK = 64 << 10,
    STACK_NEEDED = 28 << 10,
    THREADS_KEPT = 4, /* threads that are kept; more end, and their stacks are taken away */
    EVENT_WAKE = 0x1,
    EVENT_KILL = 0x2,
    EVENT_WORK = 0x4,
    EVENT_NEVER = 0x8,
};

#define FOR_EVER  UINT64_MAX
#define KICK_TIME UINT64_C(10000) /* ns */

/* A thread of the personality; between two processes it waits in the list of idle ones. */
struct host_thread {
    struct host_thread *next;
    struct side_thread what;
    uint64_t stack;
    handle_t thread; /* 0: the place is free */
    handle_t event;
    struct process *process;
    bool ends;
};

struct personality host;

static struct host_thread threads[PROCESSES + THREADS_KEPT];

/*
 * Page tables stay when what they show has gone. They are made now, so that the account has as much
 * to give when a program ends as when it began: by reading a page at many of the random places.
 */
static void make_tables(void)
{
    handle_t memory = 0;
    if (memory_create(host.account, PAGE, 0, &memory) != STATUS_OK) {
        return;
    }
    for (unsigned i = 0; i < TABLE_PLACES; i++) {
        uint64_t at = 0;
        if (space_map(0, memory, 0, 0, PAGE, MAP_READ, &at) == STATUS_OK) {
            (void)*(const volatile uint8_t *)(uintptr_t)at;
            status_ignore(space_unmap(0, at, PAGE));
        }
    }
    status_ignore(handle_close(memory));
}

void personality_set_up(void)
{
    host.open_files =
        (struct pool){.size = sizeof(struct open_file), .limit = host.abi->open_files};
    host.pipes = (struct pool){.size = sizeof(struct pipe), .limit = host.abi->open_files};
    host.consoles = (struct pool){.size = sizeof(struct console), .limit = PROCESSES};
    host.terminals = (struct pool){.size = console_terminal_bytes(), .limit = PROCESSES};
    host.pairs = (struct pool){.size = terminal_pair_bytes(), .limit = PROCESSES};
    host.attempts = (struct pool){.size = exec_attempt_bytes(), .limit = PROCESSES};
    memset(host.processes, 0, sizeof(host.processes)); /* from here on they take no more memory */
    memset(threads, 0, sizeof(threads));
    make_tables();
    struct pool *pools[] = {&host.open_files, &host.pipes, &host.consoles, &host.terminals,
                            &host.attempts};
    for (unsigned i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
        void *item = pool_take(pools[i], host.account);
        if (item != NULL) {
            pool_give(pools[i], item);
        }
    }
}

static struct host_thread *free_place(void);

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

status_t process_sleep(struct process *process, struct wait_queue *queue, uint64_t deadline)
{
    status_t status = STATUS_OK;
    uint64_t bits;
    if (process->killed) {
        return STATUS_INTERRUPTED;
    }
    process->next_sleeper = queue->first;
    queue->first = process;
    process->asleep = true;
    mutex_unlock(&host.lock);
    status = event_wait(process->thread->event, EVENT_WAKE | EVENT_KILL, deadline, &bits);
    mutex_lock(&host.lock);
    if (process->asleep) {
        take_out(queue, process);
    }
    if (process->killed) {
        return STATUS_INTERRUPTED;
    }
    return status == STATUS_INTERRUPTED ? STATUS_OK : status;
}

void wait_queue_wake(struct wait_queue *queue)
{
    while (queue->first != NULL) {
        struct process *process = queue->first;
        queue->first = process->next_sleeper;
        process->asleep = false;
        status_ignore(event_signal(process->thread->event, EVENT_WAKE));
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

void process_drop(struct process *process)
{
    process_close_files(process);
    working_directory_close(&process->directory);
    process->state = PROCESS_FREE;
}

/* Nobody waits for it any more. */
static bool is_forgotten(const struct process *process)
{
    return process->parent == NULL && !process->held;
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
        }
    }
}

/* The last that the thread does for its process; true if it was killed. */
static bool end(struct process *process)
{
    image_destroy(&process->image);
    image_destroy(&process->next_image);
    process_terminal_end(process);
    mutex_lock(&host.lock);
    process_close_files(process);
    working_directory_close(&process->directory);
    orphan_children(process);
    bool killed = process->killed;
    process->thread = NULL;
    process->state = PROCESS_ZOMBIE;
    export_process_ended(process);
    if (process->parent != NULL) {
        wait_queue_wake(&process->parent->children);
    } else if (is_forgotten(process)) {
        process->state = PROCESS_FREE;
    }
    mutex_unlock(&host.lock);
    return killed;
}

void process_exit(struct process *process, int64_t code, uint32_t reason)
{
    process->code = code;
    process->reason = reason;
    process->leaves = true;
}

void process_end(struct process *process, int64_t code)
{
    if (process->state != PROCESS_RUNS && process->state != PROCESS_FOREIGN) {
        return;
    }
    if (!process->killed) {
        process->kill_code = code;
        process->killed = true;
    }
    if (process->thread != NULL) {
        status_ignore(event_signal(process->thread->event, EVENT_KILL));
    }
    if (process->image.guest != 0) {
        status_ignore(guest_kick(process->image.guest));
    }
}

void process_end_family(uint32_t family, int64_t code)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (host.processes[i].family == family) {
            process_end(&host.processes[i], code);
        }
    }
}

status_t process_end_pid(uint32_t pid, int64_t code)
{
    mutex_lock(&host.lock);
    struct process *process = find_pid(pid);
    if (process != NULL) {
        process_end(process, code);
    }
    mutex_unlock(&host.lock);
    return process != NULL ? STATUS_OK : STATUS_NOT_FOUND;
}

static struct process *find_child(struct process *process, bool *any)
{
    *any = false;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *child = &host.processes[i];
        if (child->state != PROCESS_FREE && child->parent == process) {
            *any = true;
            if (child->state == PROCESS_ZOMBIE) {
                return child;
            }
        }
    }
    return NULL;
}

status_t process_await_child(struct process *process, uint32_t *pid, int64_t *code)
{
    status_t status = STATUS_OK;
    struct process *child;
    bool any;
    mutex_lock(&host.lock);
    while ((child = find_child(process, &any)) == NULL && any && status == STATUS_OK) {
        status = process_sleep(process, &process->children, FOR_EVER);
    }
    if (host.ending > 0) {
        (void)free_place();
    }
    if (child != NULL) {
        *pid = child->pid;
        *code = child->code;
        status = STATUS_OK;
    } else if (!any) {
        status = STATUS_NOT_FOUND;
    }
    mutex_unlock(&host.lock);
    return status;
}

void process_bury_child(struct process *process, uint32_t pid)
{
    mutex_lock(&host.lock);
    struct process *child = find_pid(pid);
    if (child != NULL && child->parent == process) {
        child->parent = NULL;
        if (is_forgotten(child)) {
            child->state = PROCESS_FREE;
        }
    }
    mutex_unlock(&host.lock);
}

/* ---- running --------------------------------------------------------------------------------- */

static const char *fault_text(uint32_t fault)
{
    static const char *const texts[] = {
        "no",         "read",      "write", "execute", "illegal instruction",
        "breakpoint", "alignment", "call",  "step",    "hardware"};
    return fault < sizeof(texts) / sizeof(texts[0]) ? texts[fault] : "unknown";
}

static void tell_fault(const struct process *process)
{
    const struct guest_state *state = process->image.state;
    log_line("%s (%u): %s fault at 0x%llx, pc 0x%llx: %s; it ends", process->name, process->pid,
             fault_text(state->fault), (unsigned long long)state->address,
             (unsigned long long)state->registers[GUEST_PC], status_text((status_t)state->status));
}

static bool on_exit(void *context, uint64_t exit)
{
    struct process *process = context;
    if (exit == GUEST_EXIT_CALL) {
        return host.abi->call(process);
    }
    if (exit == GUEST_EXIT_FAULT && !image_mend_fault(&process->image)) {
        tell_fault(process);
        process_exit(process, -1, EXIT_FAULT);
        return false;
    }
    return !process->killed;
}

/* After an exec: the other image, or another kind of program, takes its place. */
static bool goes_on(struct process *process)
{
    if (process->foreign_next != 0) { /* also one that is killed: what it has become ends then */
        exec_wait_foreign(process);
        return false;
    }
    if (process->killed) {
        process_exit(process, process->kill_code, EXIT_KILLED);
        return false;
    }
    if (process->next_image.guest == 0) {
        return false;
    }
    status_ignore(guest_attach(0));
    mutex_lock(&host.lock); /* process_end() looks at the guest */
    struct image old = process->image;
    process->image = process->next_image;
    process->size = process->next_size;
    process->next_image = (struct image){0};
    process->leaves = false;
    mutex_unlock(&host.lock);
    image_destroy(&old);
    return true;
}

/* A kick for the process that has ended, which is not to end a wait for the next one: taken by a
 * wait that nothing else ends. */
static void take_kick(const struct host_thread *self)
{
    status_ignore(event_wait(self->event, EVENT_NEVER, clock_read() + KICK_TIME, NULL));
}

static void run(struct host_thread *self, struct process *process)
{
    const struct guest_handler handler = {(uint64_t)(uintptr_t)on_exit,
                                          (uint64_t)(uintptr_t)process};
    do {
        status_t status = guest_attach(process->image.guest);
        if (process->killed) { /* before there was a guest to kick */
            process_exit(process, process->kill_code, EXIT_KILLED);
            break;
        }
        if (status == STATUS_OK) {
            status = guest_run(&handler);
        }
        if (status != STATUS_OK) {
            log_line("%s (%u) cannot run: %s", process->name, process->pid, status_text(status));
            process_exit(process, -1, EXIT_FAULT);
            break;
        }
    } while (goes_on(process));
    status_ignore(guest_attach(0));
    if (end(process)) {
        take_kick(self);
    }
}

/* Whether the thread is kept for another process. */
static bool rest(struct host_thread *self)
{
    mutex_lock(&host.lock);
    self->process = NULL;
    self->ends = host.thread_count > THREADS_KEPT;
    host.thread_count -= self->ends;
    host.ending += self->ends;
    if (!self->ends) {
        self->next = host.idle;
        host.idle = self;
    }
    mutex_unlock(&host.lock);
    return !self->ends;
}

/* What an exec needs of the stack is there from the beginning, and not charged in its middle. */
static __attribute__((noinline)) void make_stack(void)
{
    uint8_t pages[STACK_NEEDED];
    memset(pages, 0, sizeof(pages));
    __asm__ volatile("" : : "r"(pages) : "memory"); /* they are wanted */
}

static void thread_main(void *argument)
{
    struct host_thread *self = argument;
    bool kept = true;
    make_stack();
    while (kept) {
        uint64_t bits;
        status_t status = event_wait(self->event, EVENT_WORK, FOR_EVER, &bits);
        if (status == STATUS_OK) {
            run(self, self->process);
            kept = rest(self);
        }
    }
}

/* Lock held. Threads that have ended free their places. */
static struct host_thread *free_place(void)
{
    struct host_thread *place = NULL;
    for (uint32_t i = 0; i < PROCESSES + THREADS_KEPT; i++) {
        struct host_thread *at = &threads[i];
        if (at->ends && side_thread_bury(&at->what, at->thread, at->stack)) {
            status_ignore(handle_close(at->event));
            *at = (struct host_thread){0};
            host.ending--;
        }
        place = at->thread == 0 ? at : place;
    }
    return place;
}

/* Lock held. */
static status_t new_thread(struct host_thread **thread)
{
    struct host_thread *made = free_place();
    if (made == NULL) {
        return STATUS_FULL;
    }
    *made = (struct host_thread){
        .what = {thread_main, made, host.account, STACK, SIDE_THREAD_AS_MAKER}};
    status_t status = event_create(host.account, &made->event);
    if (status == STATUS_OK) {
        status = side_thread_run_for_now(host.info, &made->what, &made->thread, &made->stack);
    }
    host.thread_count += status == STATUS_OK;
    if (status != STATUS_OK && made->event != 0) {
        status_ignore(handle_close(made->event));
    }
    *thread = made;
    return status;
}

status_t personality_make_threads(void)
{
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    while (status == STATUS_OK && host.thread_count < THREADS_KEPT) {
        struct host_thread *thread = NULL;
        status = new_thread(&thread);
        if (status == STATUS_OK) {
            thread->next = host.idle;
            host.idle = thread;
        }
    }
    mutex_unlock(&host.lock);
    return status;
}

status_t process_start(struct process *process)
{
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    struct host_thread *thread = host.idle;
    if (host.ending > 0) {
        (void)free_place();
    }
    if (thread != NULL) {
        host.idle = thread->next;
    } else {
        status = new_thread(&thread);
    }
    if (status == STATUS_OK) {
        uint64_t bits;
        thread->process = process;
        process->thread = thread;
        status_ignore(event_wait(thread->event, EVENT_WAKE | EVENT_KILL, 0, &bits));
        status_ignore(event_signal(thread->event, EVENT_WORK));
    }
    mutex_unlock(&host.lock);
    return status;
}

static void share_files(const struct process *from, struct process *to)
{
    for (uint32_t i = 0; i < DESCRIPTORS; i++) {
        to->files[i] = from->files[i] != NULL ? open_file_share(from->files[i]) : NULL;
    }
    to->console = console_share(from->console);
}

status_t process_fork(struct process *process, uint32_t *pid)
{
    mutex_lock(&host.lock);
    struct process *child = process_take(process);
    if (child != NULL) {
        share_files(process, child);
        memcpy(child->name, process->name, sizeof(child->name));
    }
    mutex_unlock(&host.lock);
    if (child == NULL) {
        return STATUS_FULL;
    }
    child->size = process->size;
    *pid = child->pid;
    status_t status = working_directory_copy(&process->directory, &child->directory);
    if (status == STATUS_OK) {
        status = image_fork(&process->image, &child->image);
    }
    if (status == STATUS_OK) {
        child->image.state->registers[GUEST_RESULT] = 0;
        status = process_start(child);
    }
    if (status != STATUS_OK) {
        image_destroy(&child->image);
        mutex_lock(&host.lock);
        process_drop(child);
        mutex_unlock(&host.lock);
    }
    return status;
}
