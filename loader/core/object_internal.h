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

/* Only for indices below section_count; the header was checked by object_open. */
Elf64_Shdr section_header(const struct object *object, uint32_t index);
const char *section_name(const struct object *object, uint32_t index);

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

/* Offset in memory of an offset in the file's section: less what was deleted before it. */
uint64_t section_adjust(const struct object *object, uint32_t section, uint64_t offset);

/* Offset in its group; for TLS: of the template's copy. */
uint64_t section_place(const struct object *object, uint32_t section);
uint64_t section_address(const struct object *object, uint32_t section);

/* Symbols. */

#define SYMBOL_IMPORT    0x1u  /* undefined, and a relocation of a loaded section refers to it */
#define SYMBOL_CANONICAL 0x2u  /* an import whose address, for all uses, is its stub */
#define SYMBOL_ABSENT    0x4u  /* a weak import that stayed unbound: zero */
#define SYMBOL_GOT       0x8u  /* _GLOBAL_OFFSET_TABLE_, which the core defines */
#define SYMBOL_TLS_STUB  0x10u /* __tls_get_addr, which the core defines */

/* Slots and stubs are numbered from one; zero: not needed. */
struct object_symbol {
    uint64_t value;    /* address of a bound import; offset of a common symbol */
    uint32_t got;      /* GOT slot with its address */
    uint32_t tls_got;  /* GOT slot with its offset from the thread pointer */
    uint32_t tls_pair; /* first of two GOT slots: module, offset */
    uint32_t stub;
    uint32_t stub_slot; /* GOT slot that the stub jumps through */
    uint32_t flags;
};

Elf64_Sym symbol_read(const struct object *object, uint32_t index);
const char *symbol_name(const struct object *object, const Elf64_Sym *symbol);
bool symbol_in_section(const Elf64_Sym *symbol);

/* Run address of a symbol plus addend; imports must be bound. Not for TLS symbols. */
uint64_t symbol_address(const struct object *object, uint32_t index, int64_t addend);
uint64_t symbol_tls_offset(const struct object *object, uint32_t index, int64_t addend);
uint64_t got_address(const struct object *object, uint32_t slot);
uint64_t stub_address(const struct object *object, uint32_t stub);
uint64_t tls_stub_address(const struct object *object);

/* The workspace: zeroed memory, or NULL and a refusal. */
void *workspace_take(struct object *object, uint64_t bytes);

/* Stages of object_open; each refuses by itself. */
bool file_open_header(struct object *object, Elf64_Ehdr *header);
bool file_open_sections(struct object *object, const Elf64_Ehdr *header);
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
#define RELOCATION_ERRATUM   0x2u /* an ADRP: Cortex-A53 erratum 843419 */
#define RELOCATION_HIGH_PART 0x4u /* R_RISCV_PCREL_LO12 may refer to it */

struct relocation_type {
    const char *name;
    uint16_t number;
    uint8_t width; /* bytes at the place */
    uint8_t subject;
    uint8_t frame;
    uint8_t encoding; /* the machine's own */
    uint8_t range;
    uint8_t bits;
    uint8_t align; /* log2: the value must be a multiple */
    uint8_t shift; /* of the value in the instruction, for some encodings */
    uint8_t flags;
};

struct fixup;

struct machine {
    const char *name;
    uint16_t elf_machine;
    uint8_t tcb_bytes;                   /* between the thread pointer and the TLS block */
    uint8_t stub_bytes;                  /* also of the TLS stub; a power of two */
    const struct relocation_type *types; /* sorted by number */
    uint32_t type_count;
    const char *(*bad_flags)(uint32_t flags); /* why e_flags are refused, or NULL */
    bool (*apply)(struct fixup *fixup);
    void (*write_stub)(uint8_t *at, uint64_t address, uint64_t slot);
    void (*write_tls_stub)(uint8_t *at);
};

extern const struct machine machine_riscv64;
extern const struct machine machine_aarch64;

const struct relocation_type *relocation_find(const struct machine *machine, uint32_t number);

/* Fixups: one relocation, decoded. */

struct fixup {
    struct object *object;
    const struct relocation_type *type; /* NULL only until scan has accepted it */
    uint32_t number;                    /* of the type */
    uint32_t table;                     /* section index of the relocation section */
    uint32_t entry;
    uint32_t section; /* that is relocated */
    uint32_t symbol;
    int64_t addend;
    uint64_t offset;       /* in the section, as in the file */
    uint64_t place;        /* run address; valid after object_place */
    uint8_t *const *image; /* groups to write, NULL: only check */
    uint8_t *target;       /* the bytes to change, NULL: only check */
    uint32_t *veneers;     /* ADRP veneers used so far */
};

typedef bool fixup_visitor(struct fixup *fixup, void *context);

/* Visits the relocations of all loaded sections, in the file's order, until one refuses. */
bool relocations_walk(struct object *object, fixup_visitor *visit, void *context);
bool relocations_walk_image(struct object *object, uint8_t *const *image, fixup_visitor *visit,
                            void *context);

/* Reads one entry of a relocation section that object_open has checked. */
void fixup_read(struct object *object, uint32_t table, uint32_t entry, struct fixup *fixup);

__attribute__((format(printf, 3, 4))) bool
fixup_refuse(const struct fixup *fixup, enum refusal_code code, const char *format, ...);
const char *fixup_symbol_name(const struct fixup *fixup);

/* The value of a relocation, by subject and frame; `address` overrides the subject's. */
uint64_t fixup_subject(const struct fixup *fixup);
uint64_t fixup_frame(const struct fixup *fixup, uint64_t address);
bool fixup_fits(const struct relocation_type *type, int64_t value);
bool fixup_check(const struct fixup *fixup, int64_t value);
bool fixup_is_absent(const struct fixup *fixup);

/* Replaces the bits of `mask` in the instruction at the target, when writing. */
void fixup_patch16(const struct fixup *fixup, uint16_t mask, uint16_t bits);
void fixup_patch32(const struct fixup *fixup, uint32_t mask, uint32_t bits);
void fixup_store(const struct fixup *fixup, uint64_t value); /* `width` bytes of data */

#endif
