/*
 * Starting the first program; see program.h. Nothing of its file is trusted: it is outside input
 * like any other, only that without it there is nothing to go on with.
 */
#include "program.h"

#include <arch/caches.h>
#include <base/archive.h>
#include <kern/image.h>
#include <kern/life.h>
#include <kern/log.h>
#include <kern/machine.h>
#include <kern/panic.h>
#include <kern/sched.h>
#include <kern/space.h>
#include <string.h>

enum { STACK_PAGES = 16, PRIORITY = 24, HANDLES = 8 };

#define PROGRAM_FILE  "boot/loader"
#define PROGRAM_BYTES (UINT64_C(16) << 20)

/* Panics: there is nobody else to tell. */
static void need(bool condition, const char *what)
{
    if (!condition) {
        panic("cannot start %s: %s", PROGRAM_FILE, what);
    }
}

static void write_memory(struct memory *memory, uint64_t offset, const void *from, uint64_t length)
{
    const char *bytes = from;

    while (length > 0) {
        uint64_t in_page = offset & PAGE_MASK;
        uint64_t part = PAGE_SIZE - in_page < length ? PAGE_SIZE - in_page : length;
        uint64_t frame = 0;
        bool writable;

        lock_acquire(&memory->lock);
        need(memory_frame(memory, offset >> PAGE_SHIFT, true, &frame, &writable) == STATUS_OK,
             "no memory is left");
        lock_release(&memory->lock);
        memcpy((char *)direct_map(frame) + in_page, bytes, part);
        caches_sync_code(direct_map(frame), PAGE_SIZE);
        offset += part;
        bytes += part;
        length -= part;
    }
}

static struct memory *make_memory(uint64_t pages)
{
    status_t status;
    struct memory *memory = memory_create(account_root, pages, &status);

    need(memory != NULL, "no memory is left");
    return memory;
}

static uint64_t map(struct space *space, struct memory *memory, uint64_t address, uint64_t offset,
                    uint64_t length, uint32_t flags)
{
    uint64_t mapped = 0;

    if (length != 0) {
        need(space_map(space, memory, address, offset, length, flags, flags & 7, &mapped) ==
                 STATUS_OK,
             "its sections cannot be mapped at the address that its header names");
    }
    return mapped;
}

static void check_header(const struct boot_program *program, uint64_t length)
{
    need(length >= sizeof(*program) && memcmp(program->magic, BOOT_PROGRAM_MAGIC, 8) == 0,
         "it does not begin with the header of a boot program");
    need(((program->address | program->text_size | program->rodata_size | program->data_size) &
          PAGE_MASK) == 0 &&
             program->text_size <= PROGRAM_BYTES && program->rodata_size <= PROGRAM_BYTES &&
             program->data_size <= PROGRAM_BYTES && program->bss_size <= PROGRAM_BYTES,
         "a section is too large or not made of whole pages");
    need(program->text_size + program->rodata_size + program->data_size <= length,
         "the file is shorter than its sections");
}

static void map_program(struct space *space, const struct boot_program *program)
{
    uint64_t file = program->text_size + program->rodata_size + program->data_size;
    uint64_t data = program->data_size + ((program->bss_size + PAGE_MASK) & ~PAGE_MASK);
    uint64_t at = program->address;
    struct memory *memory =
        make_memory((program->text_size + program->rodata_size + data) >> PAGE_SHIFT);

    write_memory(memory, 0, program, file);
    caches_sync_code_done();
    (void)map(space, memory, at, 0, program->text_size, MAP_READ | MAP_EXECUTE | MAP_FIXED);
    at += program->text_size;
    (void)map(space, memory, at, program->text_size, program->rodata_size, MAP_READ | MAP_FIXED);
    at += program->rodata_size;
    (void)map(space, memory, at, program->text_size + program->rodata_size, data,
              MAP_READ | MAP_WRITE | MAP_FIXED);
    object_release(&memory->object);
}

struct start_block {
    struct start_info info;
    struct start_handle handles[HANDLES];
};

