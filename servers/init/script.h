/*
 * The language of init.rc and of the svc command: one statement a line.
 *
 * Pure: text in, statements or errors out; no system calls, no allocation. docs/INIT.md has the
 * grammar for users. A statement keeps its own copies of all texts. An error is one line that
 * says what was found and what would do; the caller puts file and line in front of it.
 */
#ifndef INIT_SCRIPT_H
#define INIT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCRIPT_NAME = 24,      /* bytes of a service's name, with its NUL */
    SCRIPT_PATH = 48,      /* of an object's or a device's path */
    SCRIPT_TEXT = 192,     /* of the arguments, or of a text to print */
    SCRIPT_ARGUMENTS = 16, /* most arguments */
    SCRIPT_LINE = 1024,    /* longest line */
    SCRIPT_ERROR = 240,
    SCRIPT_STATEMENTS = 96, /* most statements of a file */
};

enum script_verb {
    SCRIPT_EMPTY,
    SCRIPT_SERVICE,
    SCRIPT_PROGRAM,
    SCRIPT_START,
    SCRIPT_STOP,
    SCRIPT_RESTART,
    SCRIPT_KILL,
    SCRIPT_STATUS,
    SCRIPT_LOG,
    SCRIPT_LIST,
    SCRIPT_WAIT,
    SCRIPT_ECHO,
    SCRIPT_DEVICES,
    SCRIPT_CONSOLE,
    SCRIPT_ON_FAILED,
    SCRIPT_HELP,
    SCRIPT_MOUNT,
    SCRIPT_UNMOUNT,
    SCRIPT_ENABLE,
    SCRIPT_DISABLE,
    SCRIPT_REPLACE,
    SCRIPT_CRASHES,
    SCRIPT_VERBS, /* how many */
};

enum script_restart { SCRIPT_NEVER, SCRIPT_ON_CRASH, SCRIPT_ALWAYS };
enum script_failed { SCRIPT_NOTHING, SCRIPT_REBOOT, SCRIPT_START_OTHER };

/* Bits of script_options.given: what a line says; all else keeps its earlier or default value. */
#define SCRIPT_HAS_OBJECT     0x001u
#define SCRIPT_HAS_ALLOW      0x002u
#define SCRIPT_HAS_RESTART    0x004u
#define SCRIPT_HAS_CLASS      0x008u
#define SCRIPT_HAS_PRIORITY   0x010u
#define SCRIPT_HAS_MEMORY     0x020u
#define SCRIPT_HAS_START_TIME 0x040u
#define SCRIPT_HAS_STOP_TIME  0x080u
#define SCRIPT_HAS_MIN_RUN    0x100u
#define SCRIPT_HAS_ATTEMPTS   0x200u
#define SCRIPT_HAS_ARGUMENTS  0x400u
#define SCRIPT_HAS_FAILED     0x800u
#define SCRIPT_HAS_ALIAS      0x1000u
#define SCRIPT_HAS_CPU        0x2000u
#define SCRIPT_HAS_DEMAND     0x4000u
#define SCRIPT_HAS_ROOT       0x8000u

/* What may be allowed beyond the RESOURCE_ bits of sinter/object.h. */
#define SCRIPT_ALLOW_SERVICE 0x10000u /* the service protocol: to command the supervisor */
#define SCRIPT_ALLOW_SPAWN   0x20000u /* the process protocol: to start programs */

/* Arguments: `count` texts, each ended by NUL, `bytes` in all. */
struct script_arguments {
    uint32_t count;
    uint32_t bytes;
    char text[SCRIPT_TEXT];
};

struct script_options {
    uint32_t given;
    uint32_t allow;      /* RESOURCE_ and SCRIPT_ALLOW_ bits */
    uint32_t allow_line; /* where they were allowed; zero: typed at the prompt */
    uint32_t root_line;  /* the same of the root */
    uint32_t restart;    /* enum script_restart */
    uint32_t failed;     /* enum script_failed */
    uint32_t essential;  /* boolean: its failure reboots */
    uint32_t demand;     /* boolean: its first use starts it */
    uint32_t priority;
    uint32_t cpu;                            /* percent of one CPU's time; 0: as much as it wants */
    uint32_t attempts;                       /* restarts in a row before it counts as failed */
    uint64_t memory;                         /* bytes */
    uint64_t start_time, stop_time, min_run; /* nanoseconds */
    char object[SCRIPT_PATH];
    char alias[SCRIPT_NAME];
    char root[SCRIPT_PATH];  /* what its programs have for `/`; empty: what all have */
    char other[SCRIPT_NAME]; /* for SCRIPT_START_OTHER */
    struct script_arguments arguments;
};

struct script_statement {
    enum script_verb verb;
    uint32_t line;
    bool force;             /* stop: also what is in use */
    bool previous;          /* crashes: of earlier boots only */
    uint32_t fault;         /* kill: SERVICE_FAULT_ */
    uint64_t time;          /* wait: nanoseconds, zero: as long as it takes */
    char name[SCRIPT_NAME]; /* empty: `wait`, `crashes` and `list` of everything; `all` is a name */
    char path[SCRIPT_PATH]; /* console: the device; mount: where, or empty: list them */
    struct script_options options;
};

/* Parses one line of `length` bytes. False: `error` says why, and the statement is void. */
bool script_parse_line(const char *text, size_t length, uint32_t line,
                       struct script_statement *statement, char error[SCRIPT_ERROR]);

typedef void script_report(void *context, uint32_t line, const char *error);

/*
 * Parses a whole file into at most SCRIPT_STATEMENTS statements, empty lines left out. A line in
 * error is reported and skipped. Answers the number of statements.
 */
size_t script_parse(const char *text, size_t length, struct script_statement *statements,
                    script_report *report, void *context);

/* Takes over what `from` says. */
void script_options_merge(struct script_options *to, const struct script_options *from);
void script_options_defaults(struct script_options *options);

/* The words of the bits in `allow`, as "irq and dma". */
void script_allow_text(uint32_t allow, char *text, size_t size);

#endif
