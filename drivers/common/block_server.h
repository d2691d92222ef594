/*
 * The server around a disk that does one thing at a time: the file protocol at byte offsets above
 * reads and writes of whole blocks, through one buffer. Published as its first argument says,
 * otherwise as `disk*`, for which the supervisor puts the next number.
 *
 * Client replays: a call in flight at a crash fails with PEER_DIED, and since it names the blocks
 * it is repeated as it was. Writes that were answered are on the disk. Nothing is changed on the
 * disk before all that a write needs of its client has been copied.
 */
#ifndef DRIVERS_COMMON_BLOCK_SERVER_H
#define DRIVERS_COMMON_BLOCK_SERVER_H

#include "device.h"

enum { BLOCK_SERVER_BUFFER = 65536 }; /* bytes: most of one transfer */

struct block_device {
    uint64_t size;  /* bytes, a multiple of `block` */
    uint32_t block; /* a power of two */
    uint32_t most;  /* bytes of one transfer, a multiple of `block`, up to BLOCK_SERVER_BUFFER */
    bool read_only;
    /* Whole blocks that lie on the disk, at most `most` bytes. They wait, but not for
     * long: the server answers nobody meanwhile. A write that succeeded lasts. */
    status_t (*read)(uint64_t start, uint8_t *to, uint32_t length);
    status_t (*write)(uint64_t start, const uint8_t *from, uint32_t length);
    void (*stop)(void); /* when the server ends in order; may be null */
};

/*
 * Finds the disk behind the registers and fills *disk, otherwise *reason. NO_DEVICE: there is none
 * now, which is no failure of the driver.
 */
typedef status_t block_start(struct block_device *disk, handle_t account, const char **reason);

/* Opens the registers, lets `start` find the disk, publishes and serves. The exit code. */
int block_server_run(const struct start_info *info, struct device *registers, block_start *start);

#endif
