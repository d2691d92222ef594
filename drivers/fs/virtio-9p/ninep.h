/*
 * Messages of 9P2000.L (Linux's Documentation/filesystems/9p.rst; github.com/chaos/diod
 * protocol.md), without a system call: requests into a buffer, replies out of one.
 *
 *   virtio-9p.c                        the server
 *   open data attributes names list    the file protocol, as sequences of messages
 *   job                                a client's call on its way
 *   openings, path                     what clients have open; paths
 *   channel                            the device
 *   ninep                              this
 *
 * Replies are hostile: everything is checked against what was received. A reader or a writer that
 * has failed stays so, so that a sequence is checked once, at its end.
 */
#ifndef NINEP_H
#define NINEP_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stddef.h>

/* Of requests; a reply has the next number. */
enum ninep_type {
    NINEP_LERROR = 6, /* only as a reply, to any request */
    NINEP_STATFS = 8,
    NINEP_LOPEN = 12,
    NINEP_LCREATE = 14,
    NINEP_GETATTR = 24,
    NINEP_SETATTR = 26,
    NINEP_READDIR = 40,
    NINEP_FSYNC = 50,
    NINEP_MKDIR = 72,
    NINEP_RENAMEAT = 74,
    NINEP_UNLINKAT = 76,
    NINEP_VERSION = 100,
    NINEP_ATTACH = 104,
    NINEP_WALK = 110,
    NINEP_READ = 116,
    NINEP_WRITE = 118,
    NINEP_CLUNK = 120
};

enum {
    NINEP_HEADER = 7,       /* size[4] type[1] tag[2] */
    NINEP_DATA_HEADER = 11, /* of replies with data: count[4] follows; RLERROR too */
    NINEP_IO_HEADER = 24,   /* room that the protocol keeps beside data */
    NINEP_WALK_NAMES = 16,  /* in one walk */
    NINEP_NO_TAG = 0xffff,  /* of VERSION */
    NINEP_NAME_BYTES = 255
};
#define NINEP_NO_FID       UINT32_MAX
#define NINEP_VERSION_TEXT "9P2000.L"

enum ninep_open { /* flags of LOPEN and LCREATE */
                  NINEP_READ_ONLY = 0x0,
                  NINEP_WRITE_ONLY = 0x1,
                  NINEP_READ_WRITE = 0x2,
                  NINEP_EXCLUSIVE = 0x80,
                  NINEP_TRUNCATE = 0x200,
                  NINEP_APPEND = 0x400,
                  NINEP_DIRECTORY = 0x10000
};

enum ninep_qid_type { QID_DIRECTORY = 0x80, QID_LINK = 0x02 };

enum ninep_mode { MODE_TYPE = 0xf000, MODE_DIRECTORY = 0x4000, MODE_REGULAR = 0x8000 };

enum ninep_entry_type { ENTRY_UNKNOWN = 0, ENTRY_DIRECTORY = 4, ENTRY_REGULAR = 8 };

enum ninep_set { SET_SIZE = 0x8, SET_MODIFIED = 0x20, SET_MODIFIED_TO = 0x100 };

enum { REMOVE_DIRECTORY = 0x200 }; /* flag of UNLINKAT */

/* ---- requests ------------------------------------------------------------------------------- */

struct ninep_writer {
    uint8_t *bytes;
    uint32_t capacity;
    uint32_t used;
    bool failed; /* it did not fit */
};

void ninep_start(struct ninep_writer *writer, uint8_t *bytes, uint32_t capacity,
                 enum ninep_type type, uint16_t tag);
void ninep_put_u16(struct ninep_writer *writer, uint16_t value);
void ninep_put_u32(struct ninep_writer *writer, uint32_t value);
void ninep_put_u64(struct ninep_writer *writer, uint64_t value);
void ninep_put_string(struct ninep_writer *writer, const char *bytes, size_t length);
/* `data`: bytes that follow elsewhere. The length of what was written, 0 if it did not fit. */
uint32_t ninep_finish(struct ninep_writer *writer, uint32_t data);

/* ---- replies -------------------------------------------------------------------------------- */

struct ninep_reader {
    const uint8_t *bytes;
    uint32_t length; /* of what is here; data may lie elsewhere */
    uint32_t at;
    bool failed; /* it ended too early */
};

struct ninep_qid {
    uint8_t type;
    uint32_t version;
    uint64_t path;
};

struct ninep_attributes {
    struct ninep_qid qid;
    uint32_t mode;
    uint64_t size;
    uint64_t block;
    uint64_t seconds; /* last change of the content, since 1970 */
    uint64_t nanoseconds;
};

struct ninep_space {
    uint64_t total;
    uint64_t free;
};

struct ninep_entry {
    uint64_t next; /* position of the one behind it */
    uint8_t type;
    size_t length;
    const char *name; /* in the reader's bytes, without an end */
};

/*
 * Begins to read a reply: `length` bytes of it are here, `received` came in all. The host's error
 * as a status, or BAD_FORMAT when it is no reply to a request of that type and tag.
 */
SINTER_MUST_CHECK status_t ninep_open_reply(struct ninep_reader *reader, const uint8_t *bytes,
                                            uint32_t length, uint32_t received,
                                            enum ninep_type request, uint16_t tag);
uint8_t ninep_get_u8(struct ninep_reader *reader);
uint16_t ninep_get_u16(struct ninep_reader *reader);
uint32_t ninep_get_u32(struct ninep_reader *reader);
uint64_t ninep_get_u64(struct ninep_reader *reader);
struct ninep_qid ninep_get_qid(struct ninep_reader *reader);

/* The bodies of replies; false: malformed. */
bool ninep_get_version(struct ninep_reader *reader, uint32_t *size);
/* `asked` names were sent; *count of them exist, and *last is the qid of the last of those. */
bool ninep_get_walk(struct ninep_reader *reader, uint32_t asked, uint32_t *count,
                    struct ninep_qid *last);
bool ninep_get_attributes(struct ninep_reader *reader, struct ninep_attributes *attributes);
bool ninep_get_space(struct ninep_reader *reader, struct ninep_space *space);
/* The next entry of a directory; names that are empty, too long, `.`, `..` or hold a slash or a
 * zero byte are passed over. False: there is none, or what is left is malformed (reader->failed).
 */
bool ninep_get_entry(struct ninep_reader *reader, struct ninep_entry *entry);

/* The status for an error number of Linux. */
status_t ninep_status(uint32_t number);

#endif
