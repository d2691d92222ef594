/*
 * Statements carried out: see command.h; docs/INIT.md says what each does. Longer than other files:
 * a list of statements, with what they share.
 */
#include "command.h"

#include <sinter/protocol/service.h>

#include "attach.h"
#include "console.h"
#include "kept.h"
#include "loader.h"
#include "mounts.h"
#include "pushed.h"
#include "replace.h"
#include "report.h"
#include "stop.h"

#define INIT_OBJECT "init.o"

#define SERVICE_BIT(service) (1ull << service_slot(service))

static void fail(struct command *command, status_t status, const char *const pieces[])
{
    command->status = status;
    text_put_pieces(&command->text, pieces);
    text_put(&command->text, "\n");
}
#define FAIL(command, status, ...) fail(command, status, (const char *const[]){__VA_ARGS__, NULL})

static void wait_for(struct command *command, const struct service *service)
{
    command->services |= SERVICE_BIT(service);
    command->waiting = true;
}

/* The loader is no service, but init keeps it running all the same. */
static bool is_loader(const struct command *command)
{
    return text_same(command->statement.name, "loader");
}

static struct service *find(struct command *command)
{
    struct service *service = service_find(command->statement.name);
    if (service == NULL && is_loader(command)) {
        FAIL(command, STATUS_NOT_FOUND, "the loader is no service: it can be named in ",
             "`kill loader` and `restart loader` only");
    } else if (service == NULL) {
        FAIL(command, STATUS_NOT_FOUND, "there is no service `", command->statement.name,
             "`; `svc list` shows them");
    }
    return service;
}

/* Whether the service (null: there is none yet) may be of the object; if not the text says why. */
static bool may_be_of(struct command *command, const struct service *service,
                      const struct boot_file *file)
{
    if (text_same(file->name, INIT_OBJECT)) {
        FAIL(command, STATUS_REFUSED, INIT_OBJECT " is the supervisor itself, which runs already");
        return false;
    }
    bool idle = service == NULL || service->object == NULL || service->object == file ||
                service_is_down(service);
    if (!idle) {
        FAIL(command, STATUS_REFUSED, service->name, " is ", service_state_name(service->state),
             " with the object ", service->object->name, "; stop it before it gets another");
    }
    return idle;
}

/* The entry with its object; null: the text says why not. */
static struct service *declare(struct command *command)
{
    const struct script_options *options = &command->statement.options;
    const char *name = command->statement.name;
    const char *object = name;
    bool has_object = (options->given & (SCRIPT_HAS_OBJECT | SCRIPT_HAS_ALIAS)) != 0;
    if ((options->given & SCRIPT_HAS_OBJECT) != 0) {
        object = options->object;
    }
    if ((options->given & SCRIPT_HAS_ALIAS) != 0) {
        name = options->alias;
    }
    struct service *service = service_find(name);
    bool known = service != NULL && service->object != NULL && !has_object;
    struct boot_file *file = known ? service->object : catalog_object(object);
    if (file == NULL) {
        FAIL(command, STATUS_NOT_FOUND, "the boot set has no object `", object,
             "`; `ls /boot` shows what there is");
        return NULL;
    }
    if (!may_be_of(command, service, file)) {
        return NULL;
    }
    if (service != NULL && service->job.queued && options->given != 0) { /* the worker reads them */
        FAIL(command, STATUS_REFUSED, name, " is being loaded; give it options when it runs");
        return NULL;
    }
    service = service != NULL ? service : service_declare(name);
    if (service == NULL) {
        FAIL(command, STATUS_FULL, "no room for another service");
        return NULL;
    }
    service->former = service->object == file ? service->former : NULL;
    service->object = file;
    script_options_merge(&service->options, options);
    if (service->options.allow_line == 0) {
        service->options.allow_line = command->statement.line;
    }
    return service;
}

/* Whether the statement itself says that the service is to wait for its first use. */
static bool is_on_demand(const struct command *command)
{
    return (command->statement.options.given & SCRIPT_HAS_DEMAND) != 0;
}

static bool is_disabled(struct command *command, const struct service *service)
{
    if (service->disabled) {
        FAIL(command, STATUS_REFUSED, service->name, " is disabled; `enable ", service->name,
             "` lets it start again");
    }
    return service->disabled;
}

