/*
 * A block device by its path, for servers that stand on one. A call that a dying driver held is
 * made again, since it names its blocks: what was answered is in the device, and an instance that
 * has just come up serves. A request that kills its driver is repeated a bounded number of times.
 * A device whose driver was stopped or had failed is opened again by its path once it is back; the
 * calls between answer what the opening does (GONE while the path leads nowhere). Several threads
 * may use one, once it is open.
 *
 * A file system claims its device: nobody else can then, and who does not get it does not write.
 * Crashes of the servers below change nothing about that; what is opened again is claimed again. If
 * somebody else was faster then, every call answers BUSY from there on: what is on the device is
 * not what its user knows any more.
 */
#ifndef DRIVERS_COMMON_BLOCK_FILE_H
#define DRIVERS_COMMON_BLOCK_FILE_H

#include "block_claims.h"
#include "server.h"

enum { BLOCK_FILE_PATH = 128 };

struct block_file {
    _Atomic(handle_t) file; /* 0: not open */
    uint64_t size;          /* bytes */
    bool read_only;
    handle_t names; /* where its path begins */
    char path[BLOCK_FILE_PATH];
    /*
     * Whether a device that was opened again, of the same size, has what the first had on it: what
     * its user knows of it has to hold still. Null: nobody asks.
     */
    bool (*is_same)(struct block_file *again, void *context);
    void *context;
    /* A call that met the end of an opening is not repeated through the next: it answers GONE. */
    bool tells;
    _Atomic uint32_t calls; /* of the device, so far: for `progress` of its server's workers */
    handle_t claim;         /* held while it is open; 0: none */
    bool is_lost;           /* somebody else has claimed it meanwhile */
    /* Told when it is: what was saved for the next instance is of another time. Null: nobody is. */
    void (*on_lost)(void *context);
    char claimant[BLOCK_CLAIM_NAME];
};

/* Opens `path`, which may begin with a slash, for reading, and for writing if it allows that.
 * What walk_open() answers; BAD_FORMAT: it is no block device; TOO_LARGE: the path has more than
 * 127 bytes. `is_same` is null until the caller sets it. */
SINTER_MUST_CHECK status_t block_file_open(struct block_file *block, const struct server *server,
                                           const char *path);
void block_file_close(struct block_file *block);

/*
 * Claims all of it for the service of this name, unless it cannot be written: then everybody may
 * have it. What file_claim() answers. BUSY: `holder` is who has it, or part of it. A device whose
 * server knows no claims is nobody's, which is logged.
 */
SINTER_MUST_CHECK status_t block_file_claim(struct block_file *block, const char *name,
                                            char holder[BLOCK_CLAIM_NAME]);
/* The same as the end of a server that cannot do without: `return block_file_refuse_claim(...)`. */
int block_file_refuse_claim(struct server *server, const char *path, const char *holder,
                            status_t status);

/* file_claim() and file_claimant(), for a server that passes claims on to the device. */
SINTER_MUST_CHECK status_t block_file_pass_claim(struct block_file *block, const void *name,
                                                 size_t name_length, uint64_t start,
                                                 uint64_t length, handle_t *claim);
SINTER_MUST_CHECK status_t block_file_claimant(struct block_file *block, uint64_t start,
                                               uint64_t length, uint32_t *exact, void *name,
                                               size_t capacity, size_t *name_length);

/* All of it, or an error. */
SINTER_MUST_CHECK status_t block_file_read(struct block_file *block, uint64_t offset, void *buffer,
                                           uint64_t length);
SINTER_MUST_CHECK status_t block_file_write(struct block_file *block, uint64_t offset,
                                            const void *buffer, uint64_t length);
SINTER_MUST_CHECK status_t block_file_sync(struct block_file *block);

/* Whether the device is there; opens it again if it has come back. */
SINTER_MUST_CHECK status_t block_file_look(struct block_file *block);

/*
 * Lends on, through the opening that was block->file when the call was looked at, `length` bytes
 * from `at` on of the call's lease to the device: LEASE_WRITE for a read, LEASE_READ for a write.
 * May move less, which *count tells. RETRY_TOUCH: the answer for the caller is prepared; return it.
 * INTERRUPTED: the caller has cancelled.
 */
SINTER_MUST_CHECK status_t block_file_lend(struct block_file *block, handle_t file,
                                           struct call *call, uint32_t direction, uint64_t offset,
                                           uint64_t at, uint64_t length, uint64_t *count);

#endif
