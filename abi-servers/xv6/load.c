/*
 * exec's part: the segments from address 0, then a page that is not there, then one of stack with
 * the arguments (kernel/exec.c).
 */
#include "c_string.h"

#include "elf_program.h"
#include "exec.h"
#include "guest_machine.h"
#include "program_file.h"
#include "xv6.h"

enum { STACK_ALIGNMENT = 16 };

static status_t read_file(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    const handle_t *file = context;
    return program_read(*file, offset, buffer, length);
}

static uint32_t protection(uint32_t flags)
{
    return (flags & PF_R ? MAP_READ : 0) | (flags & PF_W ? MAP_WRITE : 0) |
           (flags & PF_X ? MAP_EXECUTE : 0);
}

static status_t load_segments(struct image *image, handle_t file, const struct elf_program *program)
{
    status_t status = STATUS_OK;
    for (uint32_t i = 0; i < program->extent_count && status == STATUS_OK; i++) {
        const struct elf_program_extent *extent = &program->extents[i];
        status = image_allocate(image, extent->address, extent->size);
    }
    for (uint32_t i = 0; i < program->segment_count && status == STATUS_OK; i++) {
        const struct elf_program_segment *segment = &program->segments[i];
        status = program_read_into(image, segment->address, file, segment->file_offset,
                                   segment->file_size);
    }
    for (uint32_t i = 0; i < program->extent_count && status == STATUS_OK; i++) {
        const struct elf_program_extent *extent = &program->extents[i];
        status = image_protect(image, extent->address, extent->size, protection(extent->flags));
    }
    return status;
}

/* ---- the stack ------------------------------------------------------------------------------- */

/* The last page as it will be; `used` bytes from its end. */
struct stack {
    uint8_t page[LIMIT_PAGE_SIZE];
    uint64_t top;
    size_t used;
};

static bool push(struct stack *stack, const void *bytes, size_t length)
{
    size_t used = (stack->used + length + STACK_ALIGNMENT - 1) & ~(size_t)(STACK_ALIGNMENT - 1);
    if (used > PAGE) {
        return false;
    }
    memcpy(stack->page + PAGE - used, bytes, length);
    stack->used = used;
    return true;
}

static status_t fill_stack(struct stack *stack, const struct arguments *arguments)
{
    uint64_t addresses[XV6_ARGUMENTS + 1] = {0};
    size_t at = 0;
    if (arguments->argument_count >= XV6_ARGUMENTS) {
        return STATUS_TOO_LARGE;
    }
    for (uint64_t i = 0; i < arguments->argument_count; i++) {
        const char *text = arguments_next(arguments, &at);
        if (!push(stack, text, strlen(text) + 1)) {
            return STATUS_TOO_LARGE;
        }
        addresses[i] = stack->top - stack->used;
    }
    return push(stack, addresses, (arguments->argument_count + 1) * sizeof(addresses[0]))
               ? STATUS_OK
               : STATUS_TOO_LARGE;
}

static status_t make_stack(const struct process *process, struct image *image, uint64_t end,
                           const struct arguments *arguments)
{
    struct stack stack = {.top = end, .used = 0};
    status_t status = fill_stack(&stack, arguments);
    if (status == STATUS_OK) {
        status = image_map(image, end - PAGE, PAGE, MAP_READ | MAP_WRITE);
    }
    if (status == STATUS_OK) {
        status = program_write(process, image, end - stack.used, stack.page + PAGE - stack.used,
                               stack.used);
    }
    if (status == STATUS_OK) {
        image->state->registers[GUEST_ARGUMENT] = arguments->argument_count;
        image->state->registers[GUEST_ARGUMENT + 1] = end - stack.used;
        image->state->registers[GUEST_SP] = end - stack.used;
    }
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

status_t xv6_load(struct process *process, struct image *image, handle_t file,
                  const struct arguments *arguments, struct refusal_text *why)
{
    const struct elf_program_limits limits = {
        .machine = GUEST_MACHINE,
        .writable_text = true,
        .lowest = 0,
        .highest = XV6_TOP - 2 * PAGE,
        .largest = XV6_TOP - 2 * PAGE,
    };
    struct elf_program program;
    struct elf_program_file from = {&file, 0, read_file};
    char reason[ELF_PROGRAM_REASON];
    status_t status = program_size(file, &from.size);
    if (status != STATUS_OK) {
        return status;
    }
    status = elf_program_read(&from, &limits, &program, reason);
    if (status != STATUS_OK) {
        (void)format_text(why->text, sizeof(why->text), "%s", reason);
        return status;
    }
    status = load_segments(image, file, &program);
    uint64_t end = elf_program_high(&program) + 2 * PAGE;
    if (status == STATUS_OK) {
        status = make_stack(process, image, end, arguments);
    }
    if (status == STATUS_OK) {
        image->state->registers[GUEST_PC] = program.entry;
        process->next_size = end;
    }
    return status;
}
