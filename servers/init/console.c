/*
 * Consoles: see console.h.
 */
#include "console.h"

#include "dev.h"
#include "names.h"
#include "process.h"
#include "stop.h"
#include "text.h"

#define DEV "/dev/"

enum { CONSOLES = 4 };
#define RETRY     (500 * INIT_MILLISECOND)  /* while the device is not there */
#define PAUSE     (1000 * INIT_MILLISECOND) /* after a program that ended at once */
#define SHORT_RUN (2 * INIT_SECOND)

static struct console {
    bool used;
    bool running;
    uint64_t due; /* when to try next */
    uint64_t started;
    uint32_t allow;
    struct boot_file *file;
    char path[SCRIPT_PATH];
    bool is_missed; /* the log has said that the device is not there */
    bool on_demand; /* it is not missed: the machine may have no such device */
    struct script_arguments arguments;
} consoles[CONSOLES];

bool console_add(const struct script_statement *statement, char why[SCRIPT_ERROR])
{
    struct text text = text_in(why, SCRIPT_ERROR);
    struct boot_file *file = catalog_object(statement->options.object);
    if (file == NULL) {
        TEXT_PUT(&text, "the boot set has no program `", statement->options.object, "`");
        return false;
    }
    for (int i = 0; i < CONSOLES; i++) {
        if (!consoles[i].used) {
            consoles[i] =
                (struct console){.used = true, .file = file, .allow = statement->options.allow};
            consoles[i].on_demand = statement->options.demand != 0;
            consoles[i].arguments = statement->options.arguments;
            text_copy(consoles[i].path, SCRIPT_PATH, statement->path);
            init_look_again();
            return true;
        }
    }
    text_put(&text, "too many consoles; at most 4");
    return false;
}

static void told(void *context, status_t status, const char *line)
{
    struct console *console = context;
    uint64_t now = clock_read();
    console->running = false;
    console->due = now - console->started < SHORT_RUN ? now + PAUSE : now;
    if (status != STATUS_OK) {
        log_line("%s", line);
    }
    init_look_again();
}

static void start(struct console *console, uint64_t now)
{
    handle_t file = 0;
    uint32_t kind = 0;
    status_t status = names_open(console->path, &kind, &file);
    console->due = now + RETRY;
    if (status != STATUS_OK && !console->is_missed) {
        log_line("%s waits for its console %s: %s", console->file->name, console->path,
                 status_text(status));
    }
    console->is_missed = status != STATUS_OK;
    if (status != STATUS_OK) {
        return;
    }
    struct process_request request = {
        .file = console->file,
        .files = {file, file, file},
        .kind = kind,
        .allow = console->allow | process_allowed(console->file),
        .arguments = &console->arguments,
        .told = told,
        .context = console,
    };
    status = process_run(&request);
    status_ignore(handle_close(file));
    console->running = status == STATUS_OK;
    console->started = now;
    if (status != STATUS_OK) {
        log_line("%s cannot be started: %s", console->file->name, status_text(status));
    }
}

/* One on demand waits for its device without asking: a new name has everything looked at again. */
static bool may_start(const struct console *console)
{
    const char *path = console->path;
    return !console->on_demand || !text_starts(path, DEV) ||
           dev_find(path + sizeof(DEV) - 1) != NULL;
}

uint64_t console_tick(uint64_t now)
{
    uint64_t next = INIT_NEVER;
    for (int i = 0; i < CONSOLES && !stop_is_final(); i++) {
        struct console *console = &consoles[i];
        if (!console->used || console->running || !may_start(console)) {
            continue;
        }
        if (console->due <= now) {
            start(console, now);
        }
        if (!console->running && console->due < next) {
            next = console->due;
        }
    }
    return next;
}
