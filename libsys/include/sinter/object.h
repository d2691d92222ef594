/*
 * What a server object says about itself, and how it names what it imports.
 *
 * Three things that a compiler leaves in an object and that the loader reads:
 *   - undefined symbols made by IMPORT, which carry version and fingerprint;
 *   - `.sinter.meta`, the note, written with SERVER_META, one record per line at file scope;
 *   - `.sinter.shape`, structure layouts as this compiler computed them, written by SHAPE.
 * And one thing that libsys carries: the table of its exports.
 *
 * C99 and attributes only, so that gcc, clang and TinyCC read it on every target. Everything
 * is little-endian. All layouts here are part of the binary interface: they only grow.
 */
#ifndef SINTER_OBJECT_H
#define SINTER_OBJECT_H

#include <stddef.h>
#include <stdint.h>

/* Imports: the undefined symbol is NAME@SYS_MAJOR.MINOR.FINGERPRINT, with eight hex digits. */
#if defined(__clang__) || defined(__TINYC__)
#define IMPORT(name, version, fingerprint) __asm__(name "@" version "." fingerprint)
#else /* gcc prints the name for GNU as, which wants quotes */
#define IMPORT(name, version, fingerprint) __asm__("\"" name "@" version "." fingerprint "\"")
#endif

/* The release of the SDK that holds this header; its build may set it. */
#ifndef SINTER_SDK_MAJOR
#define SINTER_SDK_MAJOR 0
#define SINTER_SDK_MINOR 1
#endif

/* The note. */

#define SINTER_META_SECTION ".sinter.meta"
#define SINTER_META_FORMAT  1 /* the value of the record META_FORMAT */

/*
 * A record is this header, `length` bytes, and padding to four. A zero header is padding.
 * Texts end with NUL, which `length` counts; numbers are uint32_t.
 */
struct sinter_meta_record {
    uint16_t tag; /* enum sinter_meta_tag, with META_REQUIRED or not */
    uint16_t length;
};

/* Set in a tag: a loader that does not know the tag refuses the object, otherwise it skips it. */
#define META_REQUIRED 0x8000u

enum sinter_meta_tag {
    META_PADDING = 0,
    META_FORMAT = 1,      /* number: SINTER_META_FORMAT */
    META_NAME = 2,        /* text: name of the server */
    META_VERSION = 3,     /* text: the author's version */
    META_AUTHOR = 4,      /* text */
    META_LICENCE = 5,     /* text: SPDX expression */
    META_DESCRIPTION = 6, /* text: one line */
    META_KIND = 7,        /* number: enum sinter_kind */
    META_PROVIDES = 8,    /* text: protocol "NAME VERSION"; may repeat */
    META_CONSUMES = 9,    /* text: protocol "NAME VERSION"; may repeat */
    META_DEVICE = 10,     /* text: a devicetree `compatible` string; may repeat */
    META_RESOURCES = 11,  /* number: RESOURCE_ bits; several records are joined */
    META_RESTART = 12,    /* number: enum sinter_restart */
    META_PRIORITY = 13,   /* number: scheduling band */
    META_STACK = 14,      /* number: bytes of the first thread's stack */
    META_MEMORY = 15,     /* number: limit in pages */
    META_HEARTBEAT = 16,  /* number: milliseconds between heartbeats */
    META_PATH = 17,       /* text: name under /dev that it serves */
    META_SDK = 18         /* number: release of the SDK, major << 16 | minor */
};

enum sinter_kind { KIND_DRIVER = 1, KIND_SERVICE = 2, KIND_PERSONALITY = 3, KIND_PROGRAM = 4 };

/* How clients survive a crash of the server. */
enum sinter_restart {
    RESTART_NEVER = 1,     /* do not restart */
    RESTART_STATELESS = 2, /* nothing to restore */
    RESTART_REPLAY = 3,    /* the client library issues again what was in flight */
    RESTART_STATE = 4      /* a state store passes from instance to instance */
};

#define RESOURCE_REGISTERS  0x01u
#define RESOURCE_INTERRUPTS 0x02u
#define RESOURCE_DMA        0x04u
#define RESOURCE_FIRMWARE   0x08u /* power calls */
#define RESOURCE_DEVICETREE 0x10u
#define RESOURCE_CONSOLE    0x20u  /* the kernel's early console and log */
#define RESOURCE_DEBUG      0x40u  /* debug rights over other tasks */
#define RESOURCE_CLOCK      0x80u  /* setting the time of day */
#define RESOURCE_BOOTSET    0x100u /* the archive of the boot set */
#define RESOURCE_NAMES      0x200u /* hearing what is mounted: the server of the namespace */
#define RESOURCE_ENTROPY    0x400u /* adding to the kernel's random generator */

