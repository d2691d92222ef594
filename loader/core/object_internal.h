/*
 * What the files of the relocation core share.
 *
 * Layers, each using only those above it: bytes, refusal, sort; file (bounds, sections,
 * symbols); note, shapes, imports; scan (what relocations need); layout; fixup and the two
 * machines; relocate. Everything portable here is driven by the machine's table of relocation
 * types: `subject` says which address a relocation is about, `frame` what it is relative to,
 * `encoding` how the value is stored, `range` what fits.
 */
#ifndef LOADER_CORE_OBJECT_INTERNAL_H
#define LOADER_CORE_OBJECT_INTERNAL_H

#include "bytes.h"
#include "elf_format.h"
#include "object.h"
#include "sort.h"

#define refuse(object, code, ...)                                                                  \
    refusal_write((object)->refusal, code, (object)->name, __VA_ARGS__)

/* Sections. */

enum section_kind {
    SECTION_PLAIN,
    SECTION_PREINIT,
    SECTION_INIT,
    SECTION_FINI,
    SECTION_TLS,
    SECTION_META, /* this and the next are not loaded */
    SECTION_SHAPES,
};

/* Sections that the core adds, at index object->extra_first + one of these. */
enum extra_section {
    EXTRA_GOT,
    EXTRA_STUBS,
    EXTRA_COMMON,
    EXTRA_VENEERS,
    EXTRA_SECTIONS,
};

struct object_section {
    uint64_t
        address;     /* run address, set by object_place; for SECTION_TLS: of the template's copy */
    uint32_t name;   /* offset in the section names; extra sections have none */
    uint32_t offset; /* of the bytes in the file */
    uint32_t size;   /* in the file, or of the memory when there are no bytes */
    uint32_t loaded; /* bytes of memory: size less what R_RISCV_ALIGN removes */
    uint32_t align;
    uint32_t place; /* offset in its group, after layout; for SECTION_TLS: in the TLS block */
    uint32_t deletion_first; /* its part of object->deletions */
    uint32_t deletion_count;
    uint8_t group; /* OBJECT_GROUPS: not loaded */
    uint8_t kind;  /* enum section_kind */
    bool has_bytes;
};

static inline bool section_is_loaded(const struct object_section *section)
{
    return section->group != OBJECT_GROUPS;
}

static inline uint32_t section_total(const struct object *object)
{
    return object->section_count + EXTRA_SECTIONS;
}

/* Only for indices below section_count; the header was checked by object_open. */
static inline const Elf64_Shdr *section_header(const struct object *object, uint32_t index)
{
    return &object->headers[index];
}

const char *section_name(const struct object *object, uint32_t index);
/* Does the header say that the section is a table of such entries? */
bool section_is_table(const Elf64_Shdr *header, uint64_t entry_size);

/*
 * A deletion is sorted by section << 32 | offset of the first byte deleted; its value holds the
 * bytes that earlier deletions of the section removed, and its own.
 */
static inline struct sort_entry deletion_make(uint32_t section, uint64_t offset, uint32_t before,
                                              uint32_t count)
{
    return (struct sort_entry){(uint64_t)section << 32 | offset, (uint64_t)before << 32 | count};
}

static inline uint32_t deletion_before(const struct sort_entry *deletion)
{
    return (uint32_t)(deletion->value >> 32);
}

static inline uint32_t deletion_count(const struct sort_entry *deletion)
{
    return (uint32_t)deletion->value;
}

static inline uint64_t deletion_start(const struct sort_entry *deletion)
{
    return (uint32_t)deletion->key;
}

uint64_t section_adjust_deleted(const struct object *object, uint32_t section, uint64_t offset,
                                uint32_t *near);

/*
 * Offset in memory of an offset in the file's section: less what was deleted before it. `near`
 * (at first 0) makes a run over offsets in order linear.
 */
static inline uint64_t section_adjust(const struct object *object, uint32_t section,
                                      uint64_t offset, uint32_t *near)
{
    return object->sections[section].deletion_count == 0
               ? offset
               : section_adjust_deleted(object, section, offset, near);
}

/* Offset in its group; for TLS: of the template's copy. */
uint64_t section_place(const struct object *object, uint32_t section);
/* Computes the run addresses of all sections. */
void sections_settle(struct object *object);

static inline uint64_t section_address(const struct object *object, uint32_t section)
{
    return object->sections[section].address;
}

/* Symbols. */

#define SYMBOL_IMPORT    0x1u  /* undefined, and a relocation of a loaded section refers to it */
#define SYMBOL_CANONICAL 0x2u  /* an import whose address, for all uses, is its stub */
#define SYMBOL_ABSENT    0x4u  /* a weak import that stayed unbound: zero */
#define SYMBOL_GOT       0x8u  /* _GLOBAL_OFFSET_TABLE_, which the core defines */
#define SYMBOL_TLS_STUB  0x10u /* __tls_get_addr, which the core defines */
#define SYMBOL_SECTION   0x20u /* of a section with deletions: the addend counts in the file */

/* Slots and stubs are numbered from one; zero: not needed. */
struct object_symbol {
    uint64_t address;  /* set by object_place, of imports by imports_bind */
    uint32_t got;      /* GOT slot with its address */
    uint32_t tls_got;  /* GOT slot with its offset from the thread pointer */
    uint32_t tls_pair; /* first of two GOT slots: module, offset */
    uint32_t stub;
    uint32_t stub_slot; /* GOT slot that the stub jumps through */
    uint32_t flags;
};