/* Whether it would start without the device that it had. */
static bool lacks_device(struct command *command, struct service *service)
{
    const struct service *driver = NULL;
    if (attach_take_back(service, &driver)) {
        return false;
    }
    FAIL(command, STATUS_BUSY, "the device of ", service->name, " is driven by ", driver->name,
         ", which is ", service_state_name(driver->state), "; `stop ", driver->name, "` first");
    return true;
}

/* Whether it runs, or may be started. */
static bool may_run(struct command *command, struct service *service)
{
    return service_is_up(service) ||
           (!is_disabled(command, service) && !lacks_device(command, service));
}

static void run_start(struct command *command)
{
    struct service *service = declare(command);
    if (service == NULL || is_disabled(command, service) || lacks_device(command, service)) {
        return;
    }
    if (is_on_demand(command)) {
        service_await(service);
    } else {
        service_start(service);
    }
    wait_for(command, service);
}

/* Says who uses a service. `stop all` takes services that use one another along. */
static bool is_in_use(struct command *command, const struct service *service)
{
    const char *name = command->statement.name;
    char users[COMMAND_TEXT / 4];
    struct text text = text_in(users, sizeof(users));
    stop_users(&text, service, command->caller, text_same(name, "all"));
    if (text.used == 0) {
        return false;
    }
    TEXT_PUT(&command->text, service->name, ": in use by ", users,
             "; stop them first, or: svc stop ", name, " --force\n");
    return true;
}

static void run_stop(struct command *command)
{
    bool all = text_same(command->statement.name, "all");
    struct service *one = all ? NULL : find(command);
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        struct service *service = &services[i];
        if (!service->used || (!all && service != one)) {
            continue;
        }
        if (!command->statement.force && is_in_use(command, service)) {
            command->status = STATUS_BUSY;
        }
        wait_for(command, service);
    }
    if (command->status == STATUS_OK) {
        command->to_stop = command->services;
    } else {
        command->waiting = false;
    }
}

static void run_restart(struct command *command)
{
    if (is_loader(command)) {
        loader_kill();
        return;
    }
    struct service *service = find(command);
    if (service != NULL && service->object != NULL && may_run(command, service)) {
        service_restart(service);
        wait_for(command, service);
    }
}

/* What the service is to be made of: bytes that came with the command, or one of the boot set. */
static struct boot_file *new_object(struct command *command)
{
    const char *word = command->statement.options.object;
    struct boot_file *file = command->pushed != NULL ? command->pushed : catalog_object(word);
    if (file == NULL) {
        FAIL(command, STATUS_NOT_FOUND, "the boot set has no object `", word,
             "`; `svc replace` takes the path of any other file, if it has a `/`");
    } else if (text_same(file->name, INIT_OBJECT) && command->pushed == NULL) {
        FAIL(command, STATUS_REFUSED, INIT_OBJECT " is the supervisor itself");
        return NULL;
    }
    return file;
}

static void run_replace(struct command *command)
{
    struct service *service = find(command);
    command->new_object = service != NULL ? new_object(command) : NULL;
    if (command->new_object == NULL) {
        return;
    }
    if (service->object == NULL) {
        FAIL(command, STATUS_FAILED, service->name, " has no object that could be replaced");
    } else if (service_is_personality(service) && !service_is_down(service)) {
        FAIL(command, STATUS_REFUSED, service->name,
             " is a personality, whose programs cannot be handed over to another object; `stop ",
             service->name, "` first");
    } else if (may_run(command, service)) {
        command->waiting = true;
        command->replaced = service;
        command->replaces = replace_begin(command, service, command->new_object);
    }
}

/* Replacements take their turns. */
static bool replace_is_done(struct command *command)
{
    if (!command->replaces) {
        command->replaces = replace_begin(command, command->replaced, command->new_object);
        return false;
    }
    return replace_is_over(command, &command->status, &command->text);
}

static void run_kill(struct command *command)
{
    static const uint64_t bits[] = {
        [SERVICE_FAULT_NULL] = CONTROL_FAULT_NULL,
        [SERVICE_FAULT_ILLEGAL] = CONTROL_FAULT_ILLEGAL,
        [SERVICE_FAULT_LOOP] = CONTROL_FAULT_LOOP,
        [SERVICE_FAULT_EXIT] = CONTROL_FAULT_EXIT,
    };
    if (is_loader(command) && command->statement.fault == SERVICE_FAULT_NONE) {
        loader_kill();
        return;
    }
    struct service *service = find(command);
    if (service == NULL) {
        return;
    }
    if (!service_is_up(service)) {
        FAIL(command, STATUS_FAILED, service->name, " is ", service_state_name(service->state),
             "; there is nothing to end");
        return;
    }
    if (command->statement.fault == SERVICE_FAULT_NONE) {
        service_kill(service, "killed by command");
    } else {
        status_ignore(event_signal(service->control, bits[command->statement.fault]));
    }
}

