/*
 * Building an instance of a service, on the worker: its note, its account and port, its handles,
 * its task.
 */
#include <sinter/object.h>

#include "grant.h"
#include "memory.h"
#include "service.h"
#include "text.h"

enum {
    PRIORITY = 12,          /* when neither the note nor the script says */
    PRIORITY_MOST = 23,     /* below init's own threads */
    PAGES = 2048,           /* limit when neither the note nor the script says */
    KERNEL_BYTES = 1 << 20, /* of kernel objects, or a share of the memory if that is more */
    KERNEL_SHARE = 16,
    CPU_PERIOD_MS = 100, /* in which its share of CPU time counts */
};

static uint64_t pages_limit(const struct service *service)
{
    uint64_t pages = (service->options.memory + LIMIT_PAGE_SIZE - 1) / LIMIT_PAGE_SIZE;
    pages = pages != 0 ? pages : service->object->note->memory;
    return pages != 0 ? pages : PAGES;
}

static uint64_t kernel_limit(const struct service *service)
{
    uint64_t share = pages_limit(service) * LIMIT_PAGE_SIZE / KERNEL_SHARE;
    return share > KERNEL_BYTES ? share : KERNEL_BYTES;
}

status_t service_make_lasting(struct service *service)
{
    status_t status;
    if (service->account == 0 &&
        (status = grant_account(pages_limit(service), kernel_limit(service), &service->account)) !=
            STATUS_OK) {
        return status;
    }
    if (service->port != 0) {
        return STATUS_OK;
    }
    if ((status = port_create(service->account, &service->port)) != STATUS_OK ||
        (status = event_create(service->account, &service->control)) != STATUS_OK) {
        return status;
    }
    return event_create(service->account, &service->alive);
}

/* The script may have changed them since the last instance. */
static status_t set_limits(const struct service *service)
{
    status_t status = account_limit(service->account, ACCOUNT_PAGES, pages_limit(service), 0);
    uint64_t period = (uint64_t)CPU_PERIOD_MS * INIT_MILLISECOND;
    uint64_t limit = service->options.cpu == 0 ? UINT64_MAX : period / 100 * service->options.cpu;
    return status == STATUS_OK ? account_limit(service->account, ACCOUNT_CPU, limit, period)
                               : status;
}

static uint32_t priority_of(const struct service *service)
{
    uint32_t priority = service->options.priority;
    priority = priority != 0 ? priority : service->object->note->priority;
    priority = priority != 0 ? priority : PRIORITY;
    return priority < PRIORITY_MOST ? priority : PRIORITY_MOST;
}

/* The service's name comes before the arguments of the script. */
static uint32_t write_texts(const struct service *service, char *to, uint32_t size)
{
    const struct script_arguments *arguments = &service->options.arguments;
    uint32_t used = (uint32_t)text_length(service->name) + 1;
    text_copy(to, size, service->name);
    memcpy(to + used, arguments->text, arguments->bytes);
    return used + arguments->bytes;
}

static void tell_limit(struct service *service)
{
    char line[INSTANCE_LINE];
    struct text text = text_in(line, sizeof(line));
    TEXT_PUT(&text, service->line, "; its option `memory` gives it ");
    text_put_number(&text, pages_limit(service) * LIMIT_PAGE_SIZE / 1024);
    text_put(&text, "K");
    text_copy(service->line, sizeof(service->line), line);
}

/* Its programs see nothing outside a root of their own: not through it either. */
static bool check_root(struct service *service)
{
    struct text text = text_in(service->line, INSTANCE_LINE);
    if (service->options.root[0] != '\0' && !service_is_personality(service)) {
        TEXT_PUT(&text, service->object->name,
                 ": refused: has the option `root`, which is for personalities");
        return false;
    }
    if (service->options.root[0] != '\0' && (service->options.allow & SCRIPT_ALLOW_SPAWN) != 0) {
        TEXT_PUT(&text, service->object->name,
                 ": refused: `root` and `allow spawn` exclude one "
                 "another: what it started would see everything");
        return false;
    }
    return true;
}

status_t service_prepare(struct service *service)
{
    status_t status = instance_note(service->object, service->line);
    if (status != STATUS_OK) {
        return status;
    }
    if (service->object->note->kind == KIND_PROGRAM) {
        struct text text = text_in(service->line, INSTANCE_LINE);
        TEXT_PUT(&text, service->object->name,
                 ": refused: is a program, not a server; type its name at the prompt");
        return STATUS_REFUSED;
    }
    return grant_check(service, service->line) && check_root(service) ? STATUS_OK : STATUS_REFUSED;
}

status_t service_build(struct service *service)
{
    static struct instance_plan plan; /* the worker does one job at a time */
    static char texts[SCRIPT_NAME + SCRIPT_TEXT];
    status_t status = service_prepare(service);
    if (status != STATUS_OK) {
        return status;
    }
    status = service_make_lasting(service);
    if (status == STATUS_OK) {
        status = set_limits(service);
    }
    if (status != STATUS_OK) {
        text_copy(service->line, INSTANCE_LINE, status_text(status));
        return status;
    }
    memset(&plan, 0, sizeof(plan));
    plan.file = service->object;
    plan.name = service->name;
    plan.account = service->account;
    plan.fault_endpoint = service->fault_endpoint;
    plan.priority = priority_of(service);
    plan.argument_count = 1 + service->options.arguments.count;
    plan.texts = texts;
    plan.text_bytes = write_texts(service, texts, sizeof(texts));
    if (!grant_service(service, &plan, service->line)) {
        return STATUS_REFUSED;
    }
    status = instance_build(&service->instance, &plan, service->line);
    if (status == STATUS_NO_PAGES) {
        tell_limit(service);
    }
    return status;
}
