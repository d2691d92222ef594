/* The entries of directory.h. */
#include "directory.h"

#include "log.h"

static const struct entry_name dot = {"."};
static const struct entry_name dot_dot = {".."};

/* ---- names ---------------------------------------------------------------------------------- */

/* Behind a zero byte an entry may hold anything. */
static bool is_named(const uint8_t *entry, const struct entry_name *name)
{
    for (size_t i = 0; i < XV6FS_NAME && entry[ENTRY_NAME + i] == name->text[i]; i++) {
        if (name->text[i] == '\0' || i == XV6FS_NAME - 1) {
            return true;
        }
    }
    return false;
}

bool directory_name(const uint8_t *text, size_t length, struct entry_name *name)
{
    bool dots = length > 0 && length <= 2 && text[0] == '.' && text[length - 1] == '.';
    if (length == 0 || length > XV6FS_NAME || dots) {
        return false;
    }
    *name = (struct entry_name){{0}};
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '/' || text[i] == '\0') {
            return false;
        }
        name->text[i] = text[i];
    }
    return true;
}

static struct xv6fs_hint *hint_of(struct xv6fs *fs, uint32_t directory,
                                  const struct entry_name *name)
{
    uint64_t words[2];
    xv6fs_copy(words, name->text, sizeof(words));
    uint64_t sum = (words[0] ^ directory) * 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio */
    sum = (sum ^ sum >> 32 ^ words[1]) * 0x9e3779b97f4a7c15u;
    return &fs->hints[sum >> 32 & (XV6FS_HINTS - 1)];
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The entries of a block from an offset of the directory on; null: they are in no block. */
static status_t read_entries(struct xv6fs *fs, const struct inode *directory, uint32_t offset,
                             const uint8_t **entries)
{
    uint32_t block;
    status_t status = inode_block(fs, directory->number, offset / XV6FS_BLOCK, &block);
    *entries = NULL;
    if (status == STATUS_OK && block != 0) {
        status = cache_read(&fs->cache, block, entries);
        if (status == STATUS_OK) {
            *entries += offset % XV6FS_BLOCK;
        }
    }
    return status;
}

static bool is_wanted(const uint8_t *at, const struct entry_name *name)
{
    return name == NULL ? xv6fs_get16(at + ENTRY_INODE) == 0
                        : xv6fs_get16(at + ENTRY_INODE) != 0 && is_named(at, name);
}

/* The first entry from an offset on that has the name, or with none that is free: where, and of
 * which inode. NOT_FOUND. */
static status_t search(struct xv6fs *fs, const struct inode *directory,
                       const struct entry_name *name, struct entry *entry)
{
    uint32_t end = directory->size - directory->size % ENTRY_BYTES;
    for (uint32_t offset = 0; offset < end; offset += XV6FS_BLOCK) {
        const uint8_t *at;
        uint32_t length = end - offset < XV6FS_BLOCK ? end - offset : XV6FS_BLOCK;
        status_t status = read_entries(fs, directory, offset, &at);
        if (status != STATUS_OK) {
            return status;
        }
        for (uint32_t i = 0; i < length; i += ENTRY_BYTES) {
            if (at == NULL ? name == NULL : is_wanted(at + i, name)) {
                entry->offset = offset + i;
                entry->inode = at == NULL ? 0 : xv6fs_get16(at + i + ENTRY_INODE);
                return STATUS_OK;
            }
        }
    }
    return STATUS_NOT_FOUND;
}

/* Whether the entry at a hint's offset still is what it says. */
static bool is_true(struct xv6fs *fs, const struct inode *directory, const struct xv6fs_hint *hint,
                    struct entry *entry)
{
    const uint8_t *at;
    bool good = hint->directory == directory->number && directory->size >= ENTRY_BYTES &&
                hint->offset <= directory->size - ENTRY_BYTES &&
                __builtin_memcmp(hint->name, entry->name.text, XV6FS_NAME) == 0 &&
                read_entries(fs, directory, hint->offset, &at) == STATUS_OK && at != NULL &&
                is_wanted(at, &entry->name);
    if (good) {
        entry->offset = hint->offset;
        entry->inode = xv6fs_get16(at + ENTRY_INODE);
    }
    return good;
}

status_t directory_find(struct xv6fs *fs, const struct inode *directory,
                        const struct entry_name *name, struct entry *entry)
{
    struct xv6fs_hint *hint = hint_of(fs, directory->number, name);
    entry->name = *name;
    if (is_true(fs, directory, hint, entry)) {
        return STATUS_OK;
    }
    status_t status = search(fs, directory, name, entry);
    if (status == STATUS_OK) {
        hint->directory = (uint16_t)directory->number;
        hint->offset = entry->offset;
        xv6fs_copy(hint->name, name->text, XV6FS_NAME);
    }
    return status;
}

/* False: it is free, or has a name that nobody can ask for. */
static bool take_entry(const uint8_t *at, struct entry *entry)
{
    size_t length = 0;
    while (length < XV6FS_NAME && at[ENTRY_NAME + length] != '\0') {
        length++;
    }
    entry->inode = xv6fs_get16(at + ENTRY_INODE);
    return entry->inode != 0 && directory_name(at + ENTRY_NAME, length, &entry->name);
}

status_t directory_next(struct xv6fs *fs, const struct inode *directory, uint32_t offset,
                        struct entry *entry)
{
    for (offset -= offset % ENTRY_BYTES;
         offset < directory->size && directory->size - offset >= ENTRY_BYTES;
         offset += ENTRY_BYTES) {
        const uint8_t *at;
        status_t status = read_entries(fs, directory, offset, &at);
        if (status != STATUS_OK) {
            return status;
        }
        if (at != NULL && take_entry(at, entry)) {
            entry->offset = offset;
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

status_t directory_check_empty(struct xv6fs *fs, const struct inode *directory)
{
    uint32_t end = directory->size - directory->size % ENTRY_BYTES;
    for (uint32_t offset = 0; offset < end; offset += ENTRY_BYTES) {
        const uint8_t *at;
        status_t status = read_entries(fs, directory, offset, &at);
        if (status != STATUS_OK) {
            return status;
        }
        bool own = at != NULL && (is_named(at, &dot) || is_named(at, &dot_dot));
        if (at != NULL && xv6fs_get16(at + ENTRY_INODE) != 0 && !own) {
            return STATUS_NOT_EMPTY;
        }
    }
    return STATUS_OK;
}

/* ---- changing ------------------------------------------------------------------------------- */

static status_t write_entry(struct xv6fs *fs, const struct inode *directory, uint32_t offset,
                            const struct entry_name *name, uint32_t inode)
{
    uint32_t block;
    uint8_t *bytes;
    status_t status = inode_need_block(fs, directory->number, offset / XV6FS_BLOCK, &block);
    if (status == STATUS_OK) {
        status = log_change(fs, block, false, &bytes);
    }
    if (status == STATUS_OK) {
        uint8_t *at = bytes + offset % XV6FS_BLOCK;
        xv6fs_put16(at + ENTRY_INODE, (uint16_t)inode);
        xv6fs_copy(at + ENTRY_NAME, name->text, XV6FS_NAME);
    }
    return status;
}

status_t directory_add(struct xv6fs *fs, struct inode *directory, const struct entry_name *name,
                       uint32_t inode)
{
    struct entry place;
    status_t status = search(fs, directory, NULL, &place);
    if (status == STATUS_NOT_FOUND) {
        place.offset = directory->size - directory->size % ENTRY_BYTES;
        status = place.offset < XV6FS_FILE_BYTES ? STATUS_OK : STATUS_FULL;
    }
    if (status == STATUS_OK) {
        status = write_entry(fs, directory, place.offset, name, inode);
    }
    if (status == STATUS_OK && place.offset + ENTRY_BYTES > directory->size) {
        directory->size = place.offset + ENTRY_BYTES;
        status = inode_set_size(fs, directory->number, directory->size);
    }
    return status;
}

status_t directory_set(struct xv6fs *fs, const struct inode *directory, const struct entry *entry,
                       uint32_t inode)
{
    static const struct entry_name none;
    return write_entry(fs, directory, entry->offset, inode == 0 ? &none : &entry->name, inode);
}

status_t directory_begin(struct xv6fs *fs, struct inode *directory, uint32_t parent)
{
    status_t status = directory_add(fs, directory, &dot, directory->number);
    return status == STATUS_OK ? directory_add(fs, directory, &dot_dot, parent) : status;
}

/* It may not be there, on a device that somebody has tampered with. */
status_t directory_set_parent(struct xv6fs *fs, const struct inode *directory, uint32_t parent)
{
    const uint8_t *at = NULL;
    status_t status = STATUS_OK;
    if (directory->size >= ENTRY_PARENT + ENTRY_BYTES) {
        status = read_entries(fs, directory, ENTRY_PARENT, &at);
    }
    bool there = status == STATUS_OK && at != NULL && is_wanted(at, &dot_dot);
    return there ? write_entry(fs, directory, ENTRY_PARENT, &dot_dot, parent) : status;
}
