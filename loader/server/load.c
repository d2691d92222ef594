/*
 * Loading one object into a space: see load.h.
 */
#include "load.h"

#include "binding.h"
#include "bytes.h"
#include "guest.h"
#include "place.h"
#include "shapes.h"
#include "start_data.h"
#include "window.h"

enum { PLACE_TRIES = 16, COMMIT_STEP = 1 << 20 };

_Static_assert(GUEST_COPY_FAILED == STATUS_BAD_ADDRESS, "assembler cannot look it up");

/* One load in progress; `mapped` counts the areas that are in the target already. */
struct job {
    const struct load_target *target;
    const char *name;
    struct object object;
    struct refusal refusal;
    struct place place;
    struct start_layout start;
    handle_t memory[PLACE_AREAS];
    void *own[PLACE_AREAS]; /* where the area is mapped here, to be filled */
    unsigned mapped;
};

static const uint32_t area_protection[PLACE_AREAS] = {
    [OBJECT_TEXT] = MAP_READ | MAP_EXECUTE, [OBJECT_RODATA] = MAP_READ,
    [OBJECT_DATA] = MAP_READ | MAP_WRITE,   [PLACE_STACK] = MAP_READ | MAP_WRITE,
    [PLACE_START] = MAP_READ | MAP_WRITE,
};

status_t load_status(const struct refusal *refusal)
{
    switch (refusal->code) {
    case REFUSAL_FORMAT:
    case REFUSAL_TYPE:
    case REFUSAL_MALFORMED:
        return STATUS_BAD_FORMAT;
    default:
        return STATUS_REFUSED;
    }
}

/* A refusal that comes from the kernel: what could not be done, and for lack of what. */
static status_t refuse_status(struct refusal *refusal, const char *name, const char *what,
                              status_t status)
{
    refusal_write(refusal, REFUSAL_PLACEMENT, name, "%s: %s", what, status_text(status));
    return status;
}

status_t load_open(const struct load_file *file, load_opener *opener, struct object *object,
                   struct refusal *refusal)
{
    void *bytes;
    void *workspace;
    if (file->size == 0) {
        refusal_write(refusal, REFUSAL_SIZE, file->name, "the file is empty; compile it again");
        return STATUS_REFUSED;
    }
    if (file->size > OBJECT_FILE_MAX) {
        refusal_write(refusal, REFUSAL_SIZE, file->name,
                      "the file has %'llu bytes, the limit is %'u", (unsigned long long)file->size,
                      OBJECT_FILE_MAX);
        return STATUS_REFUSED;
    }
    status_t status = window_map(file->memory, file->offset, file->size, MAP_READ, &bytes);
    if (status != STATUS_OK) {
        return refuse_status(refusal, file->name, "its bytes cannot be mapped", status);
    }
    size_t need = object_workspace_size(bytes, file->size);
    status = window_allocate(loader.account, need == 0 ? 1 : need, &workspace);
    if (status != STATUS_OK) {
        return refuse_status(refusal, file->name, "no memory to examine it", status);
    }
    return opener(object, file->name, bytes, file->size, loader.machine, workspace, need, refusal)
               ? STATUS_OK
               : load_status(refusal);
}

static status_t lay_out(struct job *job)
{
    struct object *object = &job->object;
    size_t shape_count;
    const struct object_shape *shapes = shapes_known(&shape_count);
    if (!object_check_shapes(object, shapes, shape_count, &job->refusal) ||
        !object_layout(object, job->target->seed, &job->refusal)) {
        return load_status(&job->refusal);
    }
    for (unsigned i = 0; i < OBJECT_GROUPS; i++) {
        job->place.area[i].size = object->group[i].size;
        job->place.area[i].align = object->group[i].align;
    }
    return STATUS_OK;
}

