/*
 * What `svc list`, `status`, `log` and `help` print.
 */
#include "command.h"
#include "dev.h"
#include "log.h"

enum {
    COLUMN_STATE = 18,
    COLUMN_RESTARTS = 30,
    COLUMN_PAGES = 40,
    COLUMN_OBJECT = 50,
    NAMES = 128
};

static uint64_t pages_of(const struct service *service)
{
    uint64_t pages = 0;
    if (service->account != 0) {
        status_ignore(account_info(service->account, &pages, NULL, NULL, NULL, NULL));
    }
    return pages;
}

void command_list(struct text *text)
{
    text_put(text, "NAME");
    text_put_column(text, COLUMN_STATE);
    text_put(text, "STATE");
    text_put_column(text, COLUMN_RESTARTS);
    text_put(text, "RESTARTS");
    text_put_column(text, COLUMN_PAGES);
    text_put(text, "KIB");
    text_put_column(text, COLUMN_OBJECT);
    text_put(text, "OBJECT\n");
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        const struct service *service = &services[i];
        if (!service->used) {
            continue;
        }
        text_put(text, service->name);
        text_put_column(text, COLUMN_STATE);
        text_put(text, service_state_text(service));
        text_put_column(text, COLUMN_RESTARTS);
        text_put_number(text, service->restarts);
        text_put_column(text, COLUMN_PAGES);
        text_put_number(text, pages_of(service) * (LIMIT_PAGE_SIZE / 1024));
        text_put_column(text, COLUMN_OBJECT);
        TEXT_PUT(text, service->object == NULL ? "-" : service->object->name, "\n");
    }
}

static void put_device(struct text *text, const struct device *device)
{
    for (uint32_t i = 0; i < device->range_count; i++) {
        text_put(text, "registers:  ");
        text_put_hex(text, device->ranges[i].address, 1);
        text_put(text, ", ");
        text_put_number(text, device->ranges[i].size);
        text_put(text, " bytes\n");
    }
    for (uint32_t i = 0; i < device->line_count; i++) {
        text_put(text, "interrupt:  line ");
        text_put_number(text, device->lines[i].line);
        text_put(text, "\n");
    }
}

static void put_allowed(struct text *text, const struct service *service)
{
    char words[NAMES];
    script_allow_text(service->options.allow, words, sizeof(words));
    TEXT_PUT(text, "allowed:    ", words[0] == '\0' ? "nothing" : words, "\n");
    script_allow_text(service->object->note->resources, words, sizeof(words));
    TEXT_PUT(text, "asks for:   ", words[0] == '\0' ? "nothing" : words, "\n");
}

/* One that is not of the boot set says where it is from. */
static void put_object(struct text *text, const struct boot_file *object)
{
    TEXT_PUT(text, "object:     ", object->name);
    if (object->source != NULL) {
        TEXT_PUT(text, " (from ", object->source, ", ");
        text_put_number(text, object->size);
        text_put(text, " bytes)");
    }
    text_put(text, "\n");
}

void command_status(struct text *text, struct service *service)
{
    char names[NAMES];
    TEXT_PUT(text, "service:    ", service->name, "\n", "state:      ", service_state_text(service),
             ", for ");
    text_put_seconds(text, clock_read() - service->since);
    text_put(text, "\nrestarts:   ");
    text_put_number(text, service->restarts);
    text_put(text, "\nmemory:     ");
    text_put_number(text, pages_of(service) * (LIMIT_PAGE_SIZE / 1024));
    text_put(text, " KiB\ncpu:        ");
    if (service->options.cpu != 0) {
        text_put(text, "at most ");
        text_put_number(text, service->options.cpu);
        text_put(text, "% of one CPU\n");
    } else {
        text_put(text, "no limit\n");
    }
    if (service->reason[0] != '\0') {
        TEXT_PUT(text, "reason:     ", service->reason, "\n");
    }
    if (service->object != NULL) {
        put_object(text, service->object);
        put_allowed(text, service);
    }
    if (service->options.root[0] != '\0') {
        TEXT_PUT(text, "root:       ", service->options.root, "\n");
    }
    dev_text(service, names, sizeof(names));
    if (names[0] != '\0') {
        TEXT_PUT(text, "files:      ", names, "\n");
    }
    if (service->device != NULL) {
        put_device(text, service->device);
    }
    text_put(text, service->report);
}

void command_log(struct text *text, struct service *service)
{
    static struct log_lines lines; /* the main thread's */
    text_put(text, service->report);
    log_of_task(&lines, service->name, INIT_NEVER, text);
    if (text->used == 0) {
        TEXT_PUT(text, service->name, " has not crashed, and has nothing in the log\n");
    }
}

void command_help(struct text *text)
{
    text_put(text,
             "list                          all services\n"
             "start NAME [options]          start a service; declares it if need be\n"
             "stop NAME|all [--force]       stop in order, if nobody uses it or by force\n"
             "restart NAME                  stop and start; open files stay\n"
             "replace NAME with OBJECT      go on with another object; open files stay\n"
             "disable NAME                  it is not to be started\n"
             "enable NAME                   it may be again\n"
             "kill NAME [--fault KIND]      end it, or make it fail: null, illegal, loop, exit\n"
             "status NAME                   what is known about it\n"
             "log NAME                      what it logged, and of its last crash\n"
             "crashes [NAME] [--previous]   the last crashes, also before a reboot; its reports\n"
             "wait [NAME [TIME]]            until nothing is on its way up or down\n"
             "service NAME OBJECT [options] declare without starting\n"
             "program NAME OBJECT [allow W] what a program may have\n"
             "devices [options]             start the drivers of all devices\n"
             "console DEVICE run PROGRAM    keep a program running on a device\n"
             "mount [PATH NAME]             a service's files below a path; alone: what is\n"
             "unmount PATH                  take them from there\n"
             "on-failed NAME WHAT           nothing, reboot, or a service to start instead\n"
             "echo WORDS                    print them\n"
             "check FILE                    what is wrong with a script; only `svc` has this\n"
             "graph [--dot]                 who has endpoints of whom; only `svc` has this\n"
             "help                          this list; docs/INIT.md has all, with the options\n");
}
