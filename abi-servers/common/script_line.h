/*
 * The first line of a script: `#!`, the path of an interpreter, at most one argument, which is all
 * that follows without the blanks around it. The path may be relative. Pure; believes nothing.
 */
#ifndef ABI_SCRIPT_LINE_H
#define ABI_SCRIPT_LINE_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    SCRIPT_LINE_BYTES = 256, /* of the file that are looked at: the longest line, with its NL */
    SCRIPT_LINE_REASON = 120
};

/* Pieces of the bytes that were given, without zeros at their ends. */
struct script_line {
    const char *interpreter;
    uint32_t interpreter_length;
    const char *argument;
    uint32_t argument_length; /* 0: there is none */
};

/*
 * `bytes`: the beginning of a file, SCRIPT_LINE_BYTES of it or, if it is shorter, all.
 * STATUS_BAD_FORMAT: no script; STATUS_REFUSED: one that cannot run. Either comes with a reason
 * that goes on from the file's name.
 */
SINTER_MUST_CHECK status_t script_line_parse(const char *bytes, uint32_t count,
                                             struct script_line *line,
                                             char reason[SCRIPT_LINE_REASON]);

#endif
