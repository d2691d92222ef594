/*
 * Native programs: see process.h.
 */
#include <sinter/protocol/process.h>

#include "grant.h"
#include "memory.h"
#include "process_table.h"

enum {
    PRIORITY = 8,
    PRIORITY_MOST = 16,
    PAGES = 16384,           /* limit of a program whose note says nothing */
    KERNEL_BYTES = 4 << 20,
    LIST_BYTES = 8192,
    ALLOWED = 32,
    KILLED_BY_FAULT = 128 + 11,
};

enum { COMMON = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT };

struct process processes[INIT_PROCESSES];

static uint64_t last_pid;
static struct {
    const struct boot_file *object;
    uint32_t allow;
} allowed[ALLOWED];

bool process_allow(const char *object, uint32_t allow)
{
    const struct boot_file *file = catalog_object(object);
    for (uint32_t i = 0; file != NULL && i < ALLOWED; i++) {
        if (allowed[i].object == NULL || allowed[i].object == file) {
            allowed[i].object = file;
            allowed[i].allow = allow;
            return true;
        }
    }
    return false;
}

uint32_t process_allowed(const struct boot_file *object)
{
    for (uint32_t i = 0; i < ALLOWED; i++) {
        if (allowed[i].object == object) {
            return allowed[i].allow;
        }
    }
    return 0;
}

static uint32_t slot_of(const struct process *process)
{
    return (uint32_t)(process - processes);
}

static struct process *of_badge(uint64_t badge)
{
    uint32_t slot = badge_slot(badge);
    if (slot >= INIT_PROCESSES || processes[slot].state == PROCESS_FREE ||
        (processes[slot].generation & 0xffffff) != badge_generation(badge)) {
        return NULL;
    }
    return &processes[slot];
}

const char *process_name(uint64_t badge)
{
    uint32_t slot = badge_slot(badge);
    uint64_t own = slot >= INIT_SERVICES ? badge - INIT_SERVICES : UINT64_MAX;
    const struct process *process = slot >= INIT_SERVICES ? of_badge(own) : NULL;
    return process == NULL ? NULL : process->name;
}

static struct process *take(struct boot_file *file)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        struct process *process = &processes[i];
        if (process->state == PROCESS_FREE) {
            uint32_t generation = process->generation + 1;
            memset(process, 0, offsetof(struct process, texts));
            process->generation = generation;
            process->state = PROCESS_LOADING;
            process->pid = ++last_pid;
            process->file = file;
            return process;
        }
    }
    return NULL;
}

static void close_files(struct process *process)
{
    for (int i = 0; i < 3; i++) {
        close_if(&process->files[i]);
    }
}

static void release(struct process *process)
{
    instance_end(&process->instance);
    close_files(process);
    close_if(&process->fault_endpoint);
    close_if(&process->spawner);
    close_if(&process->account);
    process->state = PROCESS_FREE;
}

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
    const struct object_note *note = &process->file->note;
    status = grant_account(note->memory != 0 ? note->memory : PAGES, KERNEL_BYTES,
                           &process->account);
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
    plan.texts = process->texts;
    plan.text_bytes = process->text_bytes;
    grant_program(note, process->allow, &plan);
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
        status = init_mint(BADGE_PROCESS, process->generation, slot_of(process), &endpoint);
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
    close_files(process);
    if (status == STATUS_OK) {
        status = instance_begin(&process->instance, INIT_SERVICES + slot_of(process));
        text_copy(process->line, INSTANCE_LINE, status_text(status));
    }
    process->state = PROCESS_RUNNING;
    tell(process, status);
    if (status != STATUS_OK) {
        release(process);
    }
}

static status_t submit(struct process *process)
{
    uint32_t slot = slot_of(process);
    status_t status = init_mint(BADGE_FAULT, process->generation, INIT_SERVICES + slot,
                                &process->fault_endpoint);
    if (status == STATUS_OK) {
        status = init_mint(BADGE_SPAWNER, process->generation, slot, &process->spawner);
    }
    if (status == STATUS_OK) {
        process->job.run = run_build;
        process->job.done = finish_build;
        worker_submit(&process->job);
    }
    return status;
}

