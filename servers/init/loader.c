/*
 * Another instance of the loader: see loader.h; loader/image.h describes the image.
 */
#include "loader.h"

#include "image.h"
#include "memory.h"

#define PAGE ((uint64_t)LIMIT_PAGE_SIZE)
#define NAME "loader"

#define RETRY (2 * INIT_SECOND) /* after a restart that failed */

enum { PRIORITY = 24, STACK_SIZE = 64 << 10, PARTS = 3 };

static struct {
    handle_t endpoint, port, account;
    handle_t task;  /* 0: it has died and could not be restarted */
    uint64_t since; /* when it was last begun, or ended */
    handle_t image; /* memory; at image_offset is the header */
    uint64_t image_offset, image_size;
} loader;

/* What is made for one instance; the start data lie at the bottom of the stack. */
struct birth {
    handle_t space, task, thread;
    uint64_t libsys, message_page, stack;
    struct loader_image header;
};

handle_t loader_endpoint(void)
{
    return loader.endpoint;
}

handle_t loader_task(void)
{
    return loader.task;
}

handle_t loader_port(void)
{
    return loader.port;
}

handle_t loader_account(void)
{
    return loader.account;
}

static handle_t find(const struct start_info *info, const char *name)
{
    const struct start_handle *found = start_handle_find(info, name);
    return found == NULL ? 0 : found->handle;
}

status_t loader_watch(const struct start_info *info)
{
    const struct start_handle *image = start_handle_find(info, "loader_image");
    loader.endpoint = find(info, "loader");
    loader.port = find(info, "loader_port");
    loader.account = find(info, "loader_account");
    loader.task = find(info, "loader_task");
    if (image == NULL) {
        return STATUS_NOT_FOUND;
    }
    loader.image = image->handle;
    loader.image_offset = image->extra[0];
    loader.image_size = image->extra[1];
    return event_watch(loader.task, init.event, INIT_EVENT_LOADER);
}

void loader_kill(void)
{
    loader.since = clock_read();
    if (loader.task != 0) {
        status_ignore(task_kill(loader.task, 0));
    }
}

uint64_t loader_since(void)
{
    return loader.since;
}

/* Zeroed memory in the new space that also lies in ours, at *own, until the caller unmaps it. */
static status_t make_part(const struct birth *birth, uint64_t address, uint64_t size,
                          uint32_t flags, uint64_t *own, uint64_t *there)
{
    handle_t memory;
    status_t status = memory_create(loader.account, size, 0, &memory);
    if (status != STATUS_OK) {
        return status;
    }
    status = space_map(0, memory, 0, 0, size, MAP_READ | MAP_WRITE, own);
    if (status == STATUS_OK) {
        status = space_map(birth->space, memory, address, 0, size, flags, there);
        if (status != STATUS_OK) {
            status_ignore(space_unmap(0, *own, size));
        }
    }
    status_ignore(handle_close(memory));
    return status;
}

static status_t copy_part(const struct birth *birth, uint64_t address, const uint8_t *from,
                          uint64_t file_size, uint64_t size, uint32_t flags)
{
    uint64_t own;
    uint64_t there;
    if (size == 0) {
        return STATUS_OK;
    }
    status_t status = make_part(birth, address, size, flags | MAP_FIXED, &own, &there);
    if (status == STATUS_OK) {
        memcpy((void *)(uintptr_t)own, from, file_size);
        status = space_sync_code(birth->space, address, size);
        status_ignore(space_unmap(0, own, size));
    }
    return status;
}

static status_t copy_image(struct birth *birth, const uint8_t *bytes)
{
    static const uint32_t flags[PARTS] = {MAP_READ | MAP_EXECUTE, MAP_READ, MAP_READ | MAP_WRITE};
    memcpy(&birth->header, bytes, sizeof(birth->header));
    const struct loader_image *header = &birth->header;
    const uint64_t size[PARTS] = {header->text_size, header->rodata_size, header->data_size};
    if (header->magic != LOADER_IMAGE_MAGIC || size[0] + size[1] + size[2] > loader.image_size) {
        return STATUS_BAD_FORMAT;
    }
    uint64_t at = 0;
    for (int i = 0; i < PARTS; i++) {
        uint64_t zeros = i == PARTS - 1 ? header->bss_size : 0;
        status_t status =
            copy_part(birth, header->address + at, bytes + at, size[i], size[i] + zeros, flags[i]);
        if (status != STATUS_OK) {
            return status;
        }
        at += size[i];
    }
    return STATUS_OK;
}

