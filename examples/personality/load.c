/* A toy program becomes an image: the file from TOY_BASE, the stack with the arguments on top. */
#include <sinter/protocol/file.h>

#include "guest_machine.h"
#include "guest_registers.h"
#include "personality.h"
#include "program_file.h"

enum { STACK_ALIGNMENT = 16 };

/* Memory that cannot be had fails the exec, not the program later. */
static status_t load_file(struct image *image, handle_t file, const struct toy_header *header)
{
    status_t status = image_allocate(image, TOY_BASE, PAGES(header->zero_end) - TOY_BASE);
    if (status == STATUS_OK) {
        status = program_read_into(image, TOY_BASE, file, 0, header->data_end - TOY_BASE);
    }
    return status == STATUS_OK
               ? image_protect(image, TOY_BASE, header->text_end - TOY_BASE, MAP_READ | MAP_EXECUTE)
               : status;
}

static status_t make_stack(const struct process *process, struct image *image,
                           const struct arguments *arguments)
{
    uint64_t *registers = image->state->registers;
    uint64_t texts = TOY_TOP - arguments->bytes;
    registers[GUEST_ARGUMENT] = arguments->argument_count;
    registers[GUEST_ARGUMENT + 1] = texts;
    registers[GUEST_SP] = texts & ~(uint64_t)(STACK_ALIGNMENT - 1);
    status_t status = image_allocate(image, TOY_TOP - TOY_STACK, TOY_STACK);
    return status == STATUS_OK
               ? program_write(process, image, texts, arguments->texts, arguments->bytes)
               : status;
}

status_t toy_load(struct process *process, struct image *image, handle_t file,
                  const struct arguments *arguments, struct refusal_text *why)
{
    struct toy_header header = {.entry = 0};
    const char *reason = "";
    uint32_t kind;
    uint64_t size = 0;
    status_t status = file_stat(file, &kind, &size, NULL);
    if (status == STATUS_OK && size >= sizeof(header)) {
        status = program_read(file, 0, &header, sizeof(header));
    }
    if (status == STATUS_OK) {
        status = toy_check(&header, size, GUEST_MACHINE, &reason);
        (void)format_text(why->text, sizeof(why->text), "%s", reason);
    }
    if (status == STATUS_OK) {
        status = load_file(image, file, &header);
    }
    image->state->registers[GUEST_PC] = header.entry;
    return status == STATUS_OK ? make_stack(process, image, arguments) : status;
}
