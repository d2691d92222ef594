/* For loaders: from the file of a program into its image. */
#ifndef PROGRAM_FILE_H
#define PROGRAM_FILE_H

#include "process.h"

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
