/* The operations of the file protocol, as jobs; each takes the call away or says why it cannot. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "job.h"

/* open.c */
status_t operation_open(struct call *call, const uint8_t *path, size_t path_length, uint32_t flags,
                        uint32_t *kind, uint32_t *rest, handle_t *file);
status_t operation_attach(struct call *call, uint32_t flags, uint32_t *kind);
/* Begins to open again what an instance before had open. */
void operation_restore(struct job *job, struct opening *opening);
/* The FILE_KIND_ of a mode; false: neither a file nor a directory. */
bool operation_kind(uint32_t mode, uint32_t *kind);

/* data.c */
status_t operation_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count);
status_t operation_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count);

/* attributes.c */
status_t operation_seek(struct call *call, int64_t offset, uint32_t whence, uint64_t *position);
status_t operation_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size);
status_t operation_times(struct call *call, uint64_t *modified, uint64_t *identity);
status_t operation_set_modified(struct call *call, uint64_t modified);
status_t operation_resize(struct call *call, uint64_t size);
status_t operation_sync(struct call *call);
status_t operation_space(struct call *call, uint64_t *total, uint64_t *free);

/* list.c */
status_t operation_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                        uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length);

/* names.c */
status_t operation_make_directory(struct call *call, const uint8_t *path, size_t path_length);
status_t operation_remove(struct call *call, const uint8_t *path, size_t path_length,
                          uint32_t flags);
status_t operation_rename(struct call *call, const uint8_t *paths, size_t paths_length,
                          uint32_t from_length);

/* The path of `rest` below what a call is about, which has to be a directory. NOT_DIRECTORY;
 * NOT_FOUND: no path that this server could have; GONE. */
SINTER_MUST_CHECK status_t operation_path(const struct call *call, const uint8_t *rest,
                                          size_t rest_length, struct path *path);

#endif
