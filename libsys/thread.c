/*
 * Where tasks and threads begin: thread-local storage (variant I, arch/ARCH/thread.h), the
 * constructors and destructors of the object, its entry and its end.
 */
#include "thread.h"
#include "libsys_exports.h"

#define STACK_ALIGNMENT 16

struct placement {
    uint64_t pointer; /* the thread pointer */
    uint64_t block;   /* the object's thread-local variables */
    uint64_t low;     /* the lowest byte taken */
};

static uint64_t tls_alignment(const struct start_info *info)
{
    return info->tls_alignment > STACK_ALIGNMENT ? info->tls_alignment : STACK_ALIGNMENT;
}

/* Bytes that are enough for tls_place() wherever the top is. */
static uint64_t tls_room(const struct start_info *info)
{
    uint64_t alignment = tls_alignment(info);
    return info->tls_size + tls_block_offset(alignment) + alignment + TLS_CONTROL_BELOW;
}

static struct placement tls_place(const struct start_info *info, uint64_t top)
{
    uint64_t alignment = tls_alignment(info);
    struct placement place;
    place.pointer = (top - info->tls_size - tls_block_offset(alignment)) & ~(alignment - 1);
    place.block = place.pointer + tls_block_offset(alignment);
    place.low = (place.pointer - TLS_CONTROL_BELOW) & ~(uint64_t)(STACK_ALIGNMENT - 1);
    return place;
}

static void tls_fill(const struct start_info *info, const struct placement *place, uint64_t page)
{
    uint8_t *block = (uint8_t *)(uintptr_t)place->block;
    const uint8_t *image = (const uint8_t *)(uintptr_t)info->tls_image;
    for (uint64_t i = 0; i < info->tls_size; i++) {
        block[i] = i < info->tls_file_size ? image[i] : 0;
    }
    *(uint64_t *)(uintptr_t)(place->pointer + TLS_MESSAGE_PAGE_OFFSET) = page;
}

void *thread_setup(const struct start_info *info, void *page, void *stack_top, uint64_t *tls)
{
    struct placement place = tls_place(info, (uint64_t)(uintptr_t)stack_top);
    tls_fill(info, &place, (uint64_t)(uintptr_t)page);
    *tls = place.pointer;
    return (void *)(uintptr_t)place.low;
}

struct message_page *message_page(void)
{
    return *(struct message_page **)(uintptr_t)(thread_pointer() + TLS_MESSAGE_PAGE_OFFSET);
}

static void run(uint64_t function)
{
    ((void (*)(void))(uintptr_t)function)();
}

static int64_t run_object(const struct start_info *info)
{
    const uint64_t *init = (const uint64_t *)(uintptr_t)info->init_array;
    for (uint64_t i = 0; i < info->init_count; i++) {
        run(init[i]);
    }
    int code = ((int (*)(const struct start_info *))(uintptr_t)info->entry)(info);
    const uint64_t *fini = (const uint64_t *)(uintptr_t)info->fini_array;
    for (uint64_t i = info->fini_count; i > 0; i--) {
        run(fini[i - 1]);
    }
    return code;
}

/* The storage of the first thread lies in this frame, which lasts as long as the task. */
void task_enter(const struct start_info *info)
{
    uint64_t room = tls_room(info);
    uint64_t low = (uint64_t)(uintptr_t)__builtin_alloca(room);
    struct placement place = tls_place(info, low + room);
    tls_fill(info, &place, info->message_page);
    set_thread_pointer(place.pointer);
    task_exit(run_object(info));
}

const struct start_handle *start_handle_find(const struct start_info *info, const char *name)
{
    const struct start_handle *handles = (const struct start_handle *)(uintptr_t)info->handles;
    for (uint64_t i = 0; i < info->handle_count; i++) {
        size_t at = 0;
        while (at < sizeof(handles[i].name) && handles[i].name[at] == name[at]) {
            if (name[at] == '\0') {
                return &handles[i];
            }
            at++;
        }
    }
    return NULL;
}
