/*
 * The note of a program, in one line: PROGRAM_NOTE("cat", "copies files to its output").
 * Programs run in the band PROGRAM_PRIORITY; further threads of theirs as well.
 */
#ifndef NOTE_H
#define NOTE_H

#include <sinter/object.h>

#define PROGRAM_PRIORITY 8

#define PROGRAM_NOTE(name_text, description_text)                                                  \
    SERVER_META(name, name_text);                                                                  \
    SERVER_META(version, "0.1");                                                                   \
    SERVER_META(author, "Sinter");                                                                 \
    SERVER_META(licence, "BSD-2-Clause");                                                          \
    SERVER_META(description, description_text);                                                    \
    SERVER_META(kind, PROGRAM);                                                                    \
    SERVER_META(consumes, "file 1.0");                                                             \
    SERVER_META(restart, NEVER);                                                                   \
    SERVER_META(priority, PROGRAM_PRIORITY)

#endif
