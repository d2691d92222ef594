/*
 * For loaders: from the file of a program into its image. A server that dies meanwhile, or has
 * still to start again, is asked a few times more.
 */
#ifndef PROGRAM_FILE_H
#define PROGRAM_FILE_H

#include "process.h"

/* Whether a call that has answered this is worth repeating; counts the tries, from 0. */
bool program_try_again(status_t status, unsigned *tries);
SINTER_MUST_CHECK status_t program_size(handle_t file, uint64_t *size);
/* The first bytes, fewer if the file has no more. */
SINTER_MUST_CHECK status_t program_read_begin(handle_t file, void *buffer, uint64_t length,
                                              uint64_t *count);
/* All of the range; BAD_FORMAT: the file ends before. And what its server answers. */
SINTER_MUST_CHECK status_t program_read(handle_t file, uint64_t offset, void *buffer,
                                        uint64_t length);
/* The same, straight into memory that the image has mapped. */
SINTER_MUST_CHECK status_t program_read_into(const struct image *image, uint64_t address,
                                             handle_t file, uint64_t offset, uint64_t length);
/* Bytes of the loader's own into memory of the image, which the process may, or may not yet, have
 * on. NO_PAGES. */
SINTER_MUST_CHECK status_t program_write(const struct process *process, const struct image *image,
                                         uint64_t address, const void *bytes, uint64_t length);

#endif
