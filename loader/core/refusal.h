/*
 * A refusal: a stable code for programs and one line for people.
 *
 * The line names the file, the thing, what was expected, what was found, and what would do:
 * `uart.o: refused: .rela.text entry 17 (R_RISCV_JAL, offset 0x1a4): target is ...`.
 * Names out of the hostile file are shortened, and unprintable bytes become '?'.
 */
#ifndef LOADER_CORE_REFUSAL_H
#define LOADER_CORE_REFUSAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* The numbers are stable: new codes are appended. */
enum refusal_code {
    REFUSAL_NONE = 0,
    REFUSAL_FORMAT = 1,              /* not a 64-bit little-endian ELF file */
    REFUSAL_MACHINE = 2,             /* made for another machine, or for an unsupported variant */
    REFUSAL_TYPE = 3,                /* an ELF file, but not a relocatable one */
    REFUSAL_MALFORMED = 4,           /* headers, tables, sizes or strings contradict each other */
    REFUSAL_SIZE = 5,                /* larger than the core's limits */
    REFUSAL_WORKSPACE = 6,           /* the caller's workspace is too small */
    REFUSAL_WRITABLE_TEXT = 7,       /* a section is writable and executable */
    REFUSAL_SECTION = 8,             /* a section that cannot be loaded */
    REFUSAL_SYMBOL = 9,              /* a symbol that cannot be bound */
    REFUSAL_NO_NOTE = 10,            /* no note, or one without a name or a kind */
    REFUSAL_NOTE = 11,               /* a malformed record in the note */
    REFUSAL_NOTE_FIELD = 12,         /* an unknown record that must be understood */
    REFUSAL_IMPORT_NAME = 13,        /* an import whose name cannot be parsed */
    REFUSAL_IMPORT_UNKNOWN = 14,     /* the system has no such import */
    REFUSAL_IMPORT_NEWER = 15,       /* the import's version is not provided by this system */
    REFUSAL_IMPORT_FINGERPRINT = 16, /* same name and version, other prototype */
    REFUSAL_RELOCATION_TYPE = 17,    /* unknown or unsupported relocation type */
    REFUSAL_RELOCATION_RANGE = 18,   /* the value does not fit the field */
    REFUSAL_RELOCATION = 19,         /* a relocation that makes no sense */
    REFUSAL_SHAPE = 20,              /* a structure differs from the system's, or is malformed */
    REFUSAL_PLACEMENT = 21,          /* the caller's addresses do not suit this object */
    REFUSAL_LTO = 22,                /* holds bytecode for link-time optimisation, no code */
    REFUSAL_EXPORTS = 23,            /* the system's table of exports is unusable */
};

enum {
    REFUSAL_TEXT_BYTES = 480, /* longest line, with its NUL */
    REFUSAL_NAME_BYTES = 72,  /* longest name printed from the file */
};

struct refusal {
    enum refusal_code code;
    char text[REFUSAL_TEXT_BYTES]; /* NUL-terminated, no newline */
};

/*
 * Fills the refusal with "FILE: refused: " and the formatted text; a longer line is cut.
 * Returns false, so that callers can `return refusal_write(...)`.
 */
__attribute__((format(printf, 4, 5))) bool refusal_write(struct refusal *refusal,
                                                         enum refusal_code code, const char *file,
                                                         const char *format, ...);

/* Appends to the line of a refusal. */
void refusal_append(struct refusal *refusal, const char *format, va_list arguments);

/*
 * A small snprintf for hosted and freestanding use: %s %.*s %c %u %x %llu %llx %%, with `0`,
 * a width, and `'` for digits grouped by spaces. Always NUL-terminates; returns bytes written.
 */
__attribute__((format(printf, 3, 4))) size_t text_format(char *to, size_t size, const char *format,
                                                         ...);
size_t text_format_list(char *to, size_t size, const char *format, va_list arguments);

#endif
