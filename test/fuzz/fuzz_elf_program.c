/*
 * libFuzzer: whatever a file holds, it is refused with a reason, or what is to be loaded lies
 * inside the file and the limits, in pages that do not overlap, and can be moved to where it fits;
 * and a first line is one of a script or refused. The first byte chooses the limits, and whether
 * the ELF header is made right, so that what lies behind it is reached.
 */
#include <stdlib.h>
#include <string.h>

#include "elf_program.h"
#include "script_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MOVABLE = 1,
    INTERPRETER = 2,
    WRITABLE_TEXT = 4,
    SMALL = 8,
    OTHER_MACHINE = 16,
    RIGHT_HEADER = 32
};

#define HIGHEST 0x3fc0000000u
#define BASE    0x2000000000u

struct bytes {
    const uint8_t *start;
    size_t count;
};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static status_t read_bytes(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    const struct bytes *file = context;
    require(offset <= file->count && length <= file->count - offset);
    memcpy(buffer, file->start + offset, length);
    return STATUS_OK;
}

static void require_extents(const struct elf_program *program, uint64_t lowest, uint64_t highest)
{
    uint64_t at = lowest;
    uint64_t total = 0;
    require(program->extent_count <= ELF_PROGRAM_EXTENTS);
    for (uint32_t i = 0; i < program->extent_count; i++) {
        const struct elf_program_extent *extent = &program->extents[i];
        require(extent->address >= at && extent->address <= highest);
        require(extent->size > 0 && extent->size <= highest - extent->address);
        require((extent->address | extent->size) % ELF_PROGRAM_PAGE == 0);
        at = extent->address + extent->size;
        total += extent->size;
    }
    require(total == program->size);
}

/* Every page of a segment is in an extent that has its rights. */
static void require_covered(const struct elf_program *program,
                            const struct elf_program_segment *segment)
{
    uint64_t at = segment->address;
    uint64_t end = segment->address + segment->memory_size;
    for (uint32_t i = 0; i < program->extent_count && at < end; i++) {
        const struct elf_program_extent *extent = &program->extents[i];
        if (at >= extent->address && at - extent->address < extent->size) {
            require((extent->flags & segment->flags) == segment->flags);
            at = extent->address + extent->size;
        }
    }
    require(at >= end);
}

static void require_plan(const struct elf_program *program, size_t size, uint64_t lowest)
{
    bool entered = false;
    require(program->segment_count > 0 && program->segment_count <= ELF_PROGRAM_SEGMENTS);
    require_extents(program, lowest, HIGHEST);
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct elf_program_segment *segment = &program->segments[i];
        require(segment->file_offset <= size && segment->file_size <= size - segment->file_offset);
        require(segment->memory_size > 0 && segment->file_size <= segment->memory_size);
        require(i == 0 || segment->address - segment[-1].address >= segment[-1].memory_size);
        require_covered(program, segment);
        entered = entered || ((segment->flags & PF_X) != 0 && program->entry >= segment->address &&
                              program->entry - segment->address < segment->memory_size);
    }
    require(entered);
    require(memchr(program->interpreter, 0, ELF_PROGRAM_PATH) != NULL);
}

static void try_program(uint8_t choice, struct bytes file)
{
    struct elf_program program;
    char reason[ELF_PROGRAM_REASON];
    const struct elf_program_file opened = {&file, file.count, read_bytes};
    const struct elf_program_limits limits = {
        .machine = (choice & OTHER_MACHINE) != 0 ? EM_AARCH64 : EM_RISCV,
        .os_abi = ELFOSABI_GNU,
        .movable = (choice & MOVABLE) != 0,
        .interpreter = (choice & INTERPRETER) != 0,
        .writable_text = (choice & WRITABLE_TEXT) != 0,
        .lowest = (choice & SMALL) != 0 ? 4 * ELF_PROGRAM_PAGE : 0,
        .highest = HIGHEST,
        .largest = (choice & SMALL) != 0 ? 16 * ELF_PROGRAM_PAGE : HIGHEST,
    };
    status_t status = elf_program_read(&opened, &limits, &program, reason);
    require((status == STATUS_OK) == (reason[0] == '\0'));
    if (status != STATUS_OK) {
        require(status == STATUS_BAD_FORMAT || status == STATUS_REFUSED);
        return;
    }
    require_plan(&program, file.count, program.movable ? 0 : limits.lowest);
    require(program.size <= limits.largest);
    if (elf_program_move(&program, &limits, BASE, reason) == STATUS_OK) {
        require_plan(&program, file.count, limits.lowest);
    }
}

static void make_right(uint8_t *file)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT, 0};
    Elf64_Ehdr header;
    memcpy(&header, file, sizeof(header));
    memcpy(header.e_ident, ident, sizeof(ident));
    header.e_type = (header.e_type & 1) != 0 ? ET_DYN : ET_EXEC;
    header.e_machine = EM_RISCV;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum %= ELF_PROGRAM_HEADERS + 1;
    memcpy(file, &header, sizeof(header));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    uint8_t *copy = malloc(size); /* of its own size, so that a read beyond it is seen */
    require(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    if ((data[0] & RIGHT_HEADER) != 0 && size > sizeof(Elf64_Ehdr)) {
        make_right(copy);
    }
    try_program(data[0], (struct bytes){copy, size - 1});
    free(copy);
    struct script_line line;
    char reason[SCRIPT_LINE_REASON];
    uint32_t count = size < SCRIPT_LINE_BYTES ? (uint32_t)size : SCRIPT_LINE_BYTES;
    const char *text = (const char *)data;
    if (script_line_parse(text, count, &line, reason) == STATUS_OK) {
        require(line.interpreter > text && line.interpreter_length > 0);
        require(line.interpreter + line.interpreter_length <= line.argument);
        require(line.argument + line.argument_length <= text + count);
        require(memchr(line.interpreter, '\n', line.interpreter_length) == NULL);
        require(memchr(line.argument, '\n', line.argument_length) == NULL);
    } else {
        require(reason[0] != '\0');
    }
    return 0;
}
