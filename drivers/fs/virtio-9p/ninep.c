/* Requests and replies of 9P2000.L: see ninep.h. Numbers are little-endian. */
#include "ninep.h"

static const char version_text[] = NINEP_VERSION_TEXT;

/* ---- requests ------------------------------------------------------------------------------- */

static void put_bytes(struct ninep_writer *writer, const void *from, size_t length)
{
    const uint8_t *bytes = from;
    if (writer->failed || length > writer->capacity - writer->used) {
        writer->failed = true;
        return;
    }
    for (size_t i = 0; i < length; i++) {
        writer->bytes[writer->used++] = bytes[i];
    }
}

static void put_number(struct ninep_writer *writer, uint64_t value, size_t size)
{
    uint8_t bytes[sizeof(value)];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    put_bytes(writer, bytes, size);
}

void ninep_put_u16(struct ninep_writer *writer, uint16_t value)
{
    put_number(writer, value, sizeof(value));
}

void ninep_put_u32(struct ninep_writer *writer, uint32_t value)
{
    put_number(writer, value, sizeof(value));
}

void ninep_put_u64(struct ninep_writer *writer, uint64_t value)
{
    put_number(writer, value, sizeof(value));
}

void ninep_put_string(struct ninep_writer *writer, const char *bytes, size_t length)
{
    writer->failed = writer->failed || length > UINT16_MAX;
    ninep_put_u16(writer, (uint16_t)length);
    put_bytes(writer, bytes, length);
}

void ninep_start(struct ninep_writer *writer, uint8_t *bytes, uint32_t capacity,
                 enum ninep_type type, uint16_t tag)
{
    *writer = (struct ninep_writer){.bytes = bytes, .capacity = capacity};
    ninep_put_u32(writer, 0); /* ninep_finish() knows */
    put_number(writer, type, 1);
    ninep_put_u16(writer, tag);
}

uint32_t ninep_finish(struct ninep_writer *writer, uint32_t data)
{
    uint32_t used = writer->used;
    if (writer->failed) {
        return 0;
    }
    writer->used = 0;
    ninep_put_u32(writer, used + data);
    writer->used = used;
    return used;
}

/* ---- replies -------------------------------------------------------------------------------- */

static const uint8_t *take(struct ninep_reader *reader, uint32_t length)
{
    if (reader->failed || length > reader->length - reader->at) {
        reader->failed = true;
        return NULL;
    }
    reader->at += length;
    return reader->bytes + (reader->at - length);
}