static inline const Elf64_Sym *symbol_entry(const struct object *object, uint32_t index)
{
    return &object->symbols[index];
}

static inline bool symbol_in_section(const Elf64_Sym *symbol)
{
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < SHN_LORESERVE;
}

const char *symbol_name(const struct object *object, const Elf64_Sym *symbol);

/* Computes the addresses of all symbols but imports, once the sections have theirs. */
void symbols_settle(struct object *object);
uint64_t symbol_address_adjusted(const struct object *object, uint32_t index, int64_t addend);

/*
 * Run address of a symbol plus addend, for a thread-local one its offset from the thread pointer;
 * imports must be bound.
 */
static inline uint64_t symbol_address(const struct object *object, uint32_t index, int64_t addend)
{
    const struct object_symbol *state = &object->symbol_states[index];
    return (state->flags & (SYMBOL_CANONICAL | SYMBOL_SECTION)) == 0
               ? state->address + (uint64_t)addend
               : symbol_address_adjusted(object, index, addend);
}

uint64_t got_address(const struct object *object, uint32_t slot);
uint64_t stub_address(const struct object *object, uint32_t stub);
uint64_t tls_stub_address(const struct object *object);

/* Memory of the workspace, which may hold anything, or NULL and a refusal. */
void *workspace_take(struct object *object, uint64_t bytes);

/* Stages of object_open; each refuses by itself. */
bool file_open_header(struct object *object, Elf64_Ehdr *header);
bool file_open_sections(struct object *object, const Elf64_Ehdr *header);
bool file_check_tables(struct object *object, const Elf64_Ehdr *header);
bool file_check_range(struct object *object, const char *what, uint64_t offset, uint64_t size);
bool section_classify(struct object *object, uint32_t index, const Elf64_Shdr *header);
bool symbols_open(struct object *object);
bool meta_open(struct object *object);
bool shapes_open(struct object *object);
bool scan_relocations(struct object *object);
bool align_open(struct object *object, struct sort_entry *places, uint32_t count);

/* Imports. */
enum import_name_result { IMPORT_NAME_PLAIN, IMPORT_NAME_VERSIONED, IMPORT_NAME_BAD };
enum import_name_result import_parse(const char *name, struct object_import *import);
bool imports_bind(struct object *object, object_resolver *resolver, void *context);

/* Relocation types. */

enum relocation_subject {
    SUBJECT_UNSUPPORTED, /* known by name only */
    SUBJECT_NOTHING,     /* ignored: a marker for linkers that relax */
    SUBJECT_SYMBOL,      /* S + A */
    SUBJECT_GOT,         /* the GOT slot that holds S */
    SUBJECT_TLS_OFFSET,  /* S + A, from the thread pointer */
    SUBJECT_TLS_GOT,     /* the GOT slot that holds the offset from the thread pointer */
    SUBJECT_TLS_PAIR,    /* the two GOT slots for __tls_get_addr */
    SUBJECT_LABEL,       /* the value of the high part that S labels */
    SUBJECT_ALIGN,       /* alignment by deleting from A bytes */
};

enum relocation_frame {
    FRAME_ABSOLUTE,
    FRAME_PLACE,    /* less P */
    FRAME_PAGE,     /* page of it less page of P */
    FRAME_GOT_PAGE, /* less the page of the GOT */
    FRAME_GOT,      /* less the GOT */
};

enum relocation_range {
    RANGE_NONE,
    RANGE_SIGNED,   /* -2^(bits-1) <= X < 2^(bits-1) */
    RANGE_UNSIGNED, /* 0 <= X < 2^bits */
    RANGE_EITHER,   /* -2^(bits-1) <= X < 2^bits */
    RANGE_HIGH,     /* X + 2^11 is RANGE_SIGNED: an upper part, rounded, and a signed low part */
};

#define RELOCATION_CALL      0x1u /* may go to the import's stub */
#define RELOCATION_HIGH_PART 0x2u /* an AUIPC or ADRP: an entry of object->high_parts */

struct relocation_type {
    const char *name; /* NULL: there is no such type */
    uint8_t width;    /* bytes at the place */
    uint8_t subject;
    uint8_t frame;
    uint8_t encoding; /* the machine's own */
    uint8_t range;
    uint8_t bits;
    uint8_t align; /* log2: the value must be a multiple */
    uint8_t shift; /* of the value in the instruction, for some encodings */
    uint8_t flags;
};

struct fixup; /* fixup.h */

struct machine {
    const char *name;
    uint16_t elf_machine;
    uint8_t tcb_bytes;                   /* between the thread pointer and the TLS block */
    uint8_t stub_bytes;                  /* also of the TLS stub and of a veneer; a power of two */
    const struct relocation_type *types; /* by number less `type_first`; the first is NONE */
    uint32_t type_first;
    uint32_t type_count;
    const char *(*bad_flags)(uint32_t flags); /* why e_flags are refused, or NULL */
    bool (*is_affected)(uint64_t address);    /* may a high part there need a veneer? NULL: never */
    bool (*apply)(struct fixup *fixup);
    void (*write_stub)(uint8_t *at, uint64_t address, uint64_t slot);
    void (*write_tls_stub)(uint8_t *at);
};

extern const struct machine machine_riscv64;
extern const struct machine machine_aarch64;

#endif