static void run_wait(struct command *command)
{
    bool all = command->statement.name[0] == '\0';
    struct service *one = all ? NULL : find(command);
    command->waiting = all || one != NULL;
    command->services = all ? UINT64_MAX : one == NULL ? 0 : SERVICE_BIT(one);
    if (command->statement.time != 0) {
        command->deadline = clock_read() + command->statement.time;
    }
}

static void run_echo(struct command *command)
{
    const struct script_arguments *arguments = &command->statement.options.arguments;
    const char *word = arguments->text;
    for (uint32_t i = 0; i < arguments->count; i++) {
        TEXT_PUT(&command->text, i == 0 ? "" : " ", word);
        word += text_length(word) + 1;
    }
    text_put(&command->text, "\n");
}

static void run_declare(struct command *command)
{
    struct service *service = declare(command);
    if (service != NULL && is_on_demand(command) && !lacks_device(command, service)) {
        service_await(service);
        wait_for(command, service);
    }
}

static void run_enable(struct command *command)
{
    struct service *service = find(command);
    if (service == NULL) {
        return;
    }
    if (service->options.demand && lacks_device(command, service)) {
        return;
    }
    service_enable(service);
    if (service->options.demand) {
        wait_for(command, service);
    }
}

static void run_disable(struct command *command)
{
    struct service *service = find(command);
    if (service != NULL) {
        service_disable(service);
    }
}

static void run_program(struct command *command)
{
    const struct script_options *options = &command->statement.options;
    if (!process_allow(options->object, options->allow)) {
        FAIL(command, STATUS_NOT_FOUND, "the boot set has no program `", options->object, "`");
    }
}

static void run_console(struct command *command)
{
    char why[SCRIPT_ERROR];
    if (!console_add(&command->statement, why)) {
        FAIL(command, STATUS_NOT_FOUND, why);
    }
}

static void run_on_failed(struct command *command)
{
    const struct script_options *options = &command->statement.options;
    struct service *service = find(command);
    if (options->failed == SCRIPT_START_OTHER && service_find(options->other) == NULL) {
        FAIL(command, STATUS_NOT_FOUND, "there is no service `", options->other,
             "` that could be started instead; declare it before this line");
    } else if (service != NULL) {
        script_options_merge(&service->options, options);
    }
}

/* The report of a crash follows the restart: it may still be on its way. */
static bool show(struct command *command)
{
    if (report_is_pending(command->shown)) {
        return false;
    }
    if (command->statement.verb == SCRIPT_LOG) {
        command_log(&command->text, command->shown);
    } else {
        command_status(&command->text, command->shown);
    }
    return true;
}

static void run_show(struct command *command)
{
    command->shown = find(command);
    if (command->shown != NULL) {
        report_write(command->shown, 0);
        command->waiting = !show(command);
    }
}

static void run_list(struct command *command)
{
    command_list(&command->text);
}

static void run_crashes(struct command *command)
{
    kept_text(&command->text, command->statement.name, command->statement.previous);
}

static void run_help(struct command *command)
{
    command_help(&command->text);
}

static void run_mount(struct command *command)
{
    char why[SCRIPT_ERROR];
    const struct script_statement *statement = &command->statement;
    if (statement->path[0] == '\0') {
        mounts_text(&command->text);
    } else if (!mounts_add(statement->path, statement->name, why)) {
        FAIL(command, STATUS_REFUSED, why);
    }
}

static void run_unmount(struct command *command)
{
    char why[SCRIPT_ERROR];
    if (!mounts_remove(command->statement.path, why)) {
        FAIL(command, STATUS_REFUSED, why);
    }
}

/* The notes of the objects that may be wanted have to be read first: by the worker. */
static struct job notes_job;

static void read_notes(struct job *job)
{
    char line[INSTANCE_LINE];
    (void)job;
    device_look();
    for (uint32_t i = 0; i < catalog.count; i++) {
        struct boot_file *file = &catalog.files[i];
        if (!catalog_is_object(file) || file->note_read || file->not_wanted) {
            continue;
        }
        file->not_wanted = !device_is_wanted(file);
        if (!file->not_wanted && instance_note(file, line) != STATUS_OK) {
            log_line("%s", line);
        }
    }
}

