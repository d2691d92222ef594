/*
 * Init's own handles: see init.h.
 */
#include "init.h"

#include "memory.h"

struct init init;

void close_if(handle_t *handle)
{
    if (*handle != 0) {
        status_ignore(handle_close(*handle));
        *handle = 0;
    }
}

status_t init_mint(enum badge_kind kind, uint32_t generation, uint32_t slot, handle_t *endpoint)
{
    return port_mint(init.port, badge_make(kind, generation, slot), ENDPOINT_GONE, endpoint);
}

uint64_t init_random(void)
{
    uint64_t value = 0;
    if (entropy_read(sizeof(value)) == STATUS_OK) {
        memcpy(&value, message_page()->data, sizeof(value));
    }
    return value;
}

void init_look_again(void)
{
    status_ignore(event_signal(init.event, INIT_EVENT_LOOK));
}

status_t init_map(handle_t memory, uint64_t length, uint32_t flags, uint64_t *hint)
{
    status_t status = STATUS_OVERLAP;
    if (*hint != 0) {
        status = space_map(0, memory, *hint, 0, length, flags | MAP_FIXED, hint);
    }
    return status == STATUS_OK ? STATUS_OK : space_map(0, memory, 0, 0, length, flags, hint);
}

/* Maps bytes of a start handle's memory, for good. */
static const void *map_start(const struct start_info *info, const char *name, uint64_t *size)
{
    const struct start_handle *found = start_handle_find(info, name);
    uint64_t mapped;
    if (found == NULL || found->extra[1] == 0) {
        return NULL;
    }
    uint64_t skew = found->extra[0] % LIMIT_PAGE_SIZE;
    uint64_t length =
        (skew + found->extra[1] + LIMIT_PAGE_SIZE - 1) & ~(uint64_t)(LIMIT_PAGE_SIZE - 1);
    status_t status =
        space_map(0, found->handle, 0, found->extra[0] - skew, length, MAP_READ, &mapped);
    if (status != STATUS_OK) {
        log_line("`%s` cannot be mapped: %s", name, status_text(status));
        return NULL;
    }
    *size = found->extra[1];
    return (const void *)(uintptr_t)(mapped + skew);
}

static bool map_boot_set(const struct start_info *info)
{
    const struct start_handle *initrd = start_handle_find(info, "initrd");
    uint64_t size = 0;
    init.archive.bytes = map_start(info, "initrd", &size);
    init.archive.size = size;
    if (init.archive.bytes == NULL) {
        log_line("there is no initrd; boot with one that holds boot/init.rc");
        return false;
    }
    init.initrd = initrd->handle;
    init.initrd_offset = initrd->extra[0];
    return true;
}

static void open_tree(const struct start_info *info)
{
    uint64_t size = 0;
    const void *blob = map_start(info, "devicetree", &size);
    if (blob == NULL) {
        log_line("there is no device tree; no drivers will be started");
        return;
    }
    const char *fault = devicetree_open(&init.tree, blob, size);
    init.has_tree = fault == NULL;
    if (fault != NULL) {
        log_line("the device tree cannot be read: %s; no drivers will be started", fault);
    }
}

static handle_t own_handle(const struct start_info *info, const char *name)
{
    const struct start_handle *found = start_handle_find(info, name);
    return found == NULL ? 0 : found->handle;
}

static status_t make_own(const struct start_info *info)
{
    struct server *server = &init.server;
    status_t status;
    if ((status = port_create(init.account, &init.port)) != STATUS_OK ||
        (status = event_create(init.account, &init.event)) != STATUS_OK ||
        (status = reply_create(init.account, &server->reply)) != STATUS_OK) {
        return status;
    }
    server->info = info;
    server->account = init.account;
    server->port = init.port;
    return event_bind(init.event);
}

bool init_begin(const struct start_info *info)
{
    init.root = own_handle(info, "account");
    init.account = own_handle(info, "own_account");
    init.machine = own_handle(info, "machine");
    status_t status = make_own(info);
    if (status != STATUS_OK) {
        log_line("cannot start: %s", status_text(status));
        return false;
    }
    if (!map_boot_set(info)) {
        return false;
    }
    open_tree(info);
    return true;
}
