/*
 * The boot set as init sees it: its files by name, and the notes of objects once they are read.
 * An object that is not of the boot set (pushed.h) is a boot_file too, in memory of its own.
 */
#ifndef INIT_CATALOG_H
#define INIT_CATALOG_H

#include "init.h"
#include "protocol.h"
#include "script.h"

enum {
    CATALOG_FILES = 512,
    CATALOG_NOTES = 128, /* of objects that are, or may be, used */
    CATALOG_DEVICES = 8,
    CATALOG_DEVICE_TEXT = 40,
    CATALOG_PROVIDES = 64,
};

/* What init uses of an object's note. */
struct object_note {
    uint32_t kind, resources, restart, priority, stack, memory, heartbeat;
    uint32_t device_count;
    char name[LOADER_NAME];
    char path[LOADER_NAME];
    char provides[CATALOG_PROVIDES]; /* names of protocols, between blanks */
    char devices[CATALOG_DEVICES][CATALOG_DEVICE_TEXT];
};

struct boot_file {
    const char *name;      /* below boot/, such as `fifo.o` or `bin/ls.o` */
    uint64_t offset, size; /* in the archive, or in `memory` */
    handle_t memory;       /* of an object that is not of the boot set; else 0 */
    const char *source;    /* where such an object came from; else null */
    bool directory;
    bool note_read;                 /* the worker's, then for ever */
    bool not_wanted;                /* likewise: `devices` has found no device for it */
    status_t note_status;           /* of reading it */
    const struct object_note *note; /* an empty one until it is read */
    struct object_note *own_note;   /* its place; null: the catalogue has one */
};

struct catalog {
    uint32_t count;
    struct boot_file files[CATALOG_FILES];
};

extern struct catalog catalog;

void catalog_build(void);
/* Where the bytes of an object are. */
handle_t catalog_memory(const struct boot_file *file);
uint64_t catalog_offset(const struct boot_file *file);
/* The note of a file that was not read yet. */
extern const struct object_note catalog_no_note;
/* The worker's: room for the note of the file; null: there is none left. */
struct object_note *catalog_note(struct boot_file *file);
struct boot_file *catalog_find(const char *name);
bool catalog_is_object(const struct boot_file *file);
/*
 * The object that a word of the script or a path means: `fifo`, `fifo.o`, `/boot/fifo.o`,
 * `bin/ls`, `ls` (in bin). Null: there is none.
 */
struct boot_file *catalog_object(const char *word);

#endif
