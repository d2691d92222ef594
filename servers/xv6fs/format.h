/*
 * The format of xv6's file system on disk, as xv6-riscv has it (kernel/fs.h, kernel/log.c). Blocks
 * of 1024 bytes, numbers with the low byte first:
 *
 *     unused | superblock | log header, log | inodes | bit map | data
 *
 * A directory is a file of entries of 16 bytes; entry 0 is `.`, entry 1 `..`. `links` counts names,
 * and in a directory the `..` of those below it, but not its own `.`.
 */
#ifndef XV6FS_FORMAT_H
#define XV6FS_FORMAT_H

#include <sinter/abi.h>
#include <stddef.h>
#include <stdint.h>

enum { XV6FS_BLOCK = 1024, XV6FS_SUPERBLOCK = 1 };

#define XV6FS_MAGIC 0x10203040u

enum xv6fs_superblock_field {
    SUPERBLOCK_MAGIC = 0,
    SUPERBLOCK_SIZE = 4, /* of all of it, in blocks, as the rest */
    SUPERBLOCK_DATA = 8,
    SUPERBLOCK_INODES = 12, /* a number of inodes */
    SUPERBLOCK_LOG = 16,
    SUPERBLOCK_LOG_START = 20,
    SUPERBLOCK_INODE_START = 24,
    SUPERBLOCK_MAP_START = 28,
    SUPERBLOCK_BYTES = 32
};

enum xv6fs_log_field { LOG_COUNT = 0, LOG_BLOCKS = 4 };

enum {
    XV6FS_LOG_BLOCKS = 30, /* that xv6 keeps room for in its memory (LOGSIZE) */
    XV6FS_LOG_LEAST = 10   /* that one operation may need (MAXOPBLOCKS) */
};

enum xv6fs_type { XV6FS_FREE = 0, XV6FS_DIRECTORY = 1, XV6FS_FILE = 2, XV6FS_DEVICE = 3 };

enum xv6fs_inode_field {
    INODE_TYPE = 0,
    INODE_MAJOR = 2,
    INODE_MINOR = 4,
    INODE_LINKS = 6,
    INODE_SIZE = 8,
    INODE_ADDRESSES = 12,
    INODE_BYTES = 64
};

enum {
    XV6FS_ROOT = 1, /* inode */
    XV6FS_INODES_MOST = 65536,
    XV6FS_LINKS_MOST = 32767,
    XV6FS_INODES_PER_BLOCK = XV6FS_BLOCK / INODE_BYTES,
    XV6FS_DIRECT = 12, /* addresses in an inode; one more is of the indirect block */
    XV6FS_INDIRECT = XV6FS_BLOCK / 4,
    XV6FS_FILE_BLOCKS = XV6FS_DIRECT + XV6FS_INDIRECT,
    XV6FS_FILE_BYTES = XV6FS_FILE_BLOCKS * XV6FS_BLOCK,
    XV6FS_MAP_BITS = XV6FS_BLOCK * 8
};

enum xv6fs_entry_field { ENTRY_INODE = 0, ENTRY_NAME = 2, ENTRY_BYTES = 16 };

enum { XV6FS_NAME = ENTRY_BYTES - ENTRY_NAME, ENTRY_PARENT = ENTRY_BYTES }; /* where `..` is */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the numbers are read as they lie");

/* Fields lie at multiples of their size, in blocks that do too. */
static inline uint16_t xv6fs_get16(const uint8_t *at)
{
    uint16_t value;
    __builtin_memcpy(&value, __builtin_assume_aligned(at, sizeof(value)), sizeof(value));
    return value;
}

static inline uint32_t xv6fs_get32(const uint8_t *at)
{
    uint32_t value;
    __builtin_memcpy(&value, __builtin_assume_aligned(at, sizeof(value)), sizeof(value));
    return value;
}

static inline void xv6fs_put16(uint8_t *at, uint16_t value)
{
    __builtin_memcpy(__builtin_assume_aligned(at, sizeof(value)), &value, sizeof(value));
}

static inline void xv6fs_put32(uint8_t *at, uint32_t value)
{
    __builtin_memcpy(__builtin_assume_aligned(at, sizeof(value)), &value, sizeof(value));
}

static inline void xv6fs_copy(void *to, const void *from, size_t length)
{
    __builtin_memcpy(to, from, length);
}

static inline void xv6fs_zero(void *at, size_t length)
{
    __builtin_memset(at, 0, length);
}

#endif
