/* Reading the note of an object file, without loading it. */
#ifndef NOTE_READER_H
#define NOTE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTE_TEXT_SIZE 256

struct note_summary {
    char name[NOTE_TEXT_SIZE];
    char description[NOTE_TEXT_SIZE];
    uint32_t kind; /* KIND_ of <sinter/object.h>, 0: not said */
};

/* Reads the note of the open object; false if it is no object with a note. */
bool note_read(int file, struct note_summary *summary);

#endif