/*
 * SERVER_META(name, "fifo");            begins the note: also writes the format and the SDK
 * SERVER_META(kind, SERVICE);           DRIVER, SERVICE, PERSONALITY or PROGRAM
 * SERVER_META(version, "1.0"); (author, "..."); (licence, "..."); (description, "...");
 * SERVER_META(provides, "block 1.0"); (consumes, "file 1.0"); (device, "virtio,mmio");
 * SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS);
 * SERVER_META(restart, STATELESS);      NEVER, STATELESS, REPLAY or STATE
 * SERVER_META(priority, 10); (stack, 16384); (memory, 256); (heartbeat, 1000); (path, "fifo");
 */
#define SERVER_META(field, ...) SINTER_META_##field(__VA_ARGS__)

#define SINTER_META_name(text)                                                                     \
    SINTER_META_NUMBER(META_FORMAT | META_REQUIRED, format, SINTER_META_FORMAT);                   \
    SINTER_META_NUMBER(META_SDK, sdk, ((uint32_t)SINTER_SDK_MAJOR << 16) | SINTER_SDK_MINOR);      \
    SINTER_META_TEXT(META_NAME, name, text)
#define SINTER_META_version(text)     SINTER_META_TEXT(META_VERSION, version, text)
#define SINTER_META_author(text)      SINTER_META_TEXT(META_AUTHOR, author, text)
#define SINTER_META_licence(text)     SINTER_META_TEXT(META_LICENCE, licence, text)
#define SINTER_META_description(text) SINTER_META_TEXT(META_DESCRIPTION, description, text)
#define SINTER_META_kind(value)       SINTER_META_NUMBER(META_KIND, kind, KIND_##value)
#define SINTER_META_provides(text)    SINTER_META_TEXT(META_PROVIDES, provides, text)
#define SINTER_META_consumes(text)    SINTER_META_TEXT(META_CONSUMES, consumes, text)
#define SINTER_META_device(text)      SINTER_META_TEXT(META_DEVICE, device, text)
#define SINTER_META_resources(bits)   SINTER_META_NUMBER(META_RESOURCES, resources, bits)
#define SINTER_META_restart(value)    SINTER_META_NUMBER(META_RESTART, restart, RESTART_##value)
#define SINTER_META_priority(value)   SINTER_META_NUMBER(META_PRIORITY, priority, value)
#define SINTER_META_stack(bytes)      SINTER_META_NUMBER(META_STACK, stack, bytes)
#define SINTER_META_memory(pages)     SINTER_META_NUMBER(META_MEMORY, memory, pages)
#define SINTER_META_heartbeat(ms)     SINTER_META_NUMBER(META_HEARTBEAT, heartbeat, ms)
#define SINTER_META_path(text)        SINTER_META_TEXT(META_PATH, path, text)

#define SINTER_JOIN(a, b)       SINTER_JOIN_(a, b)
#define SINTER_JOIN_(a, b)      a##b
#define SINTER_IN_SECTION(name) __attribute__((used, section(name), aligned(4)))
#define SINTER_ROUND4(bytes)    (((bytes) + 3u) & ~(size_t)3u)

#define SINTER_META_TEXT(tag_value, field, text_value)                                             \
    static const struct {                                                                          \
        struct sinter_meta_record record;                                                          \
        char text[SINTER_ROUND4(sizeof(text_value))];                                              \
    } SINTER_JOIN(sinter_meta_##field##_, __LINE__)                                                \
        SINTER_IN_SECTION(SINTER_META_SECTION) = {{tag_value, sizeof(text_value)}, text_value}

#define SINTER_META_NUMBER(tag_value, field, number_value)                                         \
    static const struct {                                                                          \
        struct sinter_meta_record record;                                                          \
        uint32_t number;                                                                           \
    } SINTER_JOIN(sinter_meta_##field##_, __LINE__)                                                \
        SINTER_IN_SECTION(SINTER_META_SECTION) = {{tag_value, sizeof(uint32_t)}, number_value}

/* Shapes. */

#define SINTER_SHAPE_SECTION ".sinter.shape"

/*
 * A shape: this header, the name (NUL-terminated, padded with NUL to four), and `member_count`
 * offsets of uint32_t, in the order of the interface's definition. A zero word is padding.
 */
struct sinter_shape_record {
    uint32_t record_bytes; /* of the whole record, a multiple of four */
    uint16_t major, minor; /* interface version that the header was generated for */
    uint32_t size;
    uint32_t align;
    uint32_t member_count;
};

/*
 * SHAPE(blk_request, "struct blk_request", 1, 2, sector, count, flags);
 * `tag` is the tag of a complete structure type, and makes the record's name unique in a file;
 * up to 24 members.
 */
#define SHAPE(tag, name_value, major_value, minor_value, ...)                                      \
    static const struct {                                                                          \
        struct sinter_shape_record record;                                                         \
        char name[SINTER_ROUND4(sizeof(name_value))];                                              \
        uint32_t offsets[SINTER_COUNT(__VA_ARGS__)];                                               \
    } sinter_shape_##tag SINTER_IN_SECTION(SINTER_SHAPE_SECTION) = {                               \
        {(uint32_t)(sizeof(struct sinter_shape_record) + SINTER_ROUND4(sizeof(name_value)) +       \
                    sizeof(uint32_t) * SINTER_COUNT(__VA_ARGS__)),                                 \
         major_value, minor_value, (uint32_t)sizeof(struct tag),                                   \
         (uint32_t)__alignof__(struct tag), SINTER_COUNT(__VA_ARGS__)},                            \
        name_value,                                                                                \
        {SINTER_OFFSETS(tag, __VA_ARGS__)}}

#define SINTER_COUNT(...)                                                                          \
    SINTER_PICK(__VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7,  \
                6, 5, 4, 3, 2, 1, 0)
#define SINTER_PICK(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17,    \
                    a18, a19, a20, a21, a22, a23, a24, picked, ...)                                \
    picked
