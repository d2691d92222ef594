/*
 * The journal's file: see store.h.
 */
#include "store.h"

#include <sinter/protocol/file.h>

#include "format.h"
#include "walk.h"

#define OLD ".old"

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

/* What is no regular file is refused: a journal does not go to a device. */
static status_t open_file(const struct store *store, uint32_t flags, handle_t *file, uint64_t *size)
{
    uint32_t kind = 0;
    status_t status =
        walk_open(store->names, store->path, length_of(store->path), flags, &kind, file);
    if (status != STATUS_OK) {
        return status;
    }
    status = kind == FILE_KIND_REGULAR ? file_stat(*file, NULL, size, NULL) : STATUS_REFUSED;
    if (status != STATUS_OK) {
        status_ignore(handle_close(*file));
    }
    return status;
}

static status_t read_at(handle_t file, uint64_t offset, char *to, size_t length, size_t *done)
{
    uint64_t count = 1;
    status_t status = STATUS_OK;
    for (*done = 0; status == STATUS_OK && *done < length && count > 0; *done += count) {
        status = file_read(file, offset + *done, 0, to + *done, length - *done, &count);
        count = status == STATUS_OK ? count : 0;
    }
    return status;
}

static status_t write_at(handle_t file, uint64_t offset, const char *text, size_t length)
{
    status_t status = STATUS_OK;
    for (size_t done = 0; status == STATUS_OK && done < length;) {
        uint64_t count = 0;
        status = file_write(file, offset + done, 0, text + done, length - done, &count);
        status = status == STATUS_OK && count == 0 ? STATUS_FULL : status;
        done += count;
    }
    return status;
}

status_t store_end(const struct store *store, char *to, size_t room, size_t *length)
{
    handle_t file;
    uint64_t size = 0;
    *length = 0;
    status_t status = open_file(store, FILE_READ, &file, &size);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    size_t wanted = size < room ? (size_t)size : room;
    status = read_at(file, size - wanted, to, wanted, length);
    status_ignore(handle_close(file));
    return status;
}

/* The present file becomes the old one, which is replaced in one step. */
static status_t rotate(const struct store *store)
{
    char paths[2 * STORE_PATH + sizeof(OLD)];
    size_t length = length_of(store->path);
    size_t folder = length;
    while (folder > 0 && store->path[folder - 1] != '/') {
        folder--;
    }
    const char *name = store->path + folder;
    handle_t directory = store->names;
    status_t status = folder == 0 ? STATUS_OK
                                  : walk_open(store->names, store->path, folder - 1, FILE_DIRECTORY,
                                              NULL, &directory);
    if (status != STATUS_OK) {
        return status;
    }
    size_t both = format_text(paths, sizeof(paths), "%s%s" OLD, name, name);
    status = file_rename(directory, paths, both, (uint32_t)(length - folder));
    if (folder != 0) {
        status_ignore(handle_close(directory));
    }
    return status;
}

/* The end that the last line lacks: bytes, 0 or 1. */
static status_t read_torn(handle_t file, uint64_t size, uint64_t *torn)
{
    char last = '\n';
    size_t count = 0;
    status_t status = size > 0 ? read_at(file, size - 1, &last, 1, &count) : STATUS_OK;
    *torn = last != '\n' ? 1 : 0;
    return status;
}

static status_t open_end(const struct store *store, handle_t *file, uint64_t *size, uint64_t *torn)
{
    status_t status = open_file(store, FILE_READ | FILE_WRITE | FILE_CREATE, file, size);
    if (status != STATUS_OK) {
        return status;
    }
    status = read_torn(*file, *size, torn);
    if (status != STATUS_OK) {
        status_ignore(handle_close(*file));
    }
    return status;
}

status_t store_append(const struct store *store, const char *text, size_t length)
{
    handle_t file;
    uint64_t size = 0;
    uint64_t torn = 0;
    status_t status = open_end(store, &file, &size, &torn);
    if (status == STATUS_OK && size > 0 && size + torn + length > store->limit) {
        status_ignore(handle_close(file));
        status = rotate(store);
        status = status == STATUS_OK ? open_end(store, &file, &size, &torn) : status;
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = write_at(file, size, "\n", torn);
    if (status == STATUS_OK) {
        status = write_at(file, size + torn, text, length);
    }
    if (status == STATUS_OK) {
        status = file_sync(file);
    }
    status_ignore(handle_close(file));
    return status;
}
