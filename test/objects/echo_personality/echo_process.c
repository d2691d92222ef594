/* Places, guests and threads: see echo_process.h. */
#include "echo_process.h"

#include <sinter/protocol/file.h>
#include <sinter/protocol/process.h>

#include "echo_code.h"
#include "side_thread.h"

#define CODE_ADDRESS UINT64_C(0x10000)
#define DATA_ADDRESS UINT64_C(0x20000)
#define PAGE         ((uint64_t)LIMIT_PAGE_SIZE)
#define MILLISECOND  UINT64_C(1000000)
#define WAKE_RUN     1u
#define WAKE_KILL    2u

enum {
    STACK_SIZE = 32 << 10,
    ECHO_NATIVE_TEXTS = 256,
    ECHO_CANNOT_RUN = 126,
    ECHO_INTERRUPTED = 130,
};

struct echo_process echo_processes[ECHO_PROCESSES];

static struct server *server;
static uint64_t last_pid;

/* ---- the thread ----------------------------------------------------------------------------- */

/* What its reader does not take is lost. */
static void put(struct echo_process *process, const void *bytes, uint64_t length)
{
    const uint8_t *from = bytes;
    uint64_t done = 0;
    uint64_t count = 1;
    while (done < length && count > 0 && !process->killed) {
        if (file_write(process->files[1], 0, FILE_AT_POSITION, from + done, length - done,
                       &count) != STATUS_OK) {
            return;
        }
        done += count;
    }
}

static void print(struct echo_process *process, uint64_t length)
{
    uint8_t bytes[ECHO_DATA];
    length = length < sizeof(bytes) ? length : sizeof(bytes);
    if (guest_copy_in(bytes, DATA_ADDRESS, length) == STATUS_OK) {
        put(process, bytes, length);
    }
}

static void tell_interruptions(struct echo_process *process)
{
    static const char ready[] = "ready\n";
    static const char interrupted[] = "interrupted\n";
    process->stubborn = true;
    put(process, ready, sizeof(ready) - 1);
    for (uint32_t told = 0; !process->killed;) {
        if (told < process->interruptions) {
            told++;
            put(process, interrupted, sizeof(interrupted) - 1);
        } else {
            status_ignore(event_wait(process->wake, WAKE_KILL, UINT64_MAX, NULL));
        }
    }
}

static void sleep_until_killed(struct echo_process *process)
{
    while (!process->killed) {
        status_ignore(event_wait(process->wake, WAKE_KILL, UINT64_MAX, NULL));
    }
}

static __attribute__((noinline)) void use_float(void)
{
    __asm__ volatile(ECHO_FLOAT_INSTRUCTION);
}

static void crash_when_waited_for(struct echo_process *process, bool by_float)
{
    const volatile handle_t *waiter = &process->waiters[0];
    while (!process->killed) {
        if (*waiter != 0 && by_float) {
            use_float();
        } else if (*waiter != 0) {
            __builtin_trap();
        }
        status_ignore(event_wait(process->wake, WAKE_KILL, clock_read() + MILLISECOND, NULL));
    }
}

/* The kick that comes with a kill can end either call, or has ended the one before. */
static void await_native(struct echo_process *process, handle_t child, int64_t *code)
{
    status_t status = STATUS_INTERRUPTED;
    bool told = false;
    while (status == STATUS_INTERRUPTED) {
        while (process->killed && !told) {
            told = process_kill(child, process->kill_code) != STATUS_INTERRUPTED;
        }
        status = process_wait(child, code, NULL);
    }
}

/* A program of Sinter, whose path and arguments are the first `length` bytes of the data; its
 * code. */
static int64_t run_native(struct echo_process *process, uint64_t length)
{
    char texts[ECHO_NATIVE_TEXTS];
    handle_t child = 0;
    int64_t code = ECHO_CANNOT_RUN;
    uint64_t count = 0;
    if (length > sizeof(texts) || guest_copy_in(texts, DATA_ADDRESS, length) != STATUS_OK) {
        return code;
    }
    for (uint64_t i = 0; i < length; i++) {
        count += texts[i] == '\0' ? 1 : 0;
    }
    status_t status =
        process_spawn(server_handle(server, "process"), length, count - 1, 0, process->files[0],
                      process->files[1], process->files[2], texts, sizeof(texts), NULL, &child);
    if (status != STATUS_OK) {
        log_line("pid %lu: a program of Sinter: %s", (unsigned long)process->pid,
                 status_text(status));
        return code;
    }
    await_native(process, child, &code);
    status_ignore(handle_close(child));
    return code;
}

/* Whether it goes on. */
static bool serve_call(struct echo_process *process)
{
    uint64_t value = process->state->registers[ECHO_ARGUMENT(0)];
    uint64_t call = process->state->registers[ECHO_ARGUMENT(1)];
    switch (call) {
    case ECHO_PRINT:
        print(process, value);
        return true;
    case ECHO_SLEEP:
        sleep_until_killed(process);
        return true;
    case ECHO_STUBBORN:
        tell_interruptions(process);
        return true;
    case ECHO_NATIVE:
        process->state->registers[ECHO_ARGUMENT(0)] = (uint64_t)run_native(process, value);
        return true;
    case ECHO_CRASH:
    case ECHO_FLOAT:
        crash_when_waited_for(process, call == ECHO_FLOAT);
        return true;
    default:
        process->reason = EXIT_NORMAL;
        process->code = (int64_t)value;
        return false;
    }
}

