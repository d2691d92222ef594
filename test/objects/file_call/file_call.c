/*
 * file_call METHOD PATH [ARGUMENT...]: one call of the file protocol, for tests of file systems. It
 * prints what the call answers, or the text of its status, and ends with 1 if that is not OK.
 *
 *   open DIRECTORY FLAGS PATH    opens below a directory; FLAGS: letters of r w c t a d x, or -
 *   make_directory DIRECTORY PATH, remove DIRECTORY PATH, remove_directory DIRECTORY PATH,
 *   rename DIRECTORY FROM TO
 *   stat, times, space, sync PATH; resize PATH SIZE; set_modified PATH NANOSECONDS
 *   read PATH OFFSET COUNT; write PATH FLAGS OFFSET TEXT
 *   twice PATH FLAGS TEXT        writes, waits for a line from the input, makes the same call
 *                                again as if its answer were lost, and the next one
 *   list PATH                    the entries, `KIND SIZE NAME` each
 */
#include <inttypes.h>
#include <sinter/protocol/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

PROGRAM_NOTE("file_call", "file_call METHOD PATH [ARGUMENT...]: one call of the file protocol");

#define READ_MOST 4096

static handle_t file;
static char **arguments; /* behind the path */

static uint32_t flags_of(const char *letters)
{
    static const struct {
        char letter;
        uint32_t flag;
    } known[] = {{'r', FILE_READ},     {'w', FILE_WRITE},  {'c', FILE_CREATE},
                 {'t', FILE_TRUNCATE}, {'a', FILE_APPEND}, {'d', FILE_DIRECTORY},
                 {'x', FILE_EXCLUSIVE}};
    uint32_t flags = 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        flags |= strchr(letters, known[i].letter) != NULL ? known[i].flag : 0;
    }
    return flags;
}

static uint64_t number(int argument)
{
    return strtoull(arguments[argument], NULL, 0);
}

static status_t call_open(void)
{
    uint32_t kind;
    uint32_t rest;
    handle_t opened;
    status_t status = file_open(file, arguments[1], strlen(arguments[1]), flags_of(arguments[0]),
                                &kind, &rest, &opened);
    if (status == STATUS_OK) {
        printf("kind %" PRIu32 " rest %" PRIu32 "\n", kind, rest);
        status = handle_close(opened);
    }
    return status;
}

static status_t call_make_directory(void)
{
    return file_make_directory(file, arguments[0], strlen(arguments[0]));
}

static status_t call_remove(void)
{
    return file_remove(file, arguments[0], strlen(arguments[0]), 0);
}

static status_t call_remove_directory(void)
{
    return file_remove(file, arguments[0], strlen(arguments[0]), FILE_DIRECTORY);
}

static status_t call_rename(void)
{
    char paths[LIMIT_MESSAGE_DATA];
    size_t from = strlen(arguments[0]);
    size_t to = strlen(arguments[1]);
    if (from + to > sizeof(paths)) {
        return STATUS_TOO_LARGE;
    }
    memcpy(paths, arguments[0], from);
    memcpy(paths + from, arguments[1], to);
    return file_rename(file, paths, from + to, (uint32_t)from);
}

static status_t call_stat(void)
{
    uint32_t kind;
    uint64_t size;
    uint64_t block;
    status_t status = file_stat(file, &kind, &size, &block);
    if (status == STATUS_OK) {
        printf("kind %" PRIu32 " size %" PRIu64 "\n", kind, size);
    }
    return status;
}

static status_t call_times(void)
{
    uint64_t modified;
    uint64_t identity;
    status_t status = file_times(file, &modified, &identity);
    if (status == STATUS_OK) {
        printf("modified %" PRIu64 " identity %" PRIu64 "\n", modified, identity);
    }
    return status;
}

