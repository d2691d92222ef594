/*
 * The structures that the loader and its caller exchange through the lent buffer; the methods are
 * in libsys/tables/protocols/loader.toml.
 *
 * load: the buffer begins with struct load_request; the texts it counts follow directly: the
 * object's name, the arguments, the environment, each ended by NUL; then, from the next multiple
 * of eight, the start handles. The loader overwrites the buffer with struct load_result.
 * inspect: the loader writes struct load_note.
 * symbolize: `section` is LOADER_PLACE(seed, group), with the seed given to load, and
 * `section_offset` counts from that group's address in the result.
 */
#ifndef LOADER_PROTOCOL_H
#define LOADER_PROTOCOL_H

#include <stdint.h>

enum {
    LOADER_GROUPS = 3,       /* text, read-only data, data */
    LOADER_LINE = 480,       /* bytes of a refusal's line */
    LOADER_LIST = 16,        /* entries of a list in a note */
    LOADER_LIST_TEXT = 48,   /* bytes of such an entry */
    LOADER_NAME = 32,        /* bytes of a name in a note */
    LOADER_REQUEST = 69632,  /* most bytes of a request: 64 KiB of texts, and a page */
    LOADER_STACK = 64 << 10, /* bytes of stack when neither request nor note say */
    LOADER_STACK_MAX = 8 << 20,
};

/* A seed has its low byte zero. */
#define LOADER_SEED(random)       ((random) & ~(uint64_t)0xff)
#define LOADER_PLACE(seed, group) ((seed) | (group))
#define LOADER_PLACE_GROUP(place) ((uint32_t)((place) & 0xff))

struct load_request {
    uint32_t size; /* of this structure */
    uint32_t text_bytes;
    uint32_t argument_count;
    uint32_t environment_count;
    uint32_t handle_count; /* struct start_handle each */
    uint32_t reserved;
    uint64_t stack_size;    /* bytes, 0: as the note says */
    uint64_t message_page;  /* of the first thread, in the target space */
    char name[LOADER_NAME]; /* for start_info */
};

struct load_group {
    uint64_t address; /* in the target space; 0: not needed */
    uint64_t size;
};

struct load_result {
    uint32_t size;          /* of this structure */
    uint32_t refusal;       /* enum refusal_code; 0: the object is loaded */
    char line[LOADER_LINE]; /* the refusal for people, ended by NUL */
    struct load_group groups[LOADER_GROUPS];
    uint64_t stack; /* lowest byte; the page below is not mapped */
    uint64_t stack_size;
    uint64_t pages; /* of memory that the object, its stack and its start data may take */
};

/* The note of an object; texts are ended by NUL, cut if longer; 0: not said. */
struct load_note {
    uint32_t size; /* of this structure */
    uint32_t refusal;
    char line[LOADER_LINE];
    char name[LOADER_NAME];
    char version[LOADER_NAME];
    char path[LOADER_NAME];
    uint32_t kind;      /* KIND_ */
    uint32_t resources; /* RESOURCE_ bits */
    uint32_t restart;   /* RESTART_ */
    uint32_t priority;
    uint32_t stack;     /* bytes */
    uint32_t memory;    /* pages */
    uint32_t heartbeat; /* milliseconds */
    uint32_t provide_count;
    uint32_t consume_count;
    uint32_t device_count;
    char provides[LOADER_LIST][LOADER_LIST_TEXT];
    char consumes[LOADER_LIST][LOADER_LIST_TEXT];
    char devices[LOADER_LIST][LOADER_LIST_TEXT];
};

#endif