static bool on_exit(void *context, uint64_t exit)
{
    struct echo_process *process = context;
    bool goes_on = exit == GUEST_EXIT_CALL && serve_call(process);
    if (exit == GUEST_EXIT_FAULT) {
        process->reason = EXIT_FAULT;
    }
    if (process->killed) {
        process->reason = EXIT_KILLED;
        process->code = process->kill_code;
        return false;
    }
    return goes_on || exit == GUEST_EXIT_KICKED;
}

static void run(void *argument)
{
    struct echo_process *process = argument;
    const struct guest_handler handler = {(uint64_t)(uintptr_t)on_exit,
                                          (uint64_t)(uintptr_t)process};
    for (;;) {
        uint64_t bits = 0;
        status_t status = event_wait(process->wake, WAKE_RUN, UINT64_MAX, &bits);
        if (status != STATUS_OK || !process->running) {
            continue;
        }
        status = guest_attach(process->guest);
        if (status == STATUS_OK) {
            status = guest_run(&handler);
        }
        if (status != STATUS_OK) {
            log_line("pid %lu cannot run: %s", (unsigned long)process->pid, status_text(status));
        }
        status_ignore(guest_attach(0));
        process->running = false;
        status_ignore(event_signal(server->control, 1ull << (process - echo_processes)));
    }
}

/* ---- places --------------------------------------------------------------------------------- */

status_t echo_begin(struct server *of)
{
    status_t status = STATUS_OK;
    server = of;
    for (int i = 0; i < ECHO_PROCESSES && status == STATUS_OK; i++) {
        struct echo_process *process = &echo_processes[i];
        const struct side_thread thread = {.function = run,
                                           .argument = process,
                                           .account = server->account,
                                           .stack_size = STACK_SIZE,
                                           .priority = SIDE_THREAD_AS_MAKER};
        status = event_create(server->account, &process->wake);
        if (status == STATUS_OK) {
            status = side_thread_run(server->info, &thread, NULL);
        }
    }
    return status;
}

/* A page of the guest with these bytes. */
static status_t fill(struct echo_process *process, int index, uint64_t address, uint32_t flags,
                     const void *bytes, uint64_t size)
{
    uint64_t window = 0;
    handle_t *memory = &process->memory[index];
    status_t status = memory_create(server->account, PAGE, 0, memory);
    if (status == STATUS_OK) {
        status = space_map(0, *memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &window);
    }
    if (status != STATUS_OK) {
        return status;
    }
    const uint8_t *from = bytes;
    for (uint64_t i = 0; i < size; i++) {
        ((uint8_t *)(uintptr_t)window)[i] = from[i];
    }
    status_ignore(space_sync_code(0, window, PAGE));
    status_ignore(space_unmap(0, window, PAGE));
    return space_map(process->space, *memory, address, 0, PAGE, flags | MAP_FIXED, &address);
}

static status_t make(struct echo_process *process, const struct echo_program *program)
{
    uint64_t state = 0;
    status_t status = space_create_guest(0, server->account, &process->space);
    if (status == STATUS_OK) {
        status = fill(process, 0, CODE_ADDRESS, MAP_READ | MAP_EXECUTE, program->code,
                      program->count * sizeof(program->code[0]));
    }
    if (status == STATUS_OK) {
        status = fill(process, 1, DATA_ADDRESS, MAP_READ | MAP_WRITE, program->data,
                      sizeof(program->data));
    }
    if (status == STATUS_OK) {
        status = guest_create(process->space, server->account, &process->guest, &state);
    }
    if (status == STATUS_OK) {
        process->state = (struct guest_state *)(uintptr_t)state;
        process->state->registers[ECHO_PC] = CODE_ADDRESS;
    }
    return status;
}

static struct echo_process *take_place(void)
{
    for (int i = 0; i < ECHO_PROCESSES; i++) {
        struct echo_process *process = &echo_processes[i];
        handle_t wake = process->wake;
        if (process->used) {
            continue;
        }
        *process = (struct echo_process){.used = true, .wake = wake, .pid = ++last_pid};
        process->badge = process->pid << 32 | (uint64_t)i;
        return process;
    }
    return NULL;
}

status_t echo_start(const struct echo_program *program, const char *name, const handle_t files[3],
                    struct echo_process **started)
{
    struct echo_process *process = take_place();
    if (process == NULL) {
        for (int i = 0; i < 3; i++) {
            status_ignore(handle_close(files[i]));
        }
        return STATUS_FULL;
    }
    for (int i = 0; i < 3; i++) {
        process->files[i] = files[i];
    }
    (void)format_text(process->name, sizeof(process->name), "%s", name);
    status_t status = make(process, program);
    if (status != STATUS_OK) {
        echo_close(process);
        process->used = false;
        return status;
    }
    process->running = true;
    *started = process;
    return event_signal(process->wake, WAKE_RUN);
}

void echo_kill(struct echo_process *process, int64_t code)
{
    if (process->running && process->stubborn && code == ECHO_INTERRUPTED) {
        process->interruptions++;
        status_ignore(event_signal(process->wake, WAKE_KILL));
    } else if (process->running && !process->killed) {
        process->kill_code = code;
        process->killed = true;
        status_ignore(event_signal(process->wake, WAKE_KILL));
        status_ignore(guest_kick(process->guest));
    }
}

static void close_handle(handle_t *handle)
{
    if (*handle != 0) {
        status_ignore(handle_close(*handle));
        *handle = 0;
    }
}

void echo_close(struct echo_process *process)
{
    for (int i = 0; i < 3; i++) {
        close_handle(&process->files[i]);
    }
    close_handle(&process->guest);
    close_handle(&process->memory[0]);
    close_handle(&process->memory[1]);
    close_handle(&process->space);
}
