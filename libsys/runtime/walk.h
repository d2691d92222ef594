/*
 * Opening a path that leads through several servers: each opens what is its own and answers with
 * the directory from which the next goes on. For servers and programs.
 */
#ifndef WALK_H
#define WALK_H

#include <sinter/system.h>
#include <stddef.h>

/*
 * Opens `path`, `length` bytes without a leading slash, below a directory, as `open` of the file
 * protocol does. *kind (which may be left out) and *file, the caller's, are set if it is OK.
 * FAILED: more than FILE_HOPS servers; what else each server answers.
 */
SINTER_MUST_CHECK status_t walk_open(handle_t directory, const char *path, size_t length,
                                     uint32_t flags, uint32_t *kind, handle_t *file);
/*
 * The same, and a server that died meanwhile, or is stopping, is asked again a few times: a path
 * that kills its server must not kill every new instance. With FILE_EXCLUSIVE it is asked once:
 * whether the file was made matters then, and only the caller can tell. PEER_DIED, NOT_READY.
 */
SINTER_MUST_CHECK status_t walk_open_again(handle_t directory, const char *path, size_t length,
                                           uint32_t flags, uint32_t *kind, handle_t *file);

#endif
