/*
 * Statements of the script language, carried out: those of init.rc and those of `svc`.
 *
 * A statement that has to wait for services keeps its place in a table and is looked at again
 * whenever something changes.
 */
#ifndef INIT_COMMAND_H
#define INIT_COMMAND_H

#include "process.h"
#include "script.h"
#include "service.h"
#include "text.h"

enum { COMMAND_TEXT = 8192 };

struct command {
    bool used;
    bool is_script;
    handle_t reply; /* of a typed command */
    uint64_t lent;  /* bytes of its lease */
    struct script_statement statement;
    bool waiting;
    bool notes_wanted;            /* `devices`: until the worker has read all notes */
    const struct process *caller; /* of a typed command; null: not known */
    uint64_t began;
    uint64_t services;            /* those it waits for */
    struct service *shown;        /* whose report is awaited, to be shown; null: none */
    struct boot_file *pushed;     /* the object that came with the command; null: none */
    struct boot_file *new_object; /* `replace`: of which the service is to be */
    struct service *replaced;     /* the service; null: it is no such command */
    bool replaces;                /* its turn has come */
    uint64_t to_stop;             /* those of them that are still to be stopped */
    uint64_t asked;               /* those that were told to stop */
    uint64_t deadline;
    status_t status;
    struct text text;
    char buffer[COMMAND_TEXT];
};

/* Begins the statement; it may be over at once (not `waiting`). */
void command_begin(struct command *command);
/* Whether what it waits for has come; sets status and text then. */
bool command_is_done(struct command *command, uint64_t now);

/* Texts for people. */
void command_list(struct text *text);
void command_status(struct text *text, struct service *service);
void command_log(struct text *text, struct service *service);
void command_help(struct text *text);

#endif
