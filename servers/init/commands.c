/*
 * The commands in progress: see commands.h.
 */
#include "commands.h"

#include <sinter/protocol/service.h>

#include "command.h"
#include "graph.h"
#include "mounts.h"
#include "pushed.h"
#include "replace.h"
#include "report.h"
#include "stop.h"

enum { TYPED = 6 };

static struct command script;
static struct command typed[TYPED];
static struct script_statement statements[SCRIPT_STATEMENTS];
static size_t statement_count, statement_next;

static void report_line(void *context, uint32_t line, const char *error)
{
    (void)context;
    log_line("init.rc:%u: %s", line, error);
}

void commands_begin(void)
{
    const struct boot_file *file = catalog_find("init.rc");
    if (file == NULL) {
        log_line("the boot set has no init.rc: nothing is started");
        return;
    }
    statement_count = script_parse((const char *)init.archive.bytes + file->offset, file->size,
                                   statements, report_line, NULL);
    script.is_script = true;
    init_look_again();
}

/* What a statement of the script printed goes to the log, errors with file and line. */
static void end_statement(void)
{
    if (script.text.used == 0) {
        return;
    }
    char place[32] = "";
    struct text text = text_in(place, sizeof(place));
    if (script.status != STATUS_OK) {
        text_put(&text, "init.rc:");
        text_put_number(&text, script.statement.line);
        text_put(&text, ": ");
    }
    report_lines(place, script.buffer);
}

/* Once, when the script has ended. */
static void warn_without_names(void)
{
    static bool judged;
    if (!judged && mounts_root() == 0) {
        log_line("init.rc has started no server of the namespace, so programs can open nothing; "
                 "let it begin with `start names allow names`");
    }
    judged = true;
}

static uint64_t go_on_script(uint64_t now)
{
    for (;;) {
        if (script.used && script.waiting && !command_is_done(&script, now)) {
            return script.deadline;
        }
        if (script.used) {
            end_statement();
            script.used = false;
        }
        if (statement_next == statement_count) {
            warn_without_names();
            return INIT_NEVER;
        }
        script.statement = statements[statement_next++];
        script.used = true;
        command_begin(&script);
    }
}

static void give_up(struct command *command)
{
    replace_leave(command);
    pushed_release(command->pushed);
    command->used = false;
}

/* The text goes into the lease; what does not fit is cut. */
static void answer(struct command *command)
{
    uint64_t absent;
    uint64_t length = command->text.used;
    status_t status = command->status;
    length = length < command->lent ? length : command->lent;
    if (length > 0) {
        status_ignore(
            lease_transfer(command->reply, 0, 0, command->buffer, length, LEASE_WRITE, &absent));
    }
    status_ignore(command->pushed != NULL ? service_replace_answer(command->reply, status, length)
                                          : service_command_answer(command->reply, status, length));
    server_reply_done(&init.server, command->reply);
    give_up(command);
}

uint64_t commands_tick(uint64_t now)
{
    uint64_t next = stop_is_final() ? INIT_NEVER : go_on_script(now);
    for (int i = 0; i < TYPED; i++) {
        struct command *command = &typed[i];
        if (!command->used) {
            continue;
        }
        if (!command->waiting || command_is_done(command, now)) {
            answer(command);
        } else if (command->deadline < next) {
            next = command->deadline;
        }
    }
    return next;
}

bool commands_cancel(handle_t reply)
{
    for (int i = 0; i < TYPED; i++) {
        if (typed[i].used && typed[i].reply == reply) {
            give_up(&typed[i]);
            server_answer(&init.server, reply, STATUS_INTERRUPTED);
            return true;
        }
    }
    return false;
}

static struct command *free_command(void)
{
    for (int i = 0; i < TYPED; i++) {
        if (!typed[i].used) {
            return &typed[i];
        }
    }
    return NULL;
}

/* Fills the lease with zeros, so that nothing has to be repeated when the text is there. */
static status_t clear_lease(struct call *call, uint64_t length)
{
    static const char zeros[COMMAND_TEXT];
    return length == 0 ? STATUS_OK : call_write(call, 0, 0, zeros, length);
}