static status_t map_image(struct birth *birth)
{
    uint64_t skew = loader.image_offset % PAGE;
    uint64_t length = (skew + loader.image_size + PAGE - 1) & ~(PAGE - 1);
    uint64_t mapped;
    status_t status =
        space_map(0, loader.image, 0, loader.image_offset - skew, length, MAP_READ, &mapped);
    if (status == STATUS_OK) {
        status = copy_image(birth, (const uint8_t *)(uintptr_t)(mapped + skew));
        status_ignore(space_unmap(0, mapped, length));
    }
    return status;
}

static void put_handle(struct start_handle *to, const char *name, size_t size, handle_t handle)
{
    memcpy(to->name, name, size);
    to->handle = handle;
}

/* Start information with the handles `account` and `port`, at the bottom of the stack. */
static status_t make_stack(struct birth *birth)
{
    uint64_t own;
    handle_t account;
    handle_t port;
    status_t status;
    if ((status = task_install(birth->task, loader.account, RIGHT_ALL, &account)) != STATUS_OK ||
        (status = task_install(birth->task, loader.port, RIGHT_ALL, &port)) != STATUS_OK ||
        (status = make_part(birth, 0, STACK_SIZE, MAP_READ | MAP_WRITE, &own, &birth->stack)) !=
            STATUS_OK) {
        return status;
    }
    struct start_info *info = (struct start_info *)(uintptr_t)own;
    struct start_handle *handles = (struct start_handle *)(info + 1);
    info->size = sizeof(*info);
    info->message_page = birth->message_page;
    info->reserved[0] = birth->libsys;
    info->handles = birth->stack + sizeof(*info);
    info->handle_count = 2;
    memcpy(info->name, NAME, sizeof(NAME));
    put_handle(&handles[0], "account", sizeof("account"), account);
    put_handle(&handles[1], "port", sizeof("port"), port);
    return space_unmap(0, own, STACK_SIZE);
}

static status_t make(struct birth *birth)
{
    status_t status;
    if ((status = space_create(loader.account, &birth->space, &birth->libsys)) != STATUS_OK ||
        (status = map_image(birth)) != STATUS_OK) {
        return status;
    }
    memcpy(message_page()->data, NAME, sizeof(NAME) - 1);
    if ((status = task_create(loader.account, birth->space, sizeof(NAME) - 1, &birth->task)) !=
            STATUS_OK ||
        (status = thread_create(birth->task, PRIORITY, &birth->thread, &birth->message_page)) !=
            STATUS_OK ||
        (status = make_stack(birth)) != STATUS_OK ||
        (status = event_watch(birth->task, init.event, INIT_EVENT_LOADER)) != STATUS_OK) {
        return status;
    }
    return thread_start(birth->thread, birth->header.entry, birth->stack + STACK_SIZE, birth->stack,
                        0);
}

static void begin(void)
{
    struct birth birth = {.space = 0};
    status_t status = make(&birth);
    close_if(&birth.space);
    close_if(&birth.thread);
    loader.since = clock_read();
    if (status != STATUS_OK) {
        close_if(&birth.task);
        log_line("the loader cannot be restarted: %s", status_text(status));
        return;
    }
    loader.task = birth.task;
    log_line("the loader is running again");
}

void loader_restart(void)
{
    uint32_t reason = EXIT_NONE;
    int64_t code = 0;
    if (loader.task != 0) { /* otherwise loader_tick() tries again */
        status_ignore(task_info(loader.task, NULL, &reason, &code, NULL, NULL, NULL));
        close_if(&loader.task);
        log_line("the loader has died (exit reason %u)", reason);
        begin();
    }
}

uint64_t loader_tick(uint64_t now)
{
    if (loader.task == 0 && now >= loader.since + RETRY) {
        begin();
    }
    return loader.task == 0 ? loader.since + RETRY : INIT_NEVER;
}
