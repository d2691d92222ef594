/*
 * Objects from outside the boot set: see pushed.h.
 */
#include "pushed.h"

#include "grant.h"
#include "memory.h"
#include "replace.h"
#include "report.h"
#include "text.h"

enum {
    OBJECTS = 24,
    PAGES = (32 << 20) / LIMIT_PAGE_SIZE, /* of all together */
    KERNEL_BYTES = 256 << 10,
    COMMIT_BYTES = 1 << 20, /* most that memory_commit() takes */
};

static struct pushed {
    struct boot_file file; /* its `memory` is 0: the entry is free */
    struct object_note note;
    char source[SCRIPT_PATH];
    bool held;
} objects[OBJECTS];

static handle_t account;

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Its pages are there, so that copying finds room; *copy is where they are mapped. */
static status_t make_memory(uint64_t length, handle_t *memory, uint64_t *copy)
{
    static uint64_t mapped;
    status_t status = account != 0 ? STATUS_OK : grant_account(PAGES, KERNEL_BYTES, &account);
    if (status == STATUS_OK) {
        status = memory_create(account, length, 0, memory);
    }
    for (uint64_t at = 0; at < length && status == STATUS_OK; at += COMMIT_BYTES) {
        status = memory_commit(*memory, at, lesser(COMMIT_BYTES, length - at));
    }
    if (status == STATUS_OK) {
        status = init_map(*memory, length, MAP_READ | MAP_WRITE, &mapped);
        *copy = mapped;
    }
    return status;
}

static status_t copy_bytes(struct call *call, uint64_t size, handle_t *memory)
{
    uint64_t length = (size + LIMIT_PAGE_SIZE - 1) & ~(uint64_t)(LIMIT_PAGE_SIZE - 1);
    uint64_t copy = 0;
    status_t status = make_memory(length, memory, &copy);
    if (status == STATUS_OK) {
        status = call_read(call, 0, 0, (void *)(uintptr_t)copy, size);
        status_ignore(space_unmap(0, copy, length));
    }
    if (status != STATUS_OK) {
        close_if(memory);
    }
    return status;
}

static const char *last_part(const char *path)
{
    const char *part = path;
    for (; *path != '\0'; path++) {
        if (path[0] == '/' && path[1] != '\0') {
            part = path + 1;
        }
    }
    return part;
}

status_t pushed_take(struct call *call, uint64_t size, const char *from, struct boot_file **file)
{
    uint32_t i = 0;
    handle_t memory = 0;
    if (size == 0 || size > PUSHED_BYTES || size > call_lease_length(call, 0)) {
        return STATUS_TOO_LARGE;
    }
    pushed_sweep();
    while (i < OBJECTS && objects[i].file.memory != 0) {
        i++;
    }
    status_t status = i == OBJECTS ? STATUS_FULL : copy_bytes(call, size, &memory);
    if (status != STATUS_OK) {
        return status;
    }
    struct pushed *object = &objects[i];
    text_copy(object->source, SCRIPT_PATH, from);
    object->held = true;
    object->file = (struct boot_file){
        .name = last_part(object->source),
        .size = size,
        .memory = memory,
        .source = object->source,
        .note = &catalog_no_note,
        .own_note = &object->note,
    };
    *file = &object->file;
    return STATUS_OK;
}

void pushed_release(const struct boot_file *file)
{
    for (uint32_t i = 0; i < OBJECTS; i++) {
        objects[i].held = objects[i].held && &objects[i].file != file;
    }
}

static bool is_needed(const struct pushed *object)
{
    bool needed = object->held || replace_needs(&object->file) || report_needs(&object->file);
    for (uint32_t i = 0; i < INIT_SERVICES && !needed; i++) {
        needed = services[i].used && services[i].object == &object->file;
    }
    return needed;
}

void pushed_sweep(void)
{
    for (uint32_t i = 0; i < OBJECTS; i++) {
        if (objects[i].file.memory != 0 && !is_needed(&objects[i])) {
            close_if(&objects[i].file.memory);
        }
    }
}
