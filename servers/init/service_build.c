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
    KERNEL_BYTES = 1 << 20, /* of kernel objects */
};

/* What every instance uses, made at the first start. */
static status_t make_lasting(struct service *service)
{
    const struct object_note *note = &service->object->note;
    uint64_t pages = service->options.memory / LIMIT_PAGE_SIZE;
    status_t status;
    pages = pages != 0 ? pages : note->memory;
    pages = pages != 0 ? pages : PAGES;
    if (service->account == 0 &&
        (status = grant_account(pages, KERNEL_BYTES, &service->account)) != STATUS_OK) {
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

static uint32_t priority_of(const struct service *service)
{
    uint32_t priority = service->options.priority;
    priority = priority != 0 ? priority : service->object->note.priority;
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

status_t service_build(struct service *service)
{
    static struct instance_plan plan; /* the worker does one job at a time */
    static char texts[SCRIPT_NAME + SCRIPT_TEXT];
    status_t status = instance_note(service->object, service->line);
    if (status != STATUS_OK) {
        return status;
    }
    if (service->object->note.kind == KIND_PROGRAM) {
        struct text text = text_in(service->line, INSTANCE_LINE);
        TEXT_PUT(&text, service->object->name,
                 ": refused: is a program, not a server; type its name at the prompt");
        return STATUS_REFUSED;
    }
    if (!grant_check(service, service->line)) {
        return STATUS_REFUSED;
    }
    status = make_lasting(service);
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
    return instance_build(&service->instance, &plan, service->line);
}
