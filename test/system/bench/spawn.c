/*
 * Starting a further task: see spawn.h. The way is init's (servers/init/instance.c), shortened.
 */
#include "spawn.h"

#include <sinter/protocol/loader.h>

#include "archive.h"
#include "bytes.h"
#include "protocol.h"

#define NAME              "bench_server"
#define HANDLES_ALIGNMENT 8 /* of the start handles in the request */
#define REQUEST_BYTES     1024

static union {
    struct load_request request;
    struct load_result result;
    uint8_t bytes[REQUEST_BYTES];
} lent;

struct boot_file {
    handle_t archive;
    uint64_t offset, size;
};

void spawn_give(struct spawn *spawn, const char *name, handle_t handle)
{
    spawn->handles[spawn->handle_count].name = name;
    spawn->handles[spawn->handle_count].handle = handle;
    spawn->handle_count++;
}

static size_t text_copy(void *to, const char *from)
{
    size_t length = 0;
    while (from[length] != '\0') {
        length++;
    }
    memcpy(to, from, length + 1);
    return length + 1;
}

static bool find(const char *file, struct boot_file *found)
{
    const struct start_handle *initrd = start_handle_find(environment.info, "initrd");
    struct archive_entry entry;
    uint64_t mapped;
    if (initrd == NULL) {
        return false;
    }
    uint64_t skew = initrd->extra[0] % PAGE;
    uint64_t length = (skew + initrd->extra[1] + PAGE - 1) & ~(PAGE - 1);
    if (space_map(0, initrd->handle, 0, initrd->extra[0] - skew, length, MAP_READ, &mapped) !=
        STATUS_OK) {
        return false;
    }
    struct archive archive = {at(mapped + skew), initrd->extra[1]};
    bool there = archive_find(&archive, file, &entry);
    unmap(mapped, length);
    if (there) {
        *found = (struct boot_file){initrd->handle, initrd->extra[0] + entry.offset, entry.size};
    }
    return there;
}

/* The request, but for the values of the start handles, which are the new task's. */
static struct start_handle *write_request(const struct spawn *spawn, const char *file,
                                          uint64_t message_page)
{
    memset(&lent, 0, sizeof(lent));
    lent.request.size = sizeof(lent.request);
    lent.request.text_bytes = (uint32_t)text_copy(lent.bytes + sizeof(lent.request), file);
    lent.request.handle_count = spawn->handle_count;
    lent.request.message_page = message_page;
    text_copy(lent.request.name, NAME);
    uint64_t handles = sizeof(lent.request) + lent.request.text_bytes + HANDLES_ALIGNMENT - 1;
    handles -= handles % HANDLES_ALIGNMENT;
    return at(address_of(lent.bytes) + handles);
}

static status_t install(const struct spawn *spawn, handle_t task, struct start_handle *to)
{
    for (uint32_t i = 0; i < spawn->handle_count; i++) {
        status_t status = task_install(task, spawn->handles[i].handle, RIGHT_ALL, &to[i].handle);
        if (status != STATUS_OK) {
            return status;
        }
        text_copy(to[i].name, spawn->handles[i].name);
    }
    return STATUS_OK;
}

static status_t start(const struct spawn *spawn, const char *file, const struct boot_file *object,
                      uint32_t priority)
{
    handle_t space, task, thread;
    uint64_t libsys, page, entry, start_info, stack_top;
    status_t status;
    text_copy(message_page()->data, NAME);
    if ((status = (spawn->host ? space_create_host : space_create)(environment.account, &space,
                                                                   &libsys)) != STATUS_OK ||
        (status = task_create(environment.account, space, sizeof(NAME) - 1, &task)) != STATUS_OK ||
        (status = thread_create(task, priority, &thread, &page)) != STATUS_OK ||
        (status = install(spawn, task, write_request(spawn, file, page))) != STATUS_OK) {
        return status;
    }
    status = loader_load(environment.loader, object->offset, object->size, libsys, 0,
                         object->archive, space, environment.account, &lent, sizeof(lent), &entry,
                         &start_info, &stack_top);
    if (status != STATUS_OK) {
        log_line("%s", lent.result.line);
        return status;
    }
    return thread_start(thread, entry, stack_top, start_info, 0);
}

bool spawn_start(const struct spawn *spawn, const char *file, uint32_t priority)
{
    struct boot_file object;
    if (!find(file, &object)) {
        log_line("the boot set has no %s", file);
        return false;
    }
    status_t status = start(spawn, file, &object, priority);
    if (status != STATUS_OK) {
        log_line("%s: %s", file, status_text(status));
    }
    return status == STATUS_OK;
}