static void add_handle(struct start_block *block, struct task *task, const char *name,
                       struct object *object, uint64_t extra0, uint64_t extra1)
{
    struct start_handle *entry = &block->handles[block->info.handle_count++];

    strcpy(entry->name, name);
    need(handle_install(&task->handles, account_root, object, RIGHT_ALL, &entry->handle) ==
             STATUS_OK,
         "no memory is left");
    entry->extra[0] = extra0;
    entry->extra[1] = extra1;
}

/* A range of RAM that the kernel does not own, as a memory object; extra: offset and length. */
static void add_range(struct start_block *block, struct task *task, const char *name,
                      uint64_t physical, uint64_t length)
{
    uint64_t offset = physical & PAGE_MASK;
    status_t status;
    struct memory *memory =
        memory_create_range(account_root, MEMORY_KIND_CONTIGUOUS, physical - offset,
                            (offset + length + PAGE_MASK) >> PAGE_SHIFT, &status);

    need(memory != NULL, "no memory is left");
    add_handle(block, task, name, &memory->object, offset, length);
    object_release(&memory->object);
}

static void fill_block(struct start_block *block, struct task *task, uint64_t address,
                       const struct memory_range *initrd, const struct memory_range *devicetree,
                       const struct memory_range *program)
{
    block->info.size = sizeof(block->info);
    block->info.handles = address + offsetof(struct start_block, handles);
    block->info.reserved[0] = task->space->libsys;
    strcpy(block->info.name, "loader");
    add_handle(block, task, "account", &account_root->object, 0, 0);
    add_handle(block, task, "machine", machine_object(), 0, 0);
    add_handle(block, task, "task", &task->object, 0, 0);
    add_handle(block, task, "space", &task->space->object, 0, 0);
    add_range(block, task, "initrd", initrd->base, initrd->size);
    add_range(block, task, "devicetree", devicetree->base, devicetree->size);
    add_range(block, task, "loader_image", program->base, program->size);
    add_range(block, task, "kept", kernel_physical(&log_kept), offsetof(struct log_kept, now));
}

static struct thread *make_thread(struct task *task, struct start_block *block,
                                  const struct boot_program *program, uint64_t info)
{
    status_t status;
    struct thread *thread = thread_create(task, PRIORITY, &status);
    struct memory *stack = make_memory(STACK_PAGES);
    uint64_t bottom;

    need(thread != NULL, "no memory is left");
    bottom = map(task->space, stack, 0, 0, STACK_PAGES * PAGE_SIZE, MAP_READ | MAP_WRITE);
    object_release(&stack->object);
    block->info.message_page = thread->page_address;
    frame_start(&thread->frame, program->entry, bottom + STACK_PAGES * PAGE_SIZE, info, 0);
    return thread;
}

void program_start(const struct memory_range *initrd, const struct memory_range *devicetree)
{
    static struct start_block block;
    struct memory *page = make_memory(1);
    const struct boot_program *program;
    struct memory_range file;
    struct archive archive = {direct_map(initrd->base), initrd->size};
    struct archive_entry entry;
    uint64_t address;
    struct space *space;
    struct task *task;
    struct thread *thread;
    status_t status;

    need(initrd->size != 0, "the boot loader gave no initrd (QEMU: -initrd FILE)");
    need(archive_find(&archive, PROGRAM_FILE, &entry),
         "the initrd is no newc cpio archive with that file");
    program = (const void *)(archive.bytes + entry.offset);
    check_header(program, entry.size);
    file = (struct memory_range){initrd->base + entry.offset, entry.size};
    space = space_create(account_root, SPACE_PLAIN, &status);
    need(space != NULL, "no memory is left");
    task = task_create(account_root, space, "loader", 6, &status);
    need(task != NULL, "no memory is left");
    map_program(space, program);
    address = map(space, page, 0, 0, PAGE_SIZE, MAP_READ | MAP_WRITE);
    fill_block(&block, task, address, initrd, devicetree, &file);
    thread = make_thread(task, &block, program, address);
    write_memory(page, 0, &block, sizeof(block));
    object_release(&page->object);
    sched_ready(thread);
    object_release(&thread->object);
    object_release(&task->object);
    object_release(&space->object);
}