#define SINTER_OFFSETS(tag, ...)                                                                   \
    SINTER_JOIN(SINTER_OFFSETS_, SINTER_COUNT(__VA_ARGS__))(tag, __VA_ARGS__)
#define SINTER_OFFSETS_1(t, m)       (uint32_t)offsetof(struct t, m)
#define SINTER_OFFSETS_2(t, m, ...)  SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_1(t, __VA_ARGS__)
#define SINTER_OFFSETS_3(t, m, ...)  SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_2(t, __VA_ARGS__)
#define SINTER_OFFSETS_4(t, m, ...)  SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_3(t, __VA_ARGS__)
#define SINTER_OFFSETS_5(t, m, ...)  SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_4(t, __VA_ARGS__)
#define SINTER_OFFSETS_6(t, m, ...)  SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_5(t, __VA_ARGS__)
#define SINTER_OFFSETS_7(t, m, ...)  SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_6(t, __VA_ARGS__)
#define SINTER_OFFSETS_8(t, m, ...)  SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_7(t, __VA_ARGS__)
#define SINTER_OFFSETS_9(t, m, ...)  SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_8(t, __VA_ARGS__)
#define SINTER_OFFSETS_10(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_9(t, __VA_ARGS__)
#define SINTER_OFFSETS_11(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_10(t, __VA_ARGS__)
#define SINTER_OFFSETS_12(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_11(t, __VA_ARGS__)
#define SINTER_OFFSETS_13(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_12(t, __VA_ARGS__)
#define SINTER_OFFSETS_14(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_13(t, __VA_ARGS__)
#define SINTER_OFFSETS_15(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_14(t, __VA_ARGS__)
#define SINTER_OFFSETS_16(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_15(t, __VA_ARGS__)
#define SINTER_OFFSETS_17(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_16(t, __VA_ARGS__)
#define SINTER_OFFSETS_18(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_17(t, __VA_ARGS__)
#define SINTER_OFFSETS_19(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_18(t, __VA_ARGS__)
#define SINTER_OFFSETS_20(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_19(t, __VA_ARGS__)
#define SINTER_OFFSETS_21(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_20(t, __VA_ARGS__)
#define SINTER_OFFSETS_22(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_21(t, __VA_ARGS__)
#define SINTER_OFFSETS_23(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_22(t, __VA_ARGS__)
#define SINTER_OFFSETS_24(t, m, ...) SINTER_OFFSETS_1(t, m), SINTER_OFFSETS_23(t, __VA_ARGS__)

/* The table of exports in libsys: this header, `count` entries, and a blob of strings. */

#define SINTER_EXPORTS_SYMBOL "sinter_exports" /* its symbol in libsys' .dynsym */
#define SINTER_EXPORTS_MAGIC  0x50584553u      /* "SEXP" */
#define SINTER_EXPORTS_FORMAT 1

struct sinter_export_table {
    uint32_t magic;
    uint16_t format;
    uint16_t major;        /* of the interface */
    uint16_t lowest_minor; /* the system provides SYS_major.lowest to SYS_major.highest */
    uint16_t highest_minor;
    uint32_t count;         /* entries, directly after this header */
    uint32_t strings;       /* offset of the blob of strings from the start of this header */
    uint32_t strings_bytes; /* the last byte of the blob is NUL */
    uint32_t release;       /* offset in the blob: release of the system, such as "0.3" */
    uint32_t reserved;      /* zero */
};

/* Helpers that compilers call by plain name have version 0.0 and fingerprint 0. */
struct sinter_export {
    uint32_t name;  /* offset in the blob of strings */
    uint16_t major; /* the version that introduced this meaning of the name */
    uint16_t minor;
    uint32_t fingerprint;
    uint32_t address; /* offset from the base of libsys */
};

#endif
