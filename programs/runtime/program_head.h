/*
 * What the first bytes of a file say about who can run it. No system calls here, so that it is
 * tested on the host; the bytes may be anything.
 */
#ifndef PROGRAM_HEAD_H
#define PROGRAM_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#define PROGRAM_HEAD_SIZE 512 /* bytes that are looked at; a first line with `#!` has to fit */

enum program_form {
    PROGRAM_OBJECT, /* an ELF relocatable object, or nothing: the loader says what is wrong */
    PROGRAM_SCRIPT, /* `#!`: the words below say what runs it */
    PROGRAM_FOREIGN /* anything else: a personality may know it */
};

struct program_head {
    enum program_form form;
    char interpreter[PROGRAM_HEAD_SIZE]; /* empty: the line names none, or does not end */
    char argument[PROGRAM_HEAD_SIZE];    /* all that follows it, as one word; empty: nothing */
};

/* `size` bytes of its beginning, up to PROGRAM_HEAD_SIZE: fewer only if the file has no more. */
void program_head_read(struct program_head *head, const char *bytes, size_t size);

#endif
