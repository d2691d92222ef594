/*
 * Transactions: what changes together. xv6's write-ahead log: the changed blocks are written into
 * the log, then its header with their number, which is the moment it all has happened, then the
 * blocks to their places, then the header with 0; the device is flushed after each step. A crash or
 * a loss of power at any point leaves all of it or nothing.
 *
 *     log_begin(fs);
 *     status = log_change(fs, block, false, &bytes);    any number of times, log_room() of them new
 *     status = log_end(fs, status);                     commits if OK, else forgets what changed
 */
#ifndef XV6FS_LOG_H
#define XV6FS_LOG_H

#include "xv6fs.h"

void log_begin(struct xv6fs *fs);

/* Blocks that this transaction can change further. */
uint32_t log_room(const struct xv6fs *fs);

/* A block for changing; `fresh`: its old contents do not matter, and it is zero. FULL: there is no
 * room; IO_ERROR. */
SINTER_MUST_CHECK status_t log_change(struct xv6fs *fs, uint32_t block, bool fresh,
                                      uint8_t **bytes);

/* Answers `status`, or what went wrong in committing. After an IO_ERROR it may have happened. */
SINTER_MUST_CHECK status_t log_end(struct xv6fs *fs, status_t status);

/* What the log holds is brought to its places, and the log emptied. BAD_FORMAT: it cannot be true;
 * READ_ONLY: it holds something, and the device cannot be written; IO_ERROR. */
SINTER_MUST_CHECK status_t log_recover(struct xv6fs *fs);

/* The log is empty on stable storage. */
SINTER_MUST_CHECK status_t log_sync(struct xv6fs *fs);

#endif
