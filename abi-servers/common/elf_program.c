/*
 * The stages of checking a program, in the order in which a person wants to hear of trouble: what
 * the file is, what it is for, its program headers, and then each of them.
 */
#include "elf_program.h"

#include "format.h"

#define HEADER_BYTES ((uint32_t)sizeof(Elf64_Phdr))
#define RIGHTS       (PF_R | PF_W | PF_X)

struct reading {
    const struct elf_program_file *file;
    const struct elf_program_limits *limits;
    struct elf_program *program;
    char *reason;
    Elf64_Ehdr header;
};

#define REFUSE(reading, ...)   refuse((reading)->reason, STATUS_REFUSED, __VA_ARGS__)
#define NOT_OURS(reading, ...) refuse((reading)->reason, STATUS_BAD_FORMAT, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static status_t refuse(char *reason, status_t status,
                                                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)format_arguments(reason, ELF_PROGRAM_REASON, format, arguments);
    va_end(arguments);
    return status;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(ELF_PROGRAM_PAGE - 1);
}

/* The sum must not overflow. */
static uint64_t page_up(uint64_t address)
{
    return page_down(address + ELF_PROGRAM_PAGE - 1);
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* ---- what the file is ----------------------------------------------------------------------- */

static const char *machine_name(uint16_t machine)
{
    switch (machine) {
    case EM_386:
        return "x86";
    case EM_ARM:
        return "32-bit Arm";
    case EM_X86_64:
        return "x86-64";
    case EM_AARCH64:
        return "aarch64";
    case EM_RISCV:
        return "RISC-V";
    default:
        return "an unknown machine";
    }
}

static bool is_elf(const struct reading *reading)
{
    return __builtin_memcmp(reading->header.e_ident, ELFMAG, SELFMAG) == 0;
}

static status_t read_header(struct reading *reading)
{
    const struct elf_program_file *file = reading->file;
    uint32_t length = sizeof(reading->header);
    length = file->size < length ? (uint32_t)file->size : length;
    reading->header = (Elf64_Ehdr){.e_type = 0};
    status_t status =
        length == 0 ? STATUS_OK : file->read(file->context, 0, &reading->header, length);
    if (status != STATUS_OK) {
        return status;
    }
    if (!is_elf(reading)) {
        return NOT_OURS(reading, "is not an ELF file");
    }
    if (length < sizeof(reading->header)) {
        return REFUSE(reading, "ends inside the ELF header: it has %u bytes", length);
    }
    return STATUS_OK;
}

static status_t check_ident(struct reading *reading)
{
    const uint8_t *ident = reading->header.e_ident;
    if (ident[EI_CLASS] != ELFCLASS64) {
        return NOT_OURS(reading, "is %s ELF (class %u); 64-bit programs run here",
                        ident[EI_CLASS] == ELFCLASS32 ? "32-bit" : "unknown", ident[EI_CLASS]);
    }
    if (ident[EI_DATA] != ELFDATA2LSB) {
        return NOT_OURS(reading, "is %s ELF (encoding %u); little-endian programs run here",
                        ident[EI_DATA] == ELFDATA2MSB ? "big-endian" : "unknown", ident[EI_DATA]);
    }
    if (ident[EI_VERSION] != EV_CURRENT || reading->header.e_version != EV_CURRENT) {
        return REFUSE(reading, "has ELF version %u; %u is known", reading->header.e_version,
                      EV_CURRENT);
    }
    return STATUS_OK;
}

static status_t check_machine(struct reading *reading)
{
    uint16_t machine = reading->header.e_machine;
    uint8_t os_abi = reading->header.e_ident[EI_OSABI];
    if (machine != reading->limits->machine) {
        return NOT_OURS(reading, "is for another machine, %s (%u); this one is %s",
                        machine_name(machine), machine, machine_name(reading->limits->machine));
    }
    if (os_abi != ELFOSABI_SYSV && os_abi != reading->limits->os_abi) {
        return NOT_OURS(reading, "is for another system (OS ABI %u)", os_abi);
    }
    return STATUS_OK;
}

static status_t check_type(struct reading *reading)
{
    uint16_t type = reading->header.e_type;
    reading->program->movable = type == ET_DYN;
    if (type == ET_EXEC || (type == ET_DYN && reading->limits->movable)) {
        return STATUS_OK;
    }
    if (type == ET_DYN) {
        return NOT_OURS(reading, "is position-independent, which this ABI does not know; link it "
                                 "with -no-pie");
    }
    static const char *const names[] = {"a file without type", "a relocatable object"};
    return NOT_OURS(reading, "is %s (ELF type %u), not an executable; link it",
                    type <= ET_REL    ? names[type]
                    : type == ET_CORE ? "a core dump"
                                      : "of an unknown kind",
                    type);
}

/* ---- program headers ------------------------------------------------------------------------ */

static bool in_file(const struct reading *reading, uint64_t offset, uint64_t size)
{
    uint64_t end = reading->file->size;
    return offset <= end && size <= end - offset;
}

static status_t read_headers(struct reading *reading)
{
    const Elf64_Ehdr *header = &reading->header;
    uint32_t bytes = header->e_phnum * HEADER_BYTES;
    if (header->e_phnum == 0) {
        return REFUSE(reading, "has no program headers; was it linked?");
    }
    if (header->e_phentsize != HEADER_BYTES) {
        return REFUSE(reading, "has program headers of %u bytes; they have %u in ELF64",
                      header->e_phentsize, HEADER_BYTES);
    }
    if (header->e_phnum > ELF_PROGRAM_HEADERS) {
        return REFUSE(reading, "has %u program headers; the limit is %u", header->e_phnum,
                      ELF_PROGRAM_HEADERS);
    }
    if (!in_file(reading, header->e_phoff, bytes)) {
        return REFUSE(reading, "ends before its program headers (%u bytes at 0x%llx): was it cut?",
                      bytes, (unsigned long long)header->e_phoff);
    }
    reading->program->header_count = header->e_phnum;
    return reading->file->read(reading->file->context, header->e_phoff, reading->program->headers,
                               bytes);
}

/* ---- segments ------------------------------------------------------------------------------- */

static status_t check_bytes(struct reading *reading, uint32_t number, const Elf64_Phdr *header)
{
    if (header->p_filesz > header->p_memsz) {
        return REFUSE(
            reading, "segment %u has more bytes in the file (0x%llx) than in memory (0x%llx)",
            number, (unsigned long long)header->p_filesz, (unsigned long long)header->p_memsz);
    }
    if (!in_file(reading, header->p_offset, header->p_filesz)) {
        return REFUSE(reading, "ends before segment %u (0x%llx bytes at 0x%llx): was it cut?",
                      number, (unsigned long long)header->p_filesz,
                      (unsigned long long)header->p_offset);
    }
    if (header->p_align > 1 && !is_power_of_two(header->p_align)) {
        return REFUSE(reading, "segment %u has alignment 0x%llx, which is no power of two", number,
                      (unsigned long long)header->p_align);
    }
    return STATUS_OK;
}

/* A movable program is held to an address space that begins at 0, until its base is known. With the
 * end in the limits, rounding to pages cannot overflow. */
static status_t check_place(struct reading *reading, uint32_t number, const Elf64_Phdr *header)
{
    uint64_t lowest = reading->program->movable ? 0 : reading->limits->lowest;
    uint64_t highest = reading->limits->highest;
    if (header->p_vaddr < lowest) {
        return REFUSE(reading, "segment %u begins at 0x%llx; memory for programs begins at 0x%llx",
                      number, (unsigned long long)header->p_vaddr, (unsigned long long)lowest);
    }
    if (header->p_vaddr > highest || header->p_memsz > highest - header->p_vaddr) {
        return REFUSE(reading,
                      "segment %u (0x%llx bytes at 0x%llx) lies above the end of memory for "
                      "programs, 0x%llx",
                      number, (unsigned long long)header->p_memsz,
                      (unsigned long long)header->p_vaddr, (unsigned long long)highest);
    }
    return STATUS_OK;
}

static bool rights_allowed(const struct reading *reading, uint32_t flags)
{
    return (flags & (PF_W | PF_X)) != (PF_W | PF_X) || reading->limits->writable_text;
}

static status_t check_order(struct reading *reading, uint32_t number, const Elf64_Phdr *header)
{
    const struct elf_program *program = reading->program;
    if (program->segment_count == ELF_PROGRAM_SEGMENTS) {
        return REFUSE(reading, "has more than %u segments to load", ELF_PROGRAM_SEGMENTS);
    }
    if (program->segment_count == 0) {
        return STATUS_OK;
    }
    const struct elf_program_segment *last = &program->segments[program->segment_count - 1];
    if (header->p_vaddr < last->address) {
        return REFUSE(reading, "segment %u lies below the one before it; addresses have to ascend",
                      number);
    }
    if (header->p_vaddr - last->address < last->memory_size) {
        return REFUSE(reading, "segment %u overlaps the one before it, at 0x%llx", number,
                      (unsigned long long)header->p_vaddr);
    }
    return STATUS_OK;
}

static status_t check_segment(struct reading *reading, uint32_t number, const Elf64_Phdr *header)
{
    status_t status = check_bytes(reading, number, header);
    if (status == STATUS_OK) {
        status = check_place(reading, number, header);
    }
    if (status == STATUS_OK && !rights_allowed(reading, header->p_flags)) {
        status =
            REFUSE(reading, "segment %u is both writable and executable; link without -N", number);
    }
    return status == STATUS_OK ? check_order(reading, number, header) : status;
}

/* ---- extents -------------------------------------------------------------------------------- */

static void extend(struct elf_program *program, uint64_t start, uint64_t end, uint32_t flags)
{
    struct elf_program_extent *last =
        program->extent_count == 0 ? NULL : &program->extents[program->extent_count - 1];
    if (start == end) {
        return;
    }
    program->size += end - start;
    if (last != NULL && last->flags == flags && last->address + last->size == start) {
        last->size += end - start;
        return;
    }
    program->extents[program->extent_count++] =
        (struct elf_program_extent){.address = start, .size = end - start, .flags = flags};
}

/* Takes the last page away from the last extent and answers the rights that it had. */
static uint32_t take_last_page(struct elf_program *program)
{
    struct elf_program_extent *last = &program->extents[program->extent_count - 1];
    last->size -= ELF_PROGRAM_PAGE;
    program->size -= ELF_PROGRAM_PAGE;
    program->extent_count -= last->size == 0;
    return last->flags;
}

/* Segments do not overlap and ascend, so all that one can share with those before is their last
 * page; each adds two extents at most. */
static status_t add_extents(struct reading *reading, uint32_t number, uint64_t address,
                            uint64_t size, uint32_t flags)
{
    struct elf_program *program = reading->program;
    uint64_t start = page_down(address);
    uint64_t end = page_up(address + size);
    if (program->extent_count != 0 && elf_program_high(program) > start) {
        uint32_t both = take_last_page(program) | flags;
        if (!rights_allowed(reading, both)) {
            return REFUSE(reading,
                          "segment %u shares the page at 0x%llx with the one before it, so that it "
                          "would be writable and executable; link with -z separate-code",
                          number, (unsigned long long)start);
        }
        extend(program, start, start + ELF_PROGRAM_PAGE, both);
        start += ELF_PROGRAM_PAGE;
    }
    extend(program, start, end, flags);
    if (program->size > reading->limits->largest) {
        return REFUSE(reading, "needs more than the 0x%llx bytes of memory that a program may have",
                      (unsigned long long)reading->limits->largest);
    }
    return STATUS_OK;
}

static status_t add_segment(struct reading *reading, uint32_t number, const Elf64_Phdr *header)
{
    struct elf_program *program = reading->program;
    uint32_t flags = header->p_flags & RIGHTS;
    status_t status = header->p_memsz == 0 ? STATUS_OK : check_segment(reading, number, header);
    if (status != STATUS_OK || header->p_memsz == 0) {
        return status;
    }
    program->segments[program->segment_count++] = (struct elf_program_segment){
        .address = header->p_vaddr,
        .memory_size = header->p_memsz,
        .file_offset = header->p_offset,
        .file_size = header->p_filesz,
        .flags = flags,
        .mappable = (header->p_vaddr - header->p_offset) % ELF_PROGRAM_PAGE == 0,
    };
    if (header->p_align > program->alignment) {
        program->alignment = header->p_align;
    }
    return add_extents(reading, number, header->p_vaddr, header->p_memsz, flags);
}

/* ---- the rest of the plan ------------------------------------------------------------------- */

static status_t read_interpreter(struct reading *reading, const Elf64_Phdr *header)
{
    char *path = reading->program->interpreter;
    if (!reading->limits->interpreter) {
        return REFUSE(reading,
                      "needs a dynamic linker, which this ABI has not; link it with -static");
    }
    if (path[0] != '\0') {
        return REFUSE(reading, "names two interpreters");
    }
    if (header->p_filesz < 2 || header->p_filesz > ELF_PROGRAM_PATH) {
        return REFUSE(reading, "names an interpreter with %llu bytes; 2 to %u would do",
                      (unsigned long long)header->p_filesz, ELF_PROGRAM_PATH);
    }
    if (!in_file(reading, header->p_offset, header->p_filesz)) {
        return REFUSE(reading, "ends before the path of its interpreter: was it cut?");
    }
    uint32_t length = (uint32_t)header->p_filesz;
    status_t status = reading->file->read(reading->file->context, header->p_offset, path, length);
    if (status == STATUS_OK && (path[0] == '\0' || path[length - 1] != '\0')) {
        status = REFUSE(reading, "names an interpreter whose path is %s",
                        path[0] == '\0' ? "empty" : "not ended by a zero byte");
    }
    return status;
}

static status_t take_header(struct reading *reading, uint32_t number, const Elf64_Phdr *header)
{
    switch (header->p_type) {
    case PT_LOAD:
        return add_segment(reading, number, header);
    case PT_INTERP:
        return read_interpreter(reading, header);
    case PT_GNU_STACK:
        reading->program->executable_stack = (header->p_flags & PF_X) != 0;
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

static unsigned instruction_align(uint16_t machine)
{
    switch (machine) {
    case EM_RISCV:
        return 2; /* with compressed instructions */
    case EM_AARCH64:
        return 4;
    default:
        return 1;
    }
}

static status_t check_entry(struct reading *reading)
{
    const struct elf_program *program = reading->program;
    uint64_t entry = reading->header.e_entry;
    unsigned align = instruction_align(reading->header.e_machine);
    if (program->segment_count == 0) {
        return REFUSE(reading, "has no segment to load");
    }
    if (entry % align != 0) {
        return REFUSE(reading, "begins at 0x%llx, which is no multiple of %u",
                      (unsigned long long)entry, align);
    }
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct elf_program_segment *segment = &program->segments[i];
        bool inside = entry >= segment->address && entry - segment->address < segment->memory_size;
        if (inside && (segment->flags & PF_X) != 0) {
            return STATUS_OK;
        }
    }
    return REFUSE(reading, "begins at 0x%llx, which lies in no executable segment",
                  (unsigned long long)entry);
}

/* The table lies in memory where a segment brings it, whatever PT_PHDR says. */
static void find_headers(struct reading *reading)
{
    struct elf_program *program = reading->program;
    uint64_t offset = reading->header.e_phoff;
    uint64_t bytes = program->header_count * HEADER_BYTES;
    for (uint32_t i = 0; i < program->segment_count && !program->headers_loaded; i++) {
        const struct elf_program_segment *segment = &program->segments[i];
        if (offset >= segment->file_offset && bytes <= segment->file_size &&
            offset - segment->file_offset <= segment->file_size - bytes) {
            program->headers_loaded = true;
            program->headers_address = segment->address + (offset - segment->file_offset);
        }
    }
}

static status_t take_headers(struct reading *reading)
{
    status_t status = STATUS_OK;
    for (uint32_t i = 0; i < reading->program->header_count && status == STATUS_OK; i++) {
        status = take_header(reading, i, &reading->program->headers[i]);
    }
    return status;
}

typedef status_t stage(struct reading *reading);

static stage *const stages[] = {
    read_header, check_ident, check_machine, check_type, read_headers, take_headers, check_entry,
};

status_t elf_program_read(const struct elf_program_file *file,
                          const struct elf_program_limits *limits, struct elf_program *program,
                          char reason[ELF_PROGRAM_REASON])
{
    struct reading reading = {.file = file, .limits = limits, .program = program, .reason = reason};
    __builtin_memset(program, 0, sizeof(*program));
    program->alignment = ELF_PROGRAM_PAGE;
    reason[0] = '\0';
    for (uint32_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        status_t status = stages[i](&reading);
        if (status != STATUS_OK) {
            return status;
        }
    }
    program->entry = reading.header.e_entry;
    find_headers(&reading);
    return STATUS_OK;
}

status_t elf_program_move(struct elf_program *program, const struct elf_program_limits *limits,
                          uint64_t base, char reason[ELF_PROGRAM_REASON])
{
    reason[0] = '\0';
    if (!program->movable) {
        return refuse(reason, STATUS_REFUSED, "is linked for its addresses and cannot be moved");
    }
    if (base % program->alignment != 0) {
        return refuse(reason, STATUS_REFUSED, "cannot be at 0x%llx, which is no multiple of 0x%llx",
                      (unsigned long long)base, (unsigned long long)program->alignment);
    }
    uint64_t highest = limits->highest;
    if (base > highest || elf_program_high(program) > highest - base ||
        base + elf_program_low(program) < limits->lowest) {
        return refuse(reason, STATUS_REFUSED,
                      "cannot be at 0x%llx: memory for programs is from 0x%llx to 0x%llx",
                      (unsigned long long)base, (unsigned long long)limits->lowest,
                      (unsigned long long)highest);
    }
    for (uint32_t i = 0; i < program->segment_count; i++) {
        program->segments[i].address += base;
    }
    for (uint32_t i = 0; i < program->extent_count; i++) {
        program->extents[i].address += base;
    }
    program->entry += base;
    program->headers_address += program->headers_loaded ? base : 0;
    program->movable = false;
    return STATUS_OK;
}