static uint64_t get_number(struct ninep_reader *reader, uint32_t size)
{
    const uint8_t *bytes = take(reader, size);
    uint64_t value = 0;
    for (uint32_t i = 0; bytes != NULL && i < size; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

uint8_t ninep_get_u8(struct ninep_reader *reader)
{
    return (uint8_t)get_number(reader, sizeof(uint8_t));
}

uint16_t ninep_get_u16(struct ninep_reader *reader)
{
    return (uint16_t)get_number(reader, sizeof(uint16_t));
}

uint32_t ninep_get_u32(struct ninep_reader *reader)
{
    return (uint32_t)get_number(reader, sizeof(uint32_t));
}

uint64_t ninep_get_u64(struct ninep_reader *reader)
{
    return get_number(reader, sizeof(uint64_t));
}

struct ninep_qid ninep_get_qid(struct ninep_reader *reader)
{
    struct ninep_qid qid;
    qid.type = ninep_get_u8(reader);
    qid.version = ninep_get_u32(reader);
    qid.path = ninep_get_u64(reader);
    return qid;
}

status_t ninep_open_reply(struct ninep_reader *reader, const uint8_t *bytes, uint32_t length,
                          uint32_t received, enum ninep_type request, uint16_t tag)
{
    *reader = (struct ninep_reader){.bytes = bytes, .length = length};
    uint32_t size = ninep_get_u32(reader);
    uint8_t type = ninep_get_u8(reader);
    uint16_t answered = ninep_get_u16(reader);
    if (reader->failed || size < NINEP_HEADER || size > received || answered != tag) {
        return STATUS_BAD_FORMAT;
    }
    reader->length = size < length ? size : length;
    if (type == NINEP_LERROR + 1) {
        uint32_t number = ninep_get_u32(reader);
        return reader->failed || number == 0 ? STATUS_BAD_FORMAT : ninep_status(number);
    }
    return type == request + 1 ? STATUS_OK : STATUS_BAD_FORMAT;
}

bool ninep_get_version(struct ninep_reader *reader, uint32_t *size)
{
    *size = ninep_get_u32(reader);
    uint16_t length = ninep_get_u16(reader);
    const uint8_t *text = take(reader, length);
    if (text == NULL || length != sizeof(version_text) - 1) {
        return false;
    }
    for (uint16_t i = 0; i < length; i++) {
        if (text[i] != (uint8_t)version_text[i]) {
            return false;
        }
    }
    return true;
}

bool ninep_get_walk(struct ninep_reader *reader, uint32_t asked, uint32_t *count,
                    struct ninep_qid *last)
{
    *count = ninep_get_u16(reader);
    *last = (struct ninep_qid){.type = QID_DIRECTORY};
    for (uint32_t i = 0; !reader->failed && i < *count; i++) {
        *last = ninep_get_qid(reader);
    }
    return !reader->failed && *count <= asked;
}

bool ninep_get_attributes(struct ninep_reader *reader, struct ninep_attributes *attributes)
{
    (void)ninep_get_u64(reader); /* valid */
    attributes->qid = ninep_get_qid(reader);
    attributes->mode = ninep_get_u32(reader);
    (void)ninep_get_u32(reader); /* uid */
    (void)ninep_get_u32(reader); /* gid */
    (void)ninep_get_u64(reader); /* nlink */
    (void)ninep_get_u64(reader); /* rdev */
    attributes->size = ninep_get_u64(reader);
    attributes->block = ninep_get_u64(reader);
    (void)ninep_get_u64(reader); /* blocks */
    (void)ninep_get_u64(reader); /* atime */
    (void)ninep_get_u64(reader);
    attributes->seconds = ninep_get_u64(reader);
    attributes->nanoseconds = ninep_get_u64(reader);
    return !reader->failed;
}

static uint64_t bytes_of(uint64_t blocks, uint32_t block)
{
    return block != 0 && blocks > UINT64_MAX / block ? UINT64_MAX : blocks * block;
}

bool ninep_get_space(struct ninep_reader *reader, struct ninep_space *space)
{
    (void)ninep_get_u32(reader); /* type */
    uint32_t block = ninep_get_u32(reader);
    uint64_t blocks = ninep_get_u64(reader);
    (void)ninep_get_u64(reader); /* free for the super-user */
    uint64_t available = ninep_get_u64(reader);
    space->total = bytes_of(blocks, block);
    space->free = bytes_of(available, block);
    return !reader->failed;
}

static bool is_name(const char *name, size_t length)
{
    bool dots = length <= 2 && length > 0 && name[0] == '.' && name[length - 1] == '.';
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '/' || name[i] == '\0') {
            return false;
        }
    }
    return length > 0 && length <= NINEP_NAME_BYTES && !dots;
}

bool ninep_get_entry(struct ninep_reader *reader, struct ninep_entry *entry)
{
    while (!reader->failed && reader->at < reader->length) {
        (void)ninep_get_qid(reader);
        entry->next = ninep_get_u64(reader);
        entry->type = ninep_get_u8(reader);
        entry->length = ninep_get_u16(reader);
        entry->name = (const char *)take(reader, (uint32_t)entry->length);
        if (entry->name != NULL && is_name(entry->name, entry->length)) {
            return true;
        }
    }
    return false;
}

/* ---- errors --------------------------------------------------------------------------------- */

/* Those of Linux, asm-generic/errno.h, which the protocol uses on every host. */
static const struct {
    uint16_t number;
    status_t status;
} errors[] = {
    {1, STATUS_REFUSED},        /* EPERM */
    {2, STATUS_NOT_FOUND},      /* ENOENT */
    {13, STATUS_REFUSED},       /* EACCES */
    {16, STATUS_BUSY},          /* EBUSY */
    {17, STATUS_EXISTS},        /* EEXIST */
    {18, STATUS_OTHER_SERVER},  /* EXDEV */
    {20, STATUS_NOT_DIRECTORY}, /* ENOTDIR */
    {21, STATUS_IS_DIRECTORY},  /* EISDIR */
    {22, STATUS_BAD_ARGUMENT},  /* EINVAL */
    {23, STATUS_BUSY},          /* ENFILE */
    {24, STATUS_BUSY},          /* EMFILE */
    {26, STATUS_BUSY},          /* ETXTBSY */
    {27, STATUS_FULL},          /* EFBIG */
    {28, STATUS_FULL},          /* ENOSPC */
    {30, STATUS_READ_ONLY},     /* EROFS */
    {31, STATUS_FULL},          /* EMLINK */
    {36, STATUS_BAD_ARGUMENT},  /* ENAMETOOLONG */
    {39, STATUS_NOT_EMPTY},     /* ENOTEMPTY */
    {40, STATUS_NOT_FOUND},     /* ELOOP: a symbolic link, which is as if it were not there */
    {95, STATUS_UNSUPPORTED},   /* EOPNOTSUPP */
    {122, STATUS_FULL},         /* EDQUOT */
};

status_t ninep_status(uint32_t number)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].number == number) {
            return errors[i].status;
        }
    }
    return STATUS_IO_ERROR;
}