static void finish_notes(struct job *job)
{
    (void)job;
    init_look_again();
}

static void run_devices(struct command *command)
{
    const struct script_options *options = &command->statement.options;
    if ((options->given & SCRIPT_HAS_OBJECT) != 0 && catalog_object(options->object) == NULL) {
        FAIL(command, STATUS_NOT_FOUND, "the boot set has no object `", options->object, "`");
        return;
    }
    command->notes_wanted = true;
    command->waiting = true;
    notes_job.run = read_notes;
    notes_job.done = finish_notes;
    if (!notes_job.queued) {
        worker_submit(&notes_job);
    }
}

static void (*const verbs[])(struct command *command) = {
    [SCRIPT_SERVICE] = run_declare, [SCRIPT_PROGRAM] = run_program,
    [SCRIPT_START] = run_start,     [SCRIPT_STOP] = run_stop,
    [SCRIPT_RESTART] = run_restart, [SCRIPT_KILL] = run_kill,
    [SCRIPT_STATUS] = run_show,     [SCRIPT_LOG] = run_show,
    [SCRIPT_LIST] = run_list,       [SCRIPT_WAIT] = run_wait,
    [SCRIPT_ECHO] = run_echo,       [SCRIPT_DEVICES] = run_devices,
    [SCRIPT_CONSOLE] = run_console, [SCRIPT_ON_FAILED] = run_on_failed,
    [SCRIPT_HELP] = run_help,       [SCRIPT_MOUNT] = run_mount,
    [SCRIPT_UNMOUNT] = run_unmount, [SCRIPT_ENABLE] = run_enable,
    [SCRIPT_DISABLE] = run_disable, [SCRIPT_REPLACE] = run_replace,
    [SCRIPT_CRASHES] = run_crashes,
};

void command_begin(struct command *command)
{
    command->text = text_in(command->buffer, sizeof(command->buffer));
    command->shown = NULL;
    command->replaced = NULL;
    command->status = STATUS_OK;
    command->waiting = false;
    command->notes_wanted = false;
    command->began = clock_read();
    command->services = 0;
    command->to_stop = 0;
    command->asked = 0;
    command->deadline = INIT_NEVER;
    if (command->statement.verb != SCRIPT_EMPTY) {
        verbs[command->statement.verb](command);
    }
}

static void judge_one(struct command *command, const struct service *service)
{
    bool starts = command->statement.verb == SCRIPT_START;
    bool stops = command->statement.verb == SCRIPT_STOP;
    bool restarts = command->statement.verb == SCRIPT_RESTART;
    if ((stops || restarts) && service->overdue > command->began) {
        TEXT_PUT(&command->text, service->name, ": did not stop in its time and was ended\n");
    }
    if (stops && service->state == SERVICE_RUNNING) {
        FAIL(command, STATUS_FAILED, service->name, " has been started again meanwhile");
    }
    if ((starts || restarts) && service->state == SERVICE_STOPPED &&
        service->stop_asked > command->began) {
        FAIL(command, STATUS_FAILED, service->name, " has been stopped meanwhile");
    }
    if (service->state == SERVICE_FAILED && !stops) {
        const char *reason = service->reason;
        bool named = text_starts(reason, service->object->name);
        FAIL(command, STATUS_FAILED, named ? "" : service->name, named ? "" : ": ", reason);
    }
}

/* Says which service was to run and does not, and which had to be ended. */
static void judge(struct command *command)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        if (services[i].used && (command->services & 1ull << i) != 0) {
            judge_one(command, &services[i]);
        }
    }
}

bool command_is_done(struct command *command, uint64_t now)
{
    if (command->shown != NULL) {
        return show(command);
    }
    if (command->replaced != NULL) {
        return replace_is_done(command);
    }
    if (command->notes_wanted) {
        if (notes_job.queued || !attach_can_begin()) {
            return false;
        }
        command->notes_wanted = false;
        attach_devices(&command->statement.options, &command->services);
    }
    if (!stop_in_turn(&command->to_stop, &command->asked)) {
        return false;
    }
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        if (services[i].used && (command->services & 1ull << i) != 0 &&
            !service_is_settled(&services[i])) {
            if (command->deadline > now) {
                return false;
            }
            FAIL(command, STATUS_TIMED_OUT, services[i].name, " is still ",
                 service_state_name(services[i].state));
        }
    }
    judge(command);
    return true;
}
