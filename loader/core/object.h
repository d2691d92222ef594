/*
 * The relocation core: turns a hostile relocatable ELF file into placed, relocated groups.
 *
 * The order of calls, each of which may refuse:
 *     object_open      checks the whole file; the note and the imports are known
 *     object_layout    arranges sections into groups; sizes and constraints are known
 *     object_place     takes the run address of each group
 *     object_relocate  binds the imports and writes the groups, checking every relocation
 * Or object_open_note alone, for who only wants to know what the file is.
 * Nothing is allocated: tables live in the caller's workspace. The file's bytes, its name and
 * the workspace stay valid and unchanged as long as the object is used; copy a file that others
 * can write to. After a refusal the object is dead, and nothing needs releasing.
 */
#ifndef LOADER_CORE_OBJECT_H
#define LOADER_CORE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "refusal.h"

#define OBJECT_MUST_USE __attribute__((warn_unused_result))

enum object_machine {
    OBJECT_RISCV64,
    OBJECT_AARCH64,
};

enum object_group_name {
    OBJECT_TEXT,   /* read and execute: code, stubs */
    OBJECT_RODATA, /* read: constants, GOT, initialisation arrays, TLS template */
    OBJECT_DATA,   /* read and write: data, then bss and common */
    OBJECT_GROUPS,
};

enum {
    OBJECT_PAGE = 4096,            /* groups are aligned at least to this */
    OBJECT_ALIGN_MAX = 65536,      /* largest alignment of a section */
    OBJECT_FILE_MAX = 256 << 20,   /* largest file, bytes */
    OBJECT_MEMORY_MAX = 256 << 20, /* largest group, bytes */
    OBJECT_NAME_MAX = 255,         /* longest symbol name of an import */
    OBJECT_LIST_MAX = 16,          /* most entries of a repeatable field in the note */
};

struct object_group {
    uint64_t size;    /* bytes of memory; zero: the group is not needed */
    uint64_t content; /* bytes from the start that object_relocate may write; the rest is zero */
    uint64_t align;   /* of the run address: a power of two, at least OBJECT_PAGE */
    uint64_t address; /* run address, set by object_place */
};

/* Where groups may be put. Both hold for every object that passed object_layout. */
struct object_constraint {
    uint64_t span;  /* from the lowest address of any group to the highest end, at most this */
    uint64_t limit; /* no group ends above this address */
};

/* The note, with defaults of zero or NULL for what it does not say. Texts are in the file. */
struct object_texts {
    uint32_t count;
    const char *text[OBJECT_LIST_MAX];
};

struct object_meta {
    uint32_t format;
    uint32_t sdk; /* major << 16 | minor; zero: unknown */
    const char *name;
    const char *version;
    const char *author;
    const char *licence;
    const char *description;
    const char *path;
    uint32_t kind;      /* enum sinter_kind */
    uint32_t resources; /* RESOURCE_ bits */
    uint32_t restart;   /* enum sinter_restart */
    uint32_t priority;
    uint32_t stack;     /* bytes */
    uint32_t memory;    /* pages */
    uint32_t heartbeat; /* milliseconds */
    struct object_texts provides;
    struct object_texts consumes;
    struct object_texts devices;
};

/* Thread-local storage: tp + tp_offset is where a thread's copy of the template begins. */
struct object_tls {
    uint64_t size;             /* of a thread's block: template, then zeros; zero: none */
    uint64_t align;            /* of the thread pointer, and so of the block */
    uint64_t tp_offset;        /* 0 on riscv64; 16 rounded up to `align` on aarch64 */
    uint64_t template_address; /* run address, inside the read-only group */
    uint64_t template_size;
};

/* A contiguous array of function addresses in the read-only group. */
struct object_array {
    uint64_t address;
    uint64_t count;
};

struct object_arrays {
    struct object_array preinit; /* run in this order before the entry */
    struct object_array init;
    struct object_array fini; /* run from the last to the first */
};

/* An undefined symbol that a loaded section refers to. */
struct object_import {
    const char *name; /* not NUL-terminated */
    uint32_t name_length;
    uint32_t fingerprint; /* zero for compilers' helpers, as are major and minor */
    uint16_t major;
    uint16_t minor;
    bool weak; /* may stay unbound, and is zero then */
};

enum object_binding_result {
    OBJECT_BOUND,
    OBJECT_UNKNOWN,     /* no such name, or not in that version */
    OBJECT_NEWER,       /* the version is above what the system provides */
    OBJECT_FINGERPRINT, /* name and version are right, the prototype is not */
};

/* What a resolver says: the address when bound, otherwise what the refusal should tell. */
struct object_binding {
    uint64_t address;
    uint32_t fingerprint; /* the system's, for OBJECT_FINGERPRINT */
    uint16_t major;       /* the system provides SYS_major.lowest to SYS_major.highest */
    uint16_t lowest_minor;
    uint16_t highest_minor;
    const char *release; /* of the system, such as "0.3"; may be NULL */
};

/* `binding` is zeroed before the call. Imports are taken to be functions. */
typedef enum object_binding_result
object_resolver(void *context, const struct object_import *import, struct object_binding *binding);

/* A structure of the interface, as the system was compiled. */
struct object_shape {
    const char *name; /* "struct blk_request" */
    uint16_t major;
    uint16_t minor;
    uint32_t size;
    uint32_t align;
    uint32_t member_count;
    const uint32_t *offsets;
    const char *const *members;
};

