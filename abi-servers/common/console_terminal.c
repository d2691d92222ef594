/* See console_terminal.h. */
#include "console_terminal.h"

#include <sinter/protocol/file.h>
#include <sinter/protocol/terminal.h>

#include "host_stack.h"
#include "process_terminal.h"
#include "side_thread.h"

enum {
    STANDARD = 3, /* files that a program comes with */
    PIECE = 256,
    TRIES = 5, /* a console that is restarted meanwhile is asked again */
    EVENT = 0x1,
    ASKS_AGAIN = 10000000 /* ns: an interrupt can come just before the thread waits */
};

struct console_terminal {
    struct process_terminal side; /* first: what others refer to */
    struct terminal terminal;
    handle_t input, output; /* endpoints of its own */
    struct mutex sending;   /* keeps pieces of output in their order; before host.lock */
    handle_t room;          /* event: more can be received, or it ends */
    handle_t ended;         /* event of the thread's end */
    handle_t thread;
    uint64_t stack;
    _Atomic bool ends;
};

size_t console_terminal_bytes(void)
{
    return sizeof(struct console_terminal);
}

/* ---- the device ------------------------------------------------------------------------------ */

static bool is_worth_repeating(status_t status)
{
    return status == STATUS_PEER_DIED || status == STATUS_NOT_READY || status == STATUS_INTERRUPTED;
}

/* What cannot be written is lost: the reading thread finds out that the device is gone. */
static void write_all(handle_t file, const uint8_t *bytes, uint32_t count)
{
    uint64_t done = 0;
    unsigned tries = TRIES;
    while (done < count && tries > 0) {
        uint64_t moved = 0;
        status_t status = file_write(file, 0, 0, bytes + done, count - done, &moved);
        done += status == STATUS_OK ? moved : 0;
        tries = status == STATUS_OK ? TRIES : is_worth_repeating(status) ? tries - 1 : 0;
    }
}

static void send(struct process_terminal *side)
{
    struct console_terminal *console = (struct console_terminal *)side;
    uint8_t bytes[PIECE];
    uint32_t count = 1;
    mutex_lock(&console->sending);
    while (count > 0) {
        mutex_lock(&host.lock);
        count = terminal_send(&console->terminal, bytes, sizeof(bytes));
        mutex_unlock(&host.lock);
        write_all(console->output, bytes, count);
    }
    mutex_unlock(&console->sending);
}

static void receive(struct console_terminal *console, const uint8_t *bytes, uint32_t count)
{
    uint32_t done = 0;
    while (done < count && !console->ends) {
        uint64_t bits;
        mutex_lock(&host.lock);
        done += terminal_receive(&console->terminal, bytes + done, count - done);
        mutex_unlock(&host.lock);
        send(&console->side);
        if (done < count) {
            status_ignore(event_wait(console->room, EVENT, UINT64_MAX, &bits));
        }
    }
}

/* One that has been restarted may have lost its mode. */
static status_t read_again(struct console_terminal *console, status_t status)
{
    if (console->ends || !is_worth_repeating(status)) {
        return status;
    }
    if (status != STATUS_INTERRUPTED) {
        status_ignore(terminal_set_mode(console->input, TERMINAL_RAW, NULL));
    }
    return STATUS_OK;
}

static void read_device(void *argument)
{
    struct console_terminal *console = argument;
    status_t status = STATUS_OK;
    while (!console->ends && status == STATUS_OK) {
        uint8_t bytes[PIECE];
        uint64_t count = 0;
        status = file_read(console->input, 0, 0, bytes, sizeof(bytes), &count);
        if (status == STATUS_OK && (count == 0 || count > sizeof(bytes))) {
            status = STATUS_IO_ERROR; /* it has hung up, or tells of more than was asked for */
        }
        if (status == STATUS_OK) {
            receive(console, bytes, (uint32_t)count);
        } else {
            status = read_again(console, status);
        }
    }
    if (!console->ends) {
        mutex_lock(&host.lock);
        terminal_hang_up(&console->terminal);
        mutex_unlock(&host.lock);
    }
    status_ignore(event_signal(console->ended, EVENT));
}

/* ---- life ------------------------------------------------------------------------------------ */

static void signal_room(struct process_terminal *side)
{
    struct console_terminal *console = (struct console_terminal *)side;
    status_ignore(event_signal(console->room, EVENT));
}

static void release(struct process_terminal *side)
{
    struct console_terminal *console = (struct console_terminal *)side;
    const handle_t handles[] = {console->input, console->output, console->sending.event,
                                console->room, console->ended};
    for (unsigned i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        if (handles[i] != 0) {
            status_ignore(handle_close(handles[i]));
        }
    }
    pool_give(&host.terminals, console);
}

