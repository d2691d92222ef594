/*
 * What services and programs are given: see grant.h and docs/SERVERS.md.
 */
#include "grant.h"

#include <sinter/object.h>

#include "mounts.h"
#include "text.h"

enum { COMMON = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_WATCH };

bool grant_check(const struct service *service, char line[INSTANCE_LINE])
{
    char asked[96];
    uint32_t refused = service->object->note->resources & ~service->options.allow;
    if (refused == 0) {
        return true;
    }
    struct text text = text_in(line, INSTANCE_LINE);
    script_allow_text(refused, asked, sizeof(asked));
    TEXT_PUT(&text, service->object->name, ": refused: asks for ", asked,
             ", which init.rc does not allow for `", service->name, "`");
    if (service->options.allow_line != 0) {
        text_put(&text, " (line ");
        text_put_number(&text, service->options.allow_line);
        text_put(&text, ")");
    }
    text_put(&text, "; add `allow` with these words to its line");
    return false;
}

static uint32_t machine_rights(uint32_t resources)
{
    return ((resources & RESOURCE_FIRMWARE) != 0 ? (uint32_t)RIGHT_MACHINE_RESET : 0u) |
           ((resources & RESOURCE_CONSOLE) != 0 ? (uint32_t)RIGHT_MACHINE_LOG : 0u) |
           ((resources & RESOURCE_CLOCK) != 0 ? (uint32_t)RIGHT_MACHINE_CLOCK : 0u) |
           ((resources & RESOURCE_ENTROPY) != 0 ? (uint32_t)RIGHT_MACHINE_ENTROPY : 0u) |
           ((resources & RESOURCE_DEBUG) != 0 ? (uint32_t)RIGHT_MACHINE_TRACE : 0u);
}

static void give_machine(struct instance_plan *plan, uint32_t resources)
{
    uint32_t rights = machine_rights(resources);
    if (rights != 0) {
        instance_give(plan, "machine", init.machine, rights | RIGHT_INSPECT, 0, 0);
    }
}

static void numbered(char name[24], const char *base, uint32_t number)
{
    struct text text = text_in(name, 24);
    text_put(&text, base);
    text_put_number(&text, number);
}

static void give_device(struct instance_plan *plan, const struct device *device, uint32_t resources)
{
    char name[24];
    for (uint32_t i = 0; (resources & RESOURCE_REGISTERS) != 0 && i < device->range_count; i++) {
        const struct device_range *range = &device->ranges[i];
        numbered(name, "registers", i);
        instance_give(plan, name, range->memory, COMMON | RIGHT_MEMORY_READ | RIGHT_MEMORY_WRITE,
                      range->address % LIMIT_PAGE_SIZE, range->size);
    }
    for (uint32_t i = 0; (resources & RESOURCE_INTERRUPTS) != 0 && i < device->line_count; i++) {
        numbered(name, "irq", i);
        instance_give(plan, name, device->lines[i].irq, COMMON | RIGHT_IRQ_CONTROL,
                      device->lines[i].line, 0);
    }
    instance_give(plan, "node", device->node_memory, COMMON | RIGHT_MEMORY_READ, device->node_bytes,
                  0);
}

static void give_boot_set(struct instance_plan *plan, uint32_t resources)
{
    if ((resources & RESOURCE_BOOTSET) != 0) {
        instance_give(plan, "bootset", init.initrd, COMMON | RIGHT_MEMORY_READ, init.initrd_offset,
                      init.archive.size);
    }
}

static void give_tree(struct instance_plan *plan, uint32_t resources)
{
    const struct start_handle *tree = start_handle_find(init.server.info, "devicetree");
    if ((resources & RESOURCE_DEVICETREE) != 0 && tree != NULL) {
        instance_give(plan, "devicetree", tree->handle, COMMON | RIGHT_MEMORY_READ, tree->extra[0],
                      tree->extra[1]);
    }
}

/* The line names the object and what could not be had. */
static bool refuse_device(const struct service *service, char line[INSTANCE_LINE])
{
    char why[SCRIPT_ERROR];
    if (service->device == NULL || device_open(service->device, why, sizeof(why))) {
        return true;
    }
    struct text text = text_in(line, INSTANCE_LINE);
    TEXT_PUT(&text, service->object->name, ": ", why);
    return false;
}

bool grant_service(struct service *service, struct instance_plan *plan, char line[INSTANCE_LINE])
{
    uint32_t resources = service->object->note->resources;
    if (!refuse_device(service, line)) {
        return false;
    }
    instance_give(plan, "account", service->account, COMMON | RIGHT_ACCOUNT_CHARGE, 0, 0);
    instance_give(plan, "supervisor", service->supervisor_endpoint, COMMON | RIGHT_ENDPOINT_CALL, 0,
                  0);
    instance_give(plan, "port", service->port, RIGHT_ALL, 0, 0);
    instance_give(plan, "control", service->control, COMMON | RIGHT_EVENT_WAIT | RIGHT_EVENT_SIGNAL,
                  0, 0);
    instance_give(plan, "alive", service->alive, COMMON | RIGHT_EVENT_SIGNAL, 0, 0);
    instance_give(plan, "process", service->starter, COMMON | RIGHT_ENDPOINT_CALL, 0, 0);
    if (service->root != 0) {
        instance_give(plan, "root", service->root, COMMON | RIGHT_ENDPOINT_CALL, 0, 0);
    } else if (!mounts_is_names(service)) {
        instance_give(plan, "namespace", mounts_root(), COMMON | RIGHT_ENDPOINT_CALL, 0, 0);
    }
    if (service->device != NULL) {
        give_device(plan, service->device, resources);
    }
    give_tree(plan, resources);
    give_boot_set(plan, resources);
    give_machine(plan, resources);
    return true;
}

void grant_program(const struct object_note *note, uint32_t allow, struct instance_plan *plan)
{
    instance_give(plan, "account", plan->account, COMMON | RIGHT_ACCOUNT_CHARGE, 0, 0);
    instance_give(plan, "namespace", mounts_root(), COMMON | RIGHT_ENDPOINT_CALL, 0, 0);
    give_machine(plan, note->resources & allow);
}

status_t grant_account(uint64_t pages, uint64_t kernel_bytes, handle_t *account)
{
    status_t status = account_create(init.root, account);
    if (status != STATUS_OK) {
        return status;
    }
    status = account_limit(*account, ACCOUNT_PAGES, pages, 0);
    if (status == STATUS_OK) {
        status = account_limit(*account, ACCOUNT_KERNEL, kernel_bytes, 0);
    }
    if (status != STATUS_OK) {
        close_if(account);
    }
    return status;
}