static uint64_t stack_size(const struct job *job, const struct load_start *start)
{
    uint64_t wanted = start->request->stack_size;
    wanted = wanted != 0 ? wanted : job->object.meta.stack;
    wanted = wanted != 0 ? wanted : LOADER_STACK;
    wanted = wanted < LOADER_STACK_MAX ? wanted : LOADER_STACK_MAX;
    return align_up(wanted, OBJECT_PAGE);
}

static status_t commit(handle_t memory, uint64_t size)
{
    status_t status = STATUS_OK;
    for (uint64_t at = 0; status == STATUS_OK && at < size; at += COMMIT_STEP) {
        status = memory_commit(memory, at, size - at < COMMIT_STEP ? size - at : COMMIT_STEP);
    }
    return status;
}

/* Memory for each area, mapped here where it is to be filled; the stack is not. A personality has
 * all of its own from the beginning: later its account may be full, by what its guests take. */
static status_t allocate(struct job *job)
{
    for (unsigned i = 0; i < PLACE_AREAS; i++) {
        uint64_t size = job->place.area[i].size;
        if (size == 0) {
            continue;
        }
        status_t status = memory_create(job->target->account, size, 0, &job->memory[i]);
        if (status == STATUS_OK && job->object.meta.kind == KIND_PERSONALITY) {
            status = commit(job->memory[i], align_up(size, OBJECT_PAGE));
        }
        if (status == STATUS_OK && i != PLACE_STACK) {
            status = window_map(job->memory[i], 0, size, MAP_READ | MAP_WRITE, &job->own[i]);
        }
        if (status != STATUS_OK) {
            return refuse_status(&job->refusal, job->name, "no memory for it", status);
        }
    }
    return STATUS_OK;
}

static void unmap_target(struct job *job)
{
    for (; job->mapped > 0; job->mapped--) {
        const struct place_area *area = &job->place.area[job->mapped - 1];
        if (area->size != 0) {
            status_ignore(
                space_unmap(job->target->space, area->address, align_up(area->size, OBJECT_PAGE)));
        }
    }
}