static uint64_t lent_length(const struct call *call)
{
    uint64_t length = call_lease_length(call, 0);
    return length < COMMAND_TEXT ? length : COMMAND_TEXT;
}

static status_t write_text(struct call *call, struct command *command, status_t status,
                           uint64_t *length)
{
    *length = command->text.used < command->lent ? command->text.used : command->lent;
    status_t written = call_write(call, 0, 0, command->buffer, *length);
    return status == STATUS_OK ? written : status;
}

static status_t run(struct call *call, struct command *command, uint64_t *length)
{
    command_begin(command);
    if (!command->waiting || command_is_done(command, clock_read())) {
        give_up(command);
        return write_text(call, command, command->status, length);
    }
    command->reply = call_defer(call);
    command->used = command->reply != 0;
    if (!command->used) {
        give_up(command);
    }
    return STATUS_NO_KERNEL_MEMORY; /* taken no notice of when it was deferred */
}

/* The line's statement in a free place; OK, or what is to be answered. */
static status_t take_line(struct call *call, const uint8_t *line, size_t line_length,
                          struct command **taken, uint64_t *length)
{
    char error[SCRIPT_ERROR];
    struct command *command = free_command();
    if (badge_kind(call->in.badge) != BADGE_SERVICE) {
        return STATUS_BAD_METHOD;
    }
    if (command == NULL) {
        return STATUS_FULL;
    }
    *taken = command;
    command->pushed = NULL;
    command->caller = process_of_badge(call->in.badge);
    command->lent = lent_length(call);
    if (!script_parse_line((const char *)line, line_length, 0, &command->statement, error)) {
        command->text = text_in(command->buffer, sizeof(command->buffer));
        TEXT_PUT(&command->text, error, "\n");
        return write_text(call, command, STATUS_BAD_FORMAT, length);
    }
    return STATUS_OK;
}

static status_t serve_command(struct call *call, const uint8_t *line, size_t line_length,
                              uint64_t *length)
{
    struct command *command = NULL;
    status_t status = take_line(call, line, line_length, &command, length);
    if (status == STATUS_OK) {
        status = clear_lease(call, command->lent);
    }
    return status == STATUS_OK ? run(call, command, length) : status;
}

/* A page that is absent is no refusal: the call comes again. */
static status_t refuse_object(struct call *call, struct command *command, status_t status,
                              uint64_t *length)
{
    command->text = text_in(command->buffer, sizeof(command->buffer));
    if (status == STATUS_TOO_LARGE) {
        TEXT_PUT(&command->text, command->statement.options.object,
                 ": an object has at least one byte, and at most 8 MiB\n");
    } else if (status == STATUS_FULL || status == STATUS_NO_PAGES) {
        TEXT_PUT(&command->text, command->statement.options.object,
                 ": no room: too many objects from outside the boot set are in use\n");
    }
    return write_text(call, command, status, length);
}

/* The object's bytes make room for the text once they are copied. */
static status_t serve_replace(struct call *call, const uint8_t *line, size_t line_length,
                              uint64_t size, uint64_t *length)
{
    struct command *command = NULL;
    status_t status = take_line(call, line, line_length, &command, length);
    if (status == STATUS_OK && command->statement.verb != SCRIPT_REPLACE) {
        status = STATUS_BAD_ARGUMENT;
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = pushed_take(call, size, command->statement.options.object, &command->pushed);
    if (status != STATUS_OK) {
        return refuse_object(call, command, status, length);
    }
    status = clear_lease(call, command->lent);
    if (status != STATUS_OK) {
        give_up(command);
        return status;
    }
    return run(call, command, length);
}

static status_t serve_list(struct call *call, uint64_t *length)
{
    static char buffer[COMMAND_TEXT];
    struct text text = text_in(buffer, sizeof(buffer));
    if (badge_kind(call->in.badge) != BADGE_SERVICE) {
        return STATUS_BAD_METHOD;
    }
    command_list(&text);
    *length = text.used;
    return call_lease_length(call, 0) < text.used ? STATUS_TOO_LARGE
                                                  : call_write(call, 0, 0, buffer, text.used);
}

const struct service_operations commands_operations = {
    .list = serve_list,
    .command = serve_command,
    .replace = serve_replace,
    .graph = graph_serve,
};