/* The last part of the path, without the ending of objects. */
static void name_process(struct process *process, const char *path)
{
    const char *name = path;
    for (const char *c = path; *c != '\0'; c++) {
        name = *c == '/' && c[1] != '\0' ? c + 1 : name;
    }
    size_t length = text_length(name);
    if (length > 2 && text_same(name + length - 2, ".o")) {
        length -= 2;
    }
    text_copy_bytes(process->name, sizeof(process->name), name, length);
}

/* Whether `bytes` of text are exactly `count` texts, each ended by NUL. */
static bool holds_texts(const char *texts, uint64_t bytes, uint64_t count)
{
    uint64_t found = 0;
    for (uint64_t i = 0; i < bytes; i++) {
        found += texts[i] == '\0';
    }
    return bytes > 0 && texts[bytes - 1] == '\0' && found == count;
}

/* Takes path, arguments and environment out of the lease into *process. */
static status_t take_texts(struct call *call, struct process *process, const char *texts,
                           uint64_t bytes, const uint64_t counts[2])
{
    uint64_t path = text_length(texts) + 1;
    process->argument_count = (uint32_t)counts[0];
    process->environment_count = (uint32_t)counts[1];
    process->text_bytes = (uint32_t)(bytes - path);
    memcpy(process->texts, texts + path, process->text_bytes);
    for (int i = 0; i < 3; i++) {
        process->files[i] = call->handles[i];
    }
    name_process(process, texts);
    uint64_t lent = call_lease_length(call, 0);
    process->refusal_at = bytes;
    process->refusal_room = lent > bytes ? lent - bytes : 0;
    process->refusal_room =
        process->refusal_room < PROCESS_REFUSAL ? process->refusal_room : PROCESS_REFUSAL;
    return STATUS_OK;
}

/* What the room for a refusal holds now; written back, it makes sure that it can be written. */
static status_t probe_room(struct call *call, uint64_t bytes)
{
    char room[PROCESS_REFUSAL];
    uint64_t lent = call_lease_length(call, 0);
    uint64_t length = lent > bytes ? lent - bytes : 0;
    length = length < sizeof(room) ? length : sizeof(room);
    if (length == 0) {
        return STATUS_OK;
    }
    status_t status = call_read(call, 0, bytes, room, length);
    return status == STATUS_OK ? call_write(call, 0, bytes, room, length) : status;
}