static status_t call_space(void)
{
    uint64_t total;
    uint64_t free_bytes;
    status_t status = file_space(file, &total, &free_bytes);
    if (status == STATUS_OK) {
        printf("total %" PRIu64 " free %" PRIu64 "\n", total, free_bytes);
    }
    return status;
}

static status_t call_sync(void)
{
    return file_sync(file);
}

static status_t call_resize(void)
{
    return file_resize(file, number(0));
}

static status_t call_set_modified(void)
{
    return file_set_modified(file, number(0));
}

static status_t call_read(void)
{
    static char bytes[READ_MOST];
    uint64_t count = 0;
    size_t wanted = number(1) < READ_MOST ? (size_t)number(1) : READ_MOST;
    status_t status = file_read(file, number(0), 0, bytes, wanted, &count);
    if (status == STATUS_OK) {
        (void)fwrite(bytes, 1, (size_t)count, stdout);
    }
    return status;
}

static status_t call_write(void)
{
    uint64_t count = 0;
    status_t status = file_write(file, number(1), 0, arguments[2], strlen(arguments[2]), &count);
    if (status == STATUS_OK) {
        printf("count %" PRIu64 "\n", count);
    }
    return status;
}

static status_t write_numbered(uint64_t believed, uint32_t call, const char *text)
{
    uint64_t count = 0;
    status_t status = file_write(file, believed, FILE_AT_POSITION | (FILE_CALL & (call << 16)),
                                 text, strlen(text), &count);
    return status == STATUS_OK && count != strlen(text) ? STATUS_FULL : status;
}

static status_t call_twice(void)
{
    uint64_t length = strlen(arguments[1]);
    status_t status = write_numbered(0, 1, arguments[1]);
    (void)getchar();
    if (status == STATUS_OK) {
        status = write_numbered(0, 1, arguments[1]);
    }
    return status == STATUS_OK ? write_numbered(length, 2, "next") : status;
}

static status_t call_list(void)
{
    char name[FILE_NAME_BYTES + 1];
    uint64_t position = 0;
    for (;;) {
        uint32_t kind;
        uint64_t size;
        size_t length;
        status_t status =
            file_list(file, position, &position, &kind, &size, name, sizeof(name) - 1, &length);
        if (status != STATUS_OK) {
            return status == STATUS_NOT_FOUND ? STATUS_OK : status;
        }
        printf("%" PRIu32 " %" PRIu64 " %.*s\n", kind, size, (int)length, name);
    }
}

static const struct method {
    const char *name;
    status_t (*call)(void);
    int arguments;
    const char *flags; /* the path is opened with; null: the first argument */
} methods[] = {
    {"open", call_open, 2, "-"},
    {"make_directory", call_make_directory, 1, "-"},
    {"remove", call_remove, 1, "-"},
    {"remove_directory", call_remove_directory, 1, "-"},
    {"rename", call_rename, 2, "-"},
    {"stat", call_stat, 0, "-"},
    {"times", call_times, 0, "-"},
    {"space", call_space, 0, "-"},
    {"sync", call_sync, 0, "rw"},
    {"resize", call_resize, 1, "rw"},
    {"set_modified", call_set_modified, 1, "rw"},
    {"read", call_read, 2, "r"},
    {"write", call_write, 3, NULL},
    {"twice", call_twice, 2, NULL},
    {"list", call_list, 0, "-"},
};

static const struct method *find(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

int main(int count, char **words)
{
    const struct method *method = count > 2 ? find(words[1]) : NULL;
    if (method == NULL || count != 3 + method->arguments) {
        fputs("usage: file_call METHOD PATH [ARGUMENT...]\n", stderr);
        return 2;
    }
    arguments = words + 3;
    const char *flags = method->flags != NULL ? method->flags : arguments[0];
    status_t status = path_open(words[2], flags_of(flags), NULL, &file);
    if (status == STATUS_OK) {
        status = method->call();
    }
    if (status != STATUS_OK) {
        puts(status_text(status));
    }
    return status == STATUS_OK ? 0 : 1;
}