static status_t map_target(struct job *job)
{
    for (job->mapped = 0; job->mapped < PLACE_AREAS; job->mapped++) {
        const struct place_area *area = &job->place.area[job->mapped];
        uint64_t mapped;
        if (area->size == 0) {
            continue;
        }
        status_t status = space_map(job->target->space, job->memory[job->mapped], area->address, 0,
                                    align_up(area->size, OBJECT_PAGE),
                                    area_protection[job->mapped] | MAP_FIXED, &mapped);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

/* Claims a place by mapping the empty areas; another one if something is there already. */
static status_t claim_place(struct job *job)
{
    status_t status = STATUS_OVERLAP;
    job->place.state = job->target->seed;
    if (job->target->libsys >= GUEST_TOP) { /* it hosts guests, or might: nothing lies lower */
        job->place.low = GUEST_TOP;
        job->place.high = GUEST_TOP + HOST_BYTES;
    }
    for (unsigned i = 0; i < PLACE_TRIES && status == STATUS_OVERLAP; i++) {
        if (!place_choose(&job->place, &job->object.constraint)) {
            continue;
        }
        status = map_target(job);
        if (status == STATUS_OVERLAP) {
            unmap_target(job);
        }
    }
    return status == STATUS_OK
               ? STATUS_OK
               : refuse_status(&job->refusal, job->name, "no place in its address space", status);
}

static status_t relocate(struct job *job)
{
    struct object *object = &job->object;
    uint64_t address[OBJECT_GROUPS];
    for (unsigned i = 0; i < OBJECT_GROUPS; i++) {
        address[i] = job->place.area[i].address;
    }
    struct exports exports;
    if (!binding_exports(&exports, loader.libsys, job->target->libsys, &job->refusal) ||
        !object_place(object, address, &job->refusal) ||
        !object_relocate(object, job->own, exports_resolve, &exports, &job->refusal)) {
        return load_status(&job->refusal);
    }
    return STATUS_OK;
}

static status_t lay_start_data(struct job *job, const struct load_start *start)
{
    struct start_info *info = start_data_write(&job->start, start, job->own[PLACE_START],
                                               job->place.area[PLACE_START].address);
    if (!start_data_describe(info, &job->object, job->target->libsys)) {
        refusal_write(&job->refusal, REFUSAL_SYMBOL, job->name,
                      "it defines no function server_main; a server begins there");
        return STATUS_REFUSED;
    }
    return STATUS_OK;
}

static status_t sync_text(struct job *job)
{
    const struct place_area *text = &job->place.area[OBJECT_TEXT];
    if (text->size == 0) {
        return STATUS_OK;
    }
    status_t status =
        space_sync_code(job->target->space, text->address, align_up(text->size, OBJECT_PAGE));
    return status == STATUS_OK
               ? STATUS_OK
               : refuse_status(&job->refusal, job->name, "its text cannot be made visible", status);
}

static status_t run(struct job *job, const struct load_file *file, const struct load_start *start)
{
    status_t status = load_open(file, object_open, &job->object, &job->refusal);
    if (status == STATUS_OK) {
        status = lay_out(job);
    }
    if (status != STATUS_OK) {
        return status;
    }
    job->place.area[PLACE_STACK] = (struct place_area){stack_size(job, start), OBJECT_PAGE, 0};
    job->place.area[PLACE_START] =
        (struct place_area){start_data_size(&job->start, start), OBJECT_PAGE, 0};
    if ((status = allocate(job)) != STATUS_OK || (status = claim_place(job)) != STATUS_OK ||
        (status = relocate(job)) != STATUS_OK ||
        (status = lay_start_data(job, start)) != STATUS_OK) {
        return status;
    }
    return sync_text(job);
}

static void tell_result(const struct job *job, struct load_result *result,
                        struct load_answer *answer)
{
    for (unsigned i = 0; i < LOADER_GROUPS; i++) {
        result->groups[i].address = job->place.area[i].address;
        result->groups[i].size = job->place.area[i].size;
    }
    for (unsigned i = 0; i < PLACE_AREAS; i++) {
        result->pages += (job->place.area[i].size + OBJECT_PAGE - 1) / OBJECT_PAGE;
    }
    const struct place_area *stack = &job->place.area[PLACE_STACK];
    result->stack = stack->address;
    result->stack_size = stack->size;
    answer->entry = job->target->libsys + loader.task_enter;
    answer->start_info = job->place.area[PLACE_START].address;
    answer->stack_top = stack->address + stack->size;
}

struct load_debug load_debug;

__attribute__((noinline)) void load_debug_stop(void)
{
    __asm__ volatile("" ::: "memory"); /* or compilers leave the call out */
}

static void tell_debugger(const struct job *job, const struct load_start *start)
{
    load_debug = (struct load_debug){
        .service = start->request->name,
        .object = &job->object,
        .libsys = job->target->libsys,
        .start_info = job->place.area[PLACE_START].address,
    };
    load_debug_stop();
}

static void finish(struct job *job)
{
    for (unsigned i = 0; i < PLACE_AREAS; i++) {
        if (job->memory[i] != 0) {
            status_ignore(handle_close(job->memory[i]));
        }
    }
    window_clear();
}

status_t load_object(const struct load_file *file, const struct load_target *target,
                     const struct load_start *start, struct load_result *result,
                     struct load_answer *answer)
{
    static struct job job; /* large; one load at a time */
    memset(&job, 0, sizeof(job));
    memset(result, 0, sizeof(*result));
    result->size = sizeof(*result);
    job.target = target;
    job.name = file->name;
    status_t status = run(&job, file, start);
    if (status == STATUS_OK) {
        tell_debugger(&job, start);
        tell_result(&job, result, answer);
    } else {
        unmap_target(&job);
        result->refusal = (uint32_t)job.refusal.code;
        memcpy(result->line, job.refusal.text, LOADER_LINE);
    }
    finish(&job);
    return status;
}
