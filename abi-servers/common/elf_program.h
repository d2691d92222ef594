/*
 * Foreign programs in ELF64: what a file asks for, checked, as a plan of what to map where.
 *
 *   elf_program    this: from hostile bytes to a plan; reads through a function, allocates nothing
 *   script_line    the other form of a program: a first line that begins with "#!"
 *
 * The program headers are read once and kept, so what was checked is what is used, whatever happens
 * to the file. Every sum is checked; after ELF_OK no segment leaves the file or the limits, none
 * overlap, and extents are whole pages. STATUS_BAD_FORMAT: another personality may know the file;
 * STATUS_REFUSED: it is of this format, and broken or not to be had here. Either comes with a
 * reason that goes on from the file's name. PT_TLS, PT_DYNAMIC, PT_GNU_RELRO and notes are the
 * program's own matter: its start code finds them through the program headers (AT_PHDR).
 */
#ifndef ABI_ELF_PROGRAM_H
#define ABI_ELF_PROGRAM_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stdint.h>

#include "elf_format.h"

enum {
    ELF_PROGRAM_PAGE = 4096,
    ELF_PROGRAM_HEADERS = 32,
    ELF_PROGRAM_SEGMENTS = 16,
    ELF_PROGRAM_EXTENTS = 2 * ELF_PROGRAM_SEGMENTS - 1,
    ELF_PROGRAM_PATH = 256, /* of the interpreter, with its NUL */
    ELF_PROGRAM_REASON = 200
};

struct elf_program_file {
    void *context;
    uint64_t size;
    /* Fills the buffer from `offset`; the range lies inside `size`. Its error is passed on. */
    status_t (*read)(void *context, uint64_t offset, void *buffer, uint32_t length);
};

struct elf_program_limits {
    uint16_t machine; /* EM_RISCV or EM_AARCH64 */
    uint8_t os_abi;   /* EI_OSABI that is known beside ELFOSABI_SYSV */
    bool movable;     /* position-independent executables (ET_DYN) are known */
    bool interpreter; /* programs that name an interpreter (PT_INTERP) are known */
    bool writable_text;
    uint64_t lowest;  /* address that a segment may have; a multiple of the page */
    uint64_t highest; /* end of what may be mapped, likewise */
    uint64_t largest; /* bytes of all pages together */
};

struct elf_program_segment {
    uint64_t address;
    uint64_t memory_size; /* at least 1; beyond file_size it is zeros */
    uint64_t file_offset;
    uint64_t file_size;
    uint32_t flags; /* PF_ */
    bool mappable;  /* address and offset agree modulo the page; otherwise it has to be copied */
};

/* Pages with the same rights; those that segments share have the rights of both. */
struct elf_program_extent {
    uint64_t address;
    uint64_t size;
    uint32_t flags; /* PF_ */
};

struct elf_program {
    uint32_t segment_count;
    uint32_t extent_count;
    struct elf_program_segment segments[ELF_PROGRAM_SEGMENTS]; /* ascending */
    struct elf_program_extent extents[ELF_PROGRAM_EXTENTS];    /* ascending */
    uint64_t entry;
    uint64_t size;         /* of the extents together */
    bool movable;          /* addresses count from the base, until elf_program_move() */
    uint64_t alignment;    /* that a base has to have: a power of two, at least a page */
    bool executable_stack; /* PT_GNU_STACK asks for one */
    bool headers_loaded;
    uint64_t headers_address; /* if they are: of the program headers in memory, for AT_PHDR */
    uint32_t header_count;
    char interpreter[ELF_PROGRAM_PATH]; /* empty: none */
    Elf64_Phdr headers[ELF_PROGRAM_HEADERS];
};

/*
 * What the file asks for; `reason` is empty, unless the answer is STATUS_BAD_FORMAT or
 * STATUS_REFUSED. A movable program is checked against the limits as it is moved.
 */
SINTER_MUST_CHECK status_t elf_program_read(const struct elf_program_file *file,
                                            const struct elf_program_limits *limits,
                                            struct elf_program *program,
                                            char reason[ELF_PROGRAM_REASON]);

/* Moves a movable program to a base. STATUS_REFUSED, and nothing is changed, if it cannot be
 * there. */
SINTER_MUST_CHECK status_t elf_program_move(struct elf_program *program,
                                            const struct elf_program_limits *limits, uint64_t base,
                                            char reason[ELF_PROGRAM_REASON]);

/* Bounds of all extents: what a base is chosen by. */
static inline uint64_t elf_program_low(const struct elf_program *program)
{
    return program->extents[0].address;
}

static inline uint64_t elf_program_high(const struct elf_program *program)
{
    const struct elf_program_extent *last = &program->extents[program->extent_count - 1];
    return last->address + last->size;
}

#endif
