/*
 * Reading an object's note, and naming addresses of loaded objects.
 */
#ifndef LOADER_SERVER_NOTE_H
#define LOADER_SERVER_NOTE_H

#include "load.h"

/* Fills *note; on a refusal only its line and code. */
SINTER_MUST_CHECK status_t note_read(const struct load_file *file, struct load_note *note);

/* Writes `name+0x12` for an offset in a group of the object laid out with the seed of `place`. */
SINTER_MUST_CHECK status_t note_symbolize(const struct load_file *file, uint64_t place,
                                          uint64_t offset, char *text, size_t size);

#endif
