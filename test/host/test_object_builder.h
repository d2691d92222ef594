/*
 * Builds relocatable ELF files in memory and loads them, for the tests of the relocation core.
 *
 * Everything is checked with assert: a test that cannot build its input is wrong itself.
 */
#ifndef TEST_OBJECT_BUILDER_H
#define TEST_OBJECT_BUILDER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf_format.h"
#include "object.h"

struct builder;

/* A builder for an object with nothing but a good note (name "test", kind program). */
struct builder *builder_new(enum object_machine machine);
/* The same without a note. */
struct builder *builder_new_bare(enum object_machine machine);

/* Adds a section with a copy of the bytes; NULL: zeros, or none for SHT_NOBITS. Its index. */
unsigned builder_section(struct builder *builder, const char *name, uint32_t type, uint64_t flags,
                         uint64_t align, const void *bytes, size_t size);
unsigned builder_text(struct builder *builder, const void *bytes, size_t size);

unsigned builder_symbol(struct builder *builder, const char *name, uint8_t binding, uint8_t type,
                        uint16_t section, uint64_t value, uint64_t size);
void builder_relocate(struct builder *builder, unsigned section, uint64_t offset, uint32_t type,
                      unsigned symbol, int64_t addend);

/* Frees the builder; the caller frees the file. */
uint8_t *builder_finish(struct builder *builder, size_t *size);

/* Parts of a finished file, to be damaged. */
Elf64_Ehdr *file_header(uint8_t *file);
Elf64_Shdr *file_section(uint8_t *file, const char *name);
Elf64_Sym *file_symbol(uint8_t *file, unsigned index);
Elf64_Rela *file_relocation(uint8_t *file, const char *table, unsigned entry);

/* A loaded object with its memory. */
struct loaded {
    struct object object;
    struct refusal refusal;
    enum object_machine machine;
    uint8_t *file;
    size_t size;
    void *workspace;
    void *image[OBJECT_GROUPS];
    object_resolver *resolver;
};

#define BASE_TEXT   0x100000000ull
#define BASE_RODATA 0x100100000ull
#define BASE_DATA   0x100200000ull

/* Finishes the builder and takes over its file. */
void loaded_init(struct loaded *loaded, struct builder *builder, enum object_machine machine);
bool loaded_open(struct loaded *loaded);
bool loaded_layout(struct loaded *loaded, uint64_t seed);
/* Relocates at the BASE_ addresses. */
bool loaded_run(struct loaded *loaded, uint64_t seed);
/* Places a laid out object at any addresses, even such as object_place would refuse. */
void loaded_put(struct loaded *loaded, const uint64_t address[OBJECT_GROUPS]);
/* Relocates there. */
bool loaded_run_anywhere(struct loaded *loaded, const uint64_t address[OBJECT_GROUPS]);
void loaded_free(struct loaded *loaded);

/* Binds every import to IMPORT_ADDRESS, but none whose name begins with "absent". */
#define IMPORT_ADDRESS 0x3000000000ull
enum object_binding_result resolve_any(void *context, const struct object_import *import,
                                       struct object_binding *binding);

/* One relocation at offset PLACE of a text section. */
enum about {
    ABOUT_DISTANCE, /* the symbol is `value` bytes from the place */
    ABOUT_ADDRESS,  /* the symbol's address is `value` */
    ABOUT_SLOT,     /* the GOT slot is `value` bytes from the place */
    ABOUT_TLS_SLOT, /* the same for a thread-local symbol */
    ABOUT_TLS,      /* the offset from the thread pointer is `value` */
};

#define PLACE   0x20
#define REFUSED UINT64_MAX

struct relocation_case {
    enum about about;
    uint32_t type;
    int64_t value;
    uint64_t before;
    uint64_t after; /* REFUSED: refused with REFUSAL_RELOCATION_RANGE */
};

/* Runs the case and fails the test when the eight bytes at the place are not as expected. */
void relocation_case_check(enum object_machine machine, const struct relocation_case *one);

#endif