static void give_stack(const struct console_terminal *console)
{
    mutex_lock(&host.lock);
    host_stack_give(console->stack);
    mutex_unlock(&host.lock);
}

static void end_thread(struct console_terminal *console)
{
    uint64_t bits;
    status_t status = STATUS_TIMED_OUT;
    console->ends = true;
    status_ignore(event_signal(console->room, EVENT));
    while (status != STATUS_OK) {
        status_ignore(thread_interrupt(console->thread));
        status = event_wait(console->ended, EVENT, clock_read() + ASKS_AGAIN, &bits);
    }
    while (!side_thread_has_ended(console->thread)) {
        status_ignore(thread_yield());
    }
    status_ignore(handle_close(console->thread));
    give_stack(console);
}

/* What ^S keeps back is sent: nobody could type ^Q any more. */
static void end(struct process_terminal *side)
{
    struct terminal *terminal = side->terminal;
    end_thread((struct console_terminal *)side);
    mutex_lock(&host.lock);
    side->over = true;
    terminal_leave(terminal, false);
    terminal->stopped = terminal->suspended = false;
    wait_queue_wake(&side->readers);
    mutex_unlock(&host.lock);
    send(side);
}

static const struct process_terminal_device device = {send, end, signal_room, release};

static status_t make_handles(struct console_terminal *console, const struct console *files)
{
    status_t status = handle_duplicate(files->input->endpoint, RIGHT_ALL, &console->input);
    if (status == STATUS_OK) {
        status = handle_duplicate(files->output->endpoint, RIGHT_ALL, &console->output);
    }
    if (status == STATUS_OK) {
        status = mutex_init(&console->sending, host.account);
    }
    if (status == STATUS_OK) {
        status = event_create(host.account, &console->room);
    }
    return status == STATUS_OK ? event_create(host.account, &console->ended) : status;
}

static status_t begin_thread(struct console_terminal *console)
{
    const struct side_thread what = {.function = read_device,
                                     .argument = console,
                                     .stack_size = HOST_STACK_BYTES,
                                     .priority = SIDE_THREAD_AS_MAKER};
    mutex_lock(&host.lock);
    status_t status = host_stack_take(&console->stack);
    mutex_unlock(&host.lock);
    if (status != STATUS_OK) {
        return status;
    }
    status = side_thread_run_on(host.info, &what, console->stack, &console->thread);
    if (status != STATUS_OK) {
        give_stack(console);
    }
    return status;
}

static status_t begin(struct console_terminal *console)
{
    status_t status = terminal_set_mode(console->input, TERMINAL_RAW, NULL);
    if (status == STATUS_OK) {
        status = begin_thread(console);
        if (status != STATUS_OK) {
            status_ignore(terminal_set_mode(console->input, TERMINAL_COOKED, NULL));
        }
    }
    return status;
}

static bool is_terminal(const struct open_file *file)
{
    uint32_t kind = FILE_KIND_REGULAR;
    uint64_t size;
    return file_stat(file->endpoint, &kind, &size, NULL) == STATUS_OK && kind == FILE_KIND_TERMINAL;
}

/* Nobody else knows the process yet. The error output can be another file. */
static void give_files(struct process *leader, struct process_terminal *side)
{
    for (unsigned i = 0; i < STANDARD; i++) {
        if (is_terminal(leader->files[i])) {
            mutex_lock(&host.lock);
            leader->files[i]->terminal = process_terminal_share(side);
            mutex_unlock(&host.lock);
        }
    }
    leader->terminal = side;
}

static struct console_terminal *take_place(const struct process *leader)
{
    const struct terminal_caller caller = {
        .session = leader->session, .group = leader->group, .leads_session = true};
    mutex_lock(&host.lock);
    struct console_terminal *console = pool_take(&host.terminals);
    mutex_unlock(&host.lock);
    if (console != NULL) {
        process_terminal_init(&console->side, &console->terminal, &device);
        terminal_init(&console->terminal, &process_terminal_hooks, &console->side);
        (void)terminal_acquire(&console->terminal, &caller); /* it is nobody's yet */
    }
    return console;
}

status_t console_terminal_give(struct process *leader)
{
    if (!is_terminal(leader->console->input) || !is_terminal(leader->console->output)) {
        return STATUS_OK;
    }
    struct console_terminal *console = take_place(leader);
    if (console == NULL) {
        return STATUS_NO_PAGES;
    }
    status_t status = make_handles(console, leader->console);
    if (status == STATUS_OK) {
        status = begin(console);
    }
    if (status == STATUS_OK) {
        give_files(leader, &console->side);
    } else {
        mutex_lock(&host.lock);
        process_terminal_release(&console->side);
        mutex_unlock(&host.lock);
    }
    return status;
}
