/*
 * Editing one line on a terminal in raw mode: bytes typed go in, what to show comes out through a
 * callback. Keys: printable, backspace, delete, arrows, home, end, ^A ^B ^D ^E ^F ^H ^K ^L ^N ^P
 * ^U ^W, tab. No system calls, so that it is tested on the host.
 *
 * The line may be longer than the terminal is wide; `columns` has to be right only for editing in
 * the middle of such a line.
 */
#ifndef SHELL_EDITOR_H
#define SHELL_EDITOR_H

#include "history.h"
#include <stdbool.h>
#include <stddef.h>

#define EDITOR_LINE_SIZE 4096 /* bytes of a line with its ending zero */

enum editor_result {
    EDITOR_MORE,      /* go on typing */
    EDITOR_LINE,      /* `line` is complete */
    EDITOR_INTERRUPT, /* ^C */
    EDITOR_END,       /* ^D on an empty line */
    EDITOR_COMPLETE   /* tab: the caller may call editor_insert() or editor_refresh() */
};

enum editor_key_state { KEY_PLAIN, KEY_ESCAPE, KEY_SEQUENCE };

struct editor {
    void (*show)(void *context, const char *text, size_t length);
    void *context;
    const struct history *history;
    const char *prompt;
    size_t columns;
    char line[EDITOR_LINE_SIZE];
    size_t length;
    size_t cursor;
    size_t back; /* the line of history shown, 0: the one being typed */
    char typed[EDITOR_LINE_SIZE];
    enum editor_key_state state;
    unsigned parameter; /* of an escape sequence */
    bool after_return;  /* the last byte was CR: an NL after it belongs to it */
};

/* Begins a line: shows the prompt. The other fields are the caller's to set before. */
void editor_start(struct editor *editor, const char *prompt);
enum editor_result editor_feed(struct editor *editor, unsigned char byte);
/* Inserts at the cursor what fits, and shows it. */
void editor_insert(struct editor *editor, const char *text, size_t length);
/* Shows prompt and line anew; where the terminal's cursor stands is taken for column 0 of an empty
 * row. */
void editor_refresh(struct editor *editor);

#endif
