/* The search of find_program.h. */
#include "find_program.h"

#include <sinter/protocol/file.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

#define OBJECT_SUFFIX ".o"

static bool is_file(const char *path)
{
    handle_t endpoint;
    uint32_t kind = FILE_KIND_DIRECTORY;
    if (path_open(path, 0, &kind, &endpoint) != STATUS_OK) {
        return false;
    }
    status_ignore(handle_close(endpoint));
    return kind == FILE_KIND_REGULAR;
}

/* Tries FOLDER/NAME with the suffix of objects, which most are, then without. */
static bool try_folder(const char *folder, size_t length, const char *name, char *path)
{
    static const char *const suffixes[] = {OBJECT_SUFFIX, ""};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        int size = snprintf(path, PATH_SIZE, "%.*s/%s%s", (int)length, folder, name, suffixes[i]);
        if (size > 0 && size < PATH_SIZE && is_file(path)) {
            return true;
        }
    }
    return false;
}

bool find_program(const char *folders, const char *name, char path[PATH_SIZE])
{
    if (strchr(name, '/') != NULL) {
        (void)snprintf(path, PATH_SIZE, "%s", name);
        return strlen(name) < PATH_SIZE;
    }
    if (folders == NULL) {
        folders = DEFAULT_PATH;
    }
    while (*name != '\0' && *folders != '\0') {
        size_t length = strcspn(folders, ":");
        if (length > 0 && length < PATH_SIZE && try_folder(folders, length, name, path)) {
            return true;
        }
        folders += length;
        folders += *folders == ':';
    }
    return false;
}