static status_t spawn(struct call *call, const char *texts, uint64_t bytes,
                      const uint64_t counts[2])
{
    struct boot_file *file = catalog_object(texts);
    if (file == NULL || file->directory) {
        return STATUS_NOT_FOUND;
    }
    struct process *process = take(file);
    if (process == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    status_t status = take_texts(call, process, texts, bytes, counts);
    process->allow = process_allowed(file);
    process->spawn_reply = call_defer(call);
    if (process->spawn_reply == 0) {
        status = STATUS_NO_KERNEL_MEMORY;
    }
    if (status == STATUS_OK && (status = submit(process)) != STATUS_OK) {
        server_answer(&init.server, process->spawn_reply, status);
    }
    if (status != STATUS_OK) {
        release(process); /* closes the files too */
    }
    return STATUS_OK;
}

static status_t serve_spawn(struct call *call, uint64_t argument_bytes, uint64_t argument_count,
                            uint64_t environment_count, handle_t input, handle_t output,
                            handle_t error, uint64_t *pid, handle_t *process)
{
    static char texts[PROCESS_TEXTS];
    const uint64_t counts[2] = {argument_count, environment_count};
    status_t status;
    (void)pid;
    (void)process;
    if (badge_kind(call->in.badge) != BADGE_SPAWNER) {
        status = STATUS_BAD_METHOD;
    } else if (argument_bytes > sizeof(texts)) {
        status = STATUS_TOO_LARGE;
    } else {
        status = call_read(call, 0, 0, texts, argument_bytes);
    }
    if (status == STATUS_OK) {
        status = probe_room(call, argument_bytes);
    }
    if (status == STATUS_OK &&
        (argument_count > sizeof(texts) || environment_count > sizeof(texts) ||
         !holds_texts(texts, argument_bytes, 1 + argument_count + environment_count))) {
        status = STATUS_BAD_ARGUMENT;
    }
    if (status == STATUS_OK) {
        status = spawn(call, texts, argument_bytes, counts);
    }
    if (status != STATUS_OK) {
        status_ignore(handle_close(input));
        status_ignore(handle_close(output));
        status_ignore(handle_close(error));
    }
    return status;
}

status_t process_run(const struct process_request *request)
{
    struct process *process = take(request->file);
    if (process == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    name_process(process, request->file->name);
    uint32_t used = (uint32_t)text_length(process->name) + 1;
    memcpy(process->texts, process->name, used);
    memcpy(process->texts + used, request->arguments->text, request->arguments->bytes);
    process->argument_count = 1 + request->arguments->count;
    process->text_bytes = used + request->arguments->bytes;
    process->allow = request->allow;
    process->file_kind = request->kind;
    process->told = request->told;
    process->context = request->context;
    status_t status = STATUS_OK;
    for (int i = 0; i < 3 && status == STATUS_OK; i++) {
        status = handle_duplicate(request->files[i], RIGHT_ALL, &process->files[i]);
    }
    if (status == STATUS_OK) {
        status = submit(process);
    }
    if (status != STATUS_OK) {
        release(process);
    }
    return status;
}

static void answer_waiters(struct process *process)
{
    for (int i = 0; i < PROCESS_WAITERS; i++) {
        handle_t reply = process->waiters[i];
        process->waiters[i] = 0;
        if (reply != 0) {
            status_ignore(process_wait_answer(reply, STATUS_OK, process->code, process->reason));
            server_reply_done(&init.server, reply);
        }
    }
}

static void ended(struct process *process)
{
    process->state = PROCESS_ENDED;
    answer_waiters(process);
    if (process->told != NULL) {
        process->told(process->context, STATUS_OK, "");
    }
    instance_end(&process->instance);
    close_if(&process->fault_endpoint);
    close_if(&process->spawner);
    close_if(&process->account);
    if (!process->held) {
        release(process);
    }
}

void process_reap(uint64_t death_bits)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        struct process *process = &processes[i];
        uint64_t bit = 1ull << (INIT_SERVICES + i) % INIT_DEATH_BITS;
        if (process->state == PROCESS_RUNNING && (death_bits & bit) != 0 &&
            instance_is_dead(&process->instance, &process->reason, &process->code)) {
            ended(process);
        }
    }
}

void process_closed(uint64_t badge)
{
    struct process *process = of_badge(badge);
    if (process == NULL) {
        return;
    }
    process->held = false;
    if (process->state == PROCESS_ENDED) {
        release(process);
    }
}

static status_t serve_wait(struct call *call, int64_t *code, uint32_t *reason)
{
    struct process *process =
        badge_kind(call->in.badge) == BADGE_PROCESS ? of_badge(call->in.badge) : NULL;
    if (process == NULL) {
        return STATUS_BAD_METHOD;
    }
    if (process->state == PROCESS_ENDED) {
        *code = process->code;
        *reason = process->reason;
        return STATUS_OK;
    }
    for (int i = 0; i < PROCESS_WAITERS; i++) {
        if (process->waiters[i] == 0) {
            process->waiters[i] = call_defer(call);
            return STATUS_NO_KERNEL_MEMORY; /* taken no notice of when it was deferred */
        }
    }
    return STATUS_BUSY;
}

bool process_cancel(handle_t reply)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        for (int j = 0; j < PROCESS_WAITERS; j++) {
            if (processes[i].waiters[j] == reply) {
                processes[i].waiters[j] = 0;
                server_answer(&init.server, reply, STATUS_INTERRUPTED);
                return true;
            }
        }
    }
    return false;
}

static status_t serve_kill(struct call *call, int64_t code)
{
    struct process *process =
        badge_kind(call->in.badge) == BADGE_PROCESS ? of_badge(call->in.badge) : NULL;
    if (process == NULL) {
        return STATUS_BAD_METHOD;
    }
    instance_kill(&process->instance, code);
    return STATUS_OK;
}

static status_t serve_list(struct call *call, uint64_t *length)
{
    static char buffer[LIST_BYTES];
    struct text text = text_in(buffer, sizeof(buffer));
    process_table_text(&text);
    *length = text.used;
    if (call_lease_length(call, 0) < text.used) {
        return STATUS_TOO_LARGE;
    }
    return call_write(call, 0, 0, buffer, text.used);
}

const struct process_operations process_operations = {
    .spawn = serve_spawn,
    .wait = serve_wait,
    .kill = serve_kill,
    .list = serve_list,
};