/* A shape as an object records it. */
struct object_shape_record {
    const char *name;
    uint16_t major;
    uint16_t minor;
    uint32_t size;
    uint32_t align;
    uint32_t member_count;
    const uint32_t *offsets;
};

/* The result of symbolising an address. `name` is NULL when only the section is known. */
struct object_location {
    const char *name;
    const char *section;
    uint64_t offset; /* from the start of the function, or of the section */
};

/* Private to the core; here so that the caller can provide the memory. */
struct object_section;
struct object_symbol;
struct sort_entry;
struct machine;
struct elf_section;
struct elf_symbol;

struct object_strings {
    const char *text; /* the last byte is NUL */
    uint64_t size;
};

struct object {
    const char *name;
    const uint8_t *bytes;
    uint64_t size;
    struct refusal *refusal; /* of the call in progress */
    const struct machine *machine;

    uint8_t *workspace;
    size_t workspace_size;
    size_t workspace_used;

    const struct elf_section *headers; /* in the file, like the symbols */
    uint32_t section_count;
    uint32_t extra_first; /* sections that the core adds follow those of the file */
    struct object_section *sections;
    struct object_strings section_names;

    uint32_t symbol_table; /* section index */
    uint32_t symbol_count;
    const struct elf_symbol *symbols;
    struct object_strings symbol_names;
    struct object_symbol *symbol_states;

    uint32_t *imports; /* symbol indices */
    uint32_t import_count;
    struct sort_entry *high_parts; /* places of PC-relative high parts (AUIPC, ADRP), sorted */
    uint32_t high_part_count;
    struct sort_entry *deletions; /* RISC-V: bytes that R_RISCV_ALIGN removes, sorted */
    uint32_t deletion_count;
    uint32_t got_slots;
    uint32_t stubs;
    uint32_t veneers;
    bool needs_tls_stub; /* __tls_get_addr is used */
    bool needs_got;      /* _GLOBAL_OFFSET_TABLE_ is used */
    bool has_bytecode;   /* for link-time optimisation */

    struct object_meta meta;
    struct object_group group[OBJECT_GROUPS];
    struct object_constraint constraint;
    struct object_tls tls;
    uint64_t tls_place; /* offset of the template in the read-only group */
    struct object_arrays arrays;
    uint64_t array_places[3]; /* offsets in the read-only group, in the order of object_arrays */
};

/* Bytes of workspace that object_open needs for this file; a bound, cheap to compute. */
size_t object_workspace_size(const void *bytes, size_t size);

/*
 * Checks everything in the file that does not depend on addresses, and parses the note. `name`
 * is the file's name for refusals. The workspace may have any alignment; the file must lie at a
 * multiple of four, and is refused elsewhere.
 */
OBJECT_MUST_USE bool object_open(struct object *object, const char *name, const void *bytes,
                                 size_t size, enum object_machine machine, void *workspace,
                                 size_t workspace_size, struct refusal *refusal);

/*
 * The first part of object_open: checks the outline of the file and parses the note, so that
 * `object->meta` is valid, and no more. What follows in object_open may still refuse the file.
 */
OBJECT_MUST_USE bool object_open_note(struct object *object, const char *name, const void *bytes,
                                      size_t size, enum object_machine machine, void *workspace,
                                      size_t workspace_size, struct refusal *refusal);

/*
 * Arranges the sections: `object->group` and `object->constraint` are valid afterwards. The
 * order of sections and the gaps between them follow from the seed; zero: the file's order.
 */
OBJECT_MUST_USE bool object_layout(struct object *object, uint64_t seed, struct refusal *refusal);

/*
 * Takes the run addresses, checked against alignment, constraint and overlap. Afterwards
 * object_tls, object_arrays, object_find_function and object_symbolise may be used.
 */
OBJECT_MUST_USE bool object_place(struct object *object, const uint64_t address[OBJECT_GROUPS],
                                  struct refusal *refusal);

/* Refuses what object_relocate would refuse, without writing anything. */
OBJECT_MUST_USE bool object_check(struct object *object, object_resolver *resolver, void *context,
                                  struct refusal *refusal);

/*
 * Binds the imports and writes the groups. `image[g]` is where the caller has mapped group g,
 * writable and filled with zeros; only its first `content` bytes are written. After a refusal they
 * are worth nothing. Making caches coherent afterwards is the caller's duty.
 */
OBJECT_MUST_USE bool object_relocate(struct object *object, void *const image[OBJECT_GROUPS],
                                     object_resolver *resolver, void *context,
                                     struct refusal *refusal);

/* Run address of a global or weak function of that name; false: there is none. */
OBJECT_MUST_USE bool object_find_function(const struct object *object, const char *name,
                                          uint64_t *address);

/* The i-th import, i < object->import_count. */
struct object_import object_import(const struct object *object, uint32_t index);

/* Compares the object's shapes with the system's; shapes the system does not know are skipped. */
OBJECT_MUST_USE bool object_check_shapes(struct object *object, const struct object_shape *known,
                                         size_t count, struct refusal *refusal);

/*
 * Iterates the records of all `.sinter.shape` sections; `cursor` starts at zero. False: no more.
 * Only for opened objects: object_open has checked every record.
 */
bool object_next_shape(const struct object *object, uint64_t *cursor,
                       struct object_shape_record *record);

/* Where a run address lies; false: not in a section of this object. */
OBJECT_MUST_USE bool object_symbolise(const struct object *object, uint64_t address,
                                      struct object_location *location);

#endif
